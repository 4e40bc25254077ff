//! The discrete Gaussian, sampled exactly: by integers alone (Canonne, Kamath, Steinke 2020, algorithms 1 to 3).

use super::gaussian::bounded;
use super::mechanism::most_before_noise;
use libm::sqrt;
use rand_core::CryptoRng;

/// Largest numerator of a variance.
pub const MAX_VARIANCE: u64 = 1 << 40;
/// Largest denominator of a variance.
const MAX_DENOMINATOR: u64 = 1 << 20;
/// Scales of the discrete Laplace distribution beyond which nothing is proposed. The probability is below e^(-2^20).
const MAX_SCALES: u128 = 1 << 20;

/// Integers `x` with probabilities proportional to `exp(-x² / 2σ²)`, for a rational σ².
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiscreteGaussian {
    numerator: u128,
    denominator: u128,
    /// `⌊σ⌋ + 1`.
    scale: u128,
}

/// A coordinate so near the end of the range that noise might be cut off there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("coordinate {place} is {value}; with this noise it may be {most} at most: clip updates to that norm first")]
pub struct NoHeadroom {
    pub place: usize,
    pub value: i32,
    pub most: i32,
}

impl DiscreteGaussian {
    /// Variance `numerator / denominator`: 1 to [`MAX_VARIANCE`] over 1 to 2^20.
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        let valid = (1..=MAX_VARIANCE).contains(&numerator) && (1..=MAX_DENOMINATOR).contains(&denominator);
        let [numerator, denominator] = [numerator, denominator].map(u128::from);
        valid.then(|| Self { numerator, denominator, scale: (numerator / denominator).isqrt() + 1 })
    }

    pub fn sample(&self, rng: &mut impl CryptoRng) -> i64 {
        let (n, d, t) = (self.numerator, self.denominator, self.scale);
        loop {
            let (negative, magnitude) = laplace(t, rng);
            if magnitude > MAX_SCALES * t {
                continue;
            }
            // exp(-(|x| - σ²/t)² / 2σ²), over the common denominator. All below 2^127, as t² d < 4n + 4d.
            let distance = (magnitude * t * d).abs_diff(n);
            if bernoulli_exp(distance * distance, 2 * n * d * t * t, rng) {
                // Below 2^41.
                let magnitude = magnitude as i64;
                return if negative { -magnitude } else { magnitude };
            }
        }
    }

    /// Adds noise to each coordinate, and to none when one of them leaves less than [`HEADROOM`](super::HEADROOM) deviations to the ends of the
    /// range: the sum of contributions whose noise was cut off there would tell more than is accounted for.
    pub fn add(&self, coordinates: &mut [i32], rng: &mut impl CryptoRng) -> Result<(), NoHeadroom> {
        let most = most_before_noise(sqrt(self.numerator as f64 / self.denominator as f64)) as i32;
        if let Some(place) = coordinates.iter().position(|x| x.unsigned_abs() > most.unsigned_abs()) {
            return Err(NoHeadroom { place, value: coordinates[place], most });
        }
        coordinates.iter_mut().for_each(|x| *x = bounded(i64::from(*x) + self.sample(rng)));
        Ok(())
    }
}

/// Sign and magnitude of an integer with probability proportional to `exp(-|x| / scale)`.
fn laplace(scale: u128, rng: &mut impl CryptoRng) -> (bool, u128) {
    loop {
        let within = uniform(scale, rng);
        if !bernoulli_exp(within, scale, rng) {
            continue;
        }
        let mut whole = 0;
        while bernoulli_exp(1, 1, rng) {
            whole += 1;
        }
        let magnitude = within + scale * whole;
        let negative = rng.next_u32() & 1 == 1;
        // Zero has one sign only.
        if !(negative && magnitude == 0) {
            return (negative, magnitude);
        }
    }
}

/// True with probability `exp(-numerator / denominator)`.
fn bernoulli_exp(mut numerator: u128, denominator: u128, rng: &mut impl CryptoRng) -> bool {
    while numerator > denominator {
        if !bernoulli_exp_below_one(denominator, denominator, rng) {
            return false;
        }
        numerator -= denominator;
    }
    bernoulli_exp_below_one(numerator, denominator, rng)
}

/// For exponents of at most one.
fn bernoulli_exp_below_one(numerator: u128, denominator: u128, rng: &mut impl CryptoRng) -> bool {
    let mut k = 1u64;
    // True with probability `numerator / (denominator · k)`.
    while uniform(denominator, rng) < numerator && uniform(u128::from(k), rng) == 0 {
        k += 1;
    }
    k % 2 == 1
}

/// Below `bound`, all alike.
fn uniform(bound: u128, rng: &mut impl CryptoRng) -> u128 {
    if bound == 1 {
        return 0;
    }
    let bits = 128 - (bound - 1).leading_zeros();
    loop {
        let high = if bits > 64 { u128::from(rng.next_u64()) << 64 } else { 0 };
        let value = (high | u128::from(rng.next_u64())) & (u128::MAX >> (128 - bits));
        if value < bound {
            return value;
        }
    }
}
