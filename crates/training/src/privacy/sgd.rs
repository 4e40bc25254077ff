//! Steps of DP-SGD (Abadi et al. 2016).

use super::gaussian::{Gaussian, bounded};
use crate::clip::Clip;
use crate::fixed::{FixedPoint, NotFinite};
use rand_core::CryptoRng;

/// Gradients of Poisson samples, as the mechanism `Gaussian { noise_multiplier, sampling_rate }` with the rate of the samples.
/// Examples are clipped as integers, so that none is ever longer than the clip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DpSgd {
    fixed: FixedPoint,
    clip: Clip,
    noise: Gaussian,
    expected_examples: f32,
}

impl DpSgd {
    /// `clip` is in units of `fixed`. The sum of a sample is divided by the number of examples that it has on average, as
    /// how many it has must stay unknown. `None` for noise or numbers of examples that are not positive, or too large.
    pub fn new(fixed: FixedPoint, clip: Clip, noise_multiplier: f64, expected_examples: f32) -> Option<Self> {
        let noise = Gaussian::new(noise_multiplier * clip.norm() as f64)?;
        (expected_examples > 0.0 && expected_examples.is_finite()).then_some(Self {
            fixed,
            clip,
            noise,
            expected_examples,
        })
    }

    /// The gradient to descend along, of `length` coordinates: noise alone when nobody was sampled.
    ///
    /// # Panics
    ///
    /// When a gradient has another length.
    pub fn gradient(
        &self,
        examples: &[&[f32]],
        length: usize,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<f32>, NotFinite> {
        let mut sum = vec![0i64; length];
        for example in examples {
            assert_eq!(example.len(), length, "every example has a gradient of the same length");
            let mut gradient = self.fixed.encode(example)?;
            self.clip.apply(&mut gradient);
            sum.iter_mut().zip(gradient).for_each(|(sum, x)| *sum += i64::from(x));
        }
        let noisy: Vec<i32> = sum.into_iter().map(|sum| bounded(sum + self.noise.sample(rng))).collect();
        Ok(self.fixed.decode(&noisy).into_iter().map(|x| x / self.expected_examples).collect())
    }
}
