//! Steps of DP-SGD (Abadi et al. 2016).

use super::gaussian::{Gaussian, bounded};
use crate::clip::Clip;
use crate::fixed::FixedPoint;
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

/// A step's direction.
#[derive(Clone, Debug, PartialEq)]
pub struct NoisyGradient {
    /// Noisy and averaged; this alone may be published.
    pub values: Vec<f32>,
    /// Examples that were not finite and count as zero. How many there are tells of the data: keep it to yourself.
    pub dropped: usize,
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

    /// The gradient to descend along, of `length` coordinates: noise alone when nobody was sampled. An example whose gradient is not
    /// finite takes no part, so that none can end a step.
    ///
    /// # Panics
    ///
    /// When a gradient has another length.
    pub fn gradient(&self, examples: &[&[f32]], length: usize, rng: &mut impl CryptoRng) -> NoisyGradient {
        let (mut sum, mut dropped) = (vec![0i64; length], 0);
        for example in examples {
            assert_eq!(example.len(), length, "every example has a gradient of the same length");
            let Ok(mut gradient) = self.fixed.encode(example) else {
                dropped += 1;
                continue;
            };
            self.clip.apply(&mut gradient);
            sum.iter_mut().zip(gradient).for_each(|(sum, x)| *sum += i64::from(x));
        }
        let noisy: Vec<i32> = sum.into_iter().map(|sum| bounded(sum + self.noise.sample(rng))).collect();
        let values = self.fixed.decode(&noisy).into_iter().map(|x| x / self.expected_examples).collect();
        NoisyGradient { values, dropped }
    }
}
