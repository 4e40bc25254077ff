//! Normal noise, rounded to whole units.

use crate::limits::MAX_COORDINATE;
use libm::{cos, log, round, sqrt};
use rand_core::CryptoRng;
use std::f64::consts::TAU;

/// Largest standard deviation, units.
pub const MAX_DEVIATION: f64 = (1u64 << 40) as f64;

/// Rounding normal noise that is added to integers is the same as rounding the sum, so that all that is known about
/// the Gaussian mechanism holds, also over samples. The noise is at most 8.6 standard deviations, as its source has 53
/// bits; what is beyond has a probability of 1e-17 and belongs to δ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gaussian {
    deviation: f64,
}

impl Gaussian {
    /// `deviation` in units, above zero and at most [`MAX_DEVIATION`].
    pub fn new(deviation: f64) -> Option<Self> {
        (deviation > 0.0 && deviation <= MAX_DEVIATION).then_some(Self { deviation })
    }

    /// By Box and Muller.
    pub fn sample(&self, rng: &mut impl CryptoRng) -> i64 {
        let mut uniform = || (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        // In (0, 1].
        let radius = sqrt(-2.0 * log(1.0 - uniform()));
        round(self.deviation * radius * cos(TAU * uniform())) as i64
    }

    /// Adds noise to each coordinate; sums stay within the range of coordinates.
    pub fn add(&self, coordinates: &mut [i32], rng: &mut impl CryptoRng) {
        coordinates.iter_mut().for_each(|x| *x = bounded(i64::from(*x) + self.sample(rng)));
    }
}

/// Within the range of coordinates. To end there tells no more than the number does; sums of such numbers may.
pub(super) fn bounded(x: i64) -> i32 {
    x.clamp(-i64::from(MAX_COORDINATE), i64::from(MAX_COORDINATE)) as i32
}
