//! A step of DP-SGD (Abadi et al. 2016).

use super::gaussian::{Gaussian, bounded};
use crate::clip::Clip;
use crate::fixed::{FixedPoint, NotFinite};
use rand_core::CryptoRng;

/// The gradient to descend along: of each example of a Poisson sample, clipped; their sum with noise of `noise_multiplier`
/// times the clip, over the expected number of examples. Noise is added also when nobody was sampled, so `length` is said.
///
/// It is the mechanism `Gaussian { noise_multiplier, sampling_rate }` with the rate of the sample, however the examples
/// turn out: they are clipped as integers of scale `fixed`.
///
/// # Panics
///
/// When a gradient has another length, or `noise` is not that of the clip.
pub fn dp_sgd_gradient(
    examples: &[&[f32]],
    length: usize,
    fixed: FixedPoint,
    clip: Clip,
    noise: &Gaussian,
    expected_examples: f32,
    rng: &mut impl CryptoRng,
) -> Result<Vec<f32>, NotFinite> {
    let mut sum = vec![0i64; length];
    for example in examples {
        assert_eq!(example.len(), length, "every example has a gradient of the same length");
        let mut gradient = fixed.encode(example)?;
        clip.apply(&mut gradient);
        sum.iter_mut().zip(gradient).for_each(|(sum, x)| *sum += i64::from(x));
    }
    let noisy: Vec<i32> = sum.into_iter().map(|sum| bounded(sum + noise.sample(rng))).collect();
    Ok(fixed.decode(&noisy).into_iter().map(|x| x / expected_examples).collect())
}
