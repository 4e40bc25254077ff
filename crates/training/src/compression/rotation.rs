//! A few bits for each coordinate, after a rotation that makes all of them about as large.

use super::Seed;
use super::bits::{pack, unpack};
use super::wire::{DecodeError, Fields, finite};
use chacha20::ChaCha20Rng;
use rand_core::{CryptoRng, Rng, SeedableRng};

/// Quantises to 1 to 16 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotatedQuantization {
    bits: u8,
}

impl RotatedQuantization {
    pub const fn new(bits: u8) -> Option<Self> {
        if bits == 0 || bits > 16 { None } else { Some(Self { bits }) }
    }

    /// `uint32 length ‖ uint8 bits ‖ seed ‖ float32 lowest, step ‖ integers of so many bits`, of the vector that is padded to a
    /// power of two and rotated. `rng` decides to which of both neighbours each number is rounded, so that the mean is right.
    pub fn encode(&self, vector: &[f32], seed: Seed, rng: &mut impl CryptoRng) -> Vec<u8> {
        let mut rotated = vector.to_vec();
        rotated.resize(vector.len().next_power_of_two(), 0.0);
        flip_signs(&mut rotated, seed);
        hadamard(&mut rotated);
        let (lowest, highest) = rotated.iter().fold((f32::MAX, f32::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
        let most = (1u32 << self.bits) - 1;
        let step = (highest - lowest) / most as f32;
        let mut out = (vector.len() as u32).to_le_bytes().to_vec();
        out.push(self.bits);
        out.extend(seed);
        out.extend([lowest, step].map(f32::to_le_bytes).as_flattened());
        let quantize = |x: f32| {
            let exact = if step > 0.0 { f64::from(x - lowest) / f64::from(step) } else { 0.0 };
            let below = libm::floor(exact);
            let up = f64::from(rng.next_u32()) / f64::from(u32::MAX) < exact - below;
            ((below as u32) + u32::from(up)).min(most)
        };
        out.extend(pack(rotated.into_iter().map(quantize), self.bits));
        out
    }

    /// A vector of `length` coordinates.
    pub fn decode(&self, bytes: &[u8], length: usize) -> Result<Vec<f32>, DecodeError> {
        let mut fields = Fields::new(bytes);
        fields.coordinates(length)?;
        if fields.u8()? != self.bits {
            return Err(DecodeError::Field("bits"));
        }
        let seed = fields.seed()?;
        let (lowest, step) = (fields.finite()?, fields.finite()?);
        let padded = length.next_power_of_two();
        let packed = fields.rest((padded * self.bits as usize).div_ceil(8))?;
        let mut rotated: Vec<f32> =
            unpack(packed, self.bits).take(padded).map(|integer| lowest + integer as f32 * step).collect();
        // The transform is its own inverse.
        hadamard(&mut rotated);
        flip_signs(&mut rotated, seed);
        rotated.truncate(length);
        finite(rotated)
    }
}

fn flip_signs(vector: &mut [f32], seed: Seed) {
    let mut rng = ChaCha20Rng::from_seed(seed);
    for part in vector.chunks_mut(32) {
        let signs = rng.next_u32();
        part.iter_mut().enumerate().for_each(|(at, x)| *x = if signs >> at & 1 == 1 { -*x } else { *x });
    }
}

/// Walsh and Hadamard's transform of a power of two numbers, which keeps their norm.
fn hadamard(vector: &mut [f32]) {
    let mut half = 1;
    while half < vector.len() {
        for pair in vector.chunks_exact_mut(2 * half) {
            let (left, right) = pair.split_at_mut(half);
            for (x, y) in left.iter_mut().zip(right) {
                (*x, *y) = (*x + *y, *x - *y);
            }
        }
        half *= 2;
    }
    let factor = 1.0 / libm::sqrtf(vector.len() as f32);
    vector.iter_mut().for_each(|x| *x *= factor);
}
