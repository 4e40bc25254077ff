//! Some coordinates, chosen by a seed, scaled up.

use super::Seed;
use super::wire::{DecodeError, Fields, finite, floats, put_floats};
use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// Keeps `kept` coordinates of every update, all sets alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomMask {
    kept: u32,
}

impl RandomMask {
    /// `None` for a mask that keeps nothing.
    pub const fn new(kept: u32) -> Option<Self> {
        if kept == 0 { None } else { Some(Self { kept }) }
    }

    /// `uint32 length ‖ seed ‖ float32 of each kept coordinate in order`. Vectors have less than 2^32 coordinates.
    pub fn encode(&self, vector: &[f32], seed: Seed) -> Vec<u8> {
        let mut out = (vector.len() as u32).to_le_bytes().to_vec();
        out.extend(seed);
        let kept: Vec<f32> = self.indices(vector.len(), seed).map(|index| vector[index]).collect();
        put_floats(&mut out, &kept);
        out
    }

    /// A vector of `length` coordinates; those that were kept are multiplied by `length / kept`.
    pub fn decode(&self, bytes: &[u8], length: usize) -> Result<Vec<f32>, DecodeError> {
        let mut fields = Fields::new(bytes);
        fields.coordinates(length)?;
        let seed = fields.seed()?;
        let kept = length.min(self.kept as usize);
        let values = floats(fields.rest(4 * kept)?)?;
        let mut out = vec![0.0; length];
        let factor = length as f32 / kept as f32;
        self.indices(length, seed).zip(values).for_each(|(index, value)| out[index] = value * factor);
        finite(out)
    }

    /// In order: each index with the probability that is left for it.
    fn indices(&self, length: usize, seed: Seed) -> impl Iterator<Item = usize> {
        let (mut rng, mut wanted) = (ChaCha20Rng::from_seed(seed), self.kept.min(length as u32));
        (0..length).filter(move |index| {
            // The product's high half is below the bound, with a bias of 2^-32.
            let draw = ((u128::from(rng.next_u64()) * (length - index) as u128) >> 64) as u64;
            let take = draw < u64::from(wanted);
            wanted -= u32::from(take);
            take
        })
    }
}
