//! What a worker computes from its own data.

use crate::job::Noise;
use crate::network::Pass;
use crate::{Dataset, FederatedError, Job};
use alloy_primitives::{B256, keccak256};
use chacha20::ChaCha20Rng;
use lux_training::Clip;
use lux_training::limits::{MAX_COORDINATE, MAX_POINTS};
use lux_training::privacy::{DiscreteGaussian, DpSgd};
use rand_core::{Rng, SeedableRng};

/// A worker's contribution before anything hides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    pub coordinates: Vec<i32>,
    /// Examples behind it.
    pub points: u32,
}

/// Whoever makes updates from weights.
pub trait Trainer: Send {
    /// For weights that are in range, in a round with this number. `secret` is fresh randomness, for noise.
    fn update(&mut self, job: &Job, weights: &[i32], round: u64, secret: [u8; 32]) -> Result<Update, FederatedError>;
}

/// Trains on its own data: federated averaging (McMahan et al. 2017), or DP-SGD.
#[derive(Clone, Debug)]
pub struct LocalTrainer {
    data: Dataset,
    /// Decides on the order of examples, so that the update can be computed again.
    order: B256,
}

/// Of DP-SGD in one round.
struct Steps {
    noise_multiplier: f64,
    sampling_rate: f64,
    steps: u32,
    clip: u64,
}

impl LocalTrainer {
    pub fn new(job: &Job, data: Dataset, order: B256) -> Result<Self, FederatedError> {
        let fits = data.inputs() == job.architecture.inputs && data.classes() <= job.architecture.classes;
        if !fits || data.is_empty() {
            return Err(FederatedError::Data("features or labels are not those of the job's network"));
        }
        Ok(Self { data, order })
    }

    /// Epochs of stochastic gradient descent, each over all examples in a new order.
    fn descend(&self, job: &Job, weights: &mut [f32], round: u64) {
        let training = job.training;
        let seed = keccak256([self.order.as_slice(), &round.to_be_bytes()].concat());
        let mut rng = ChaCha20Rng::from_seed(seed.0);
        let (mut pass, mut gradient) = (Pass::new(&job.architecture), vec![0.0; weights.len()]);
        let mut order: Vec<usize> = (0..self.data.len()).collect();
        for _ in 0..training.epochs {
            for last in (1..order.len()).rev() {
                order.swap(last, (rng.next_u64() % (last as u64 + 1)) as usize);
            }
            for batch in order.chunks(training.batch as usize) {
                gradient.fill(0.0);
                for index in batch {
                    let (features, label) = self.data.example(*index);
                    pass.add_gradient(weights, features, label, &mut gradient);
                }
                let step = training.learning_rate / batch.len() as f32;
                weights.iter_mut().zip(&gradient).for_each(|(weight, x)| *weight -= step * x);
            }
        }
    }

    fn descend_privately(
        &self,
        job: &Job,
        weights: &mut [f32],
        Steps { noise_multiplier, sampling_rate, steps, clip }: Steps,
        rng: &mut ChaCha20Rng,
    ) -> Result<(), FederatedError> {
        let invalid = FederatedError::Job("noise and sampling rate give no private training");
        let clip = Clip::new(clip).ok_or(FederatedError::Job("the clip of gradients is out of range"))?;
        let expected = (sampling_rate * self.data.len() as f64) as f32;
        let sgd = DpSgd::new(job.fixed(), clip, noise_multiplier, expected).ok_or(invalid)?;
        let mut pass = Pass::new(&job.architecture);
        for _ in 0..steps {
            let sampled = |_: &usize| ((rng.next_u64() >> 11) as f64) < sampling_rate * (1u64 << 53) as f64;
            let sample: Vec<usize> = (0..self.data.len()).filter(sampled).collect();
            let gradients: Vec<Vec<f32>> = sample
                .into_iter()
                .map(|index| {
                    let ((features, label), mut gradient) = (self.data.example(index), vec![0.0; weights.len()]);
                    pass.add_gradient(weights, features, label, &mut gradient);
                    gradient
                })
                .collect();
            let examples: Vec<&[f32]> = gradients.iter().map(Vec::as_slice).collect();
            let gradient = sgd.gradient(&examples, weights.len(), rng).values;
            weights.iter_mut().zip(gradient).for_each(|(weight, x)| *weight -= job.training.learning_rate * x);
        }
        Ok(())
    }
}

impl Trainer for LocalTrainer {
    fn update(&mut self, job: &Job, weights: &[i32], round: u64, secret: [u8; 32]) -> Result<Update, FederatedError> {
        let mut rng = ChaCha20Rng::from_seed(secret);
        let old = job.fixed().decode(weights);
        let mut new = old.clone();
        match job.privacy.map(|privacy| privacy.noise) {
            Some(Noise::Examples { noise_multiplier, sampling_rate, steps, clip }) => {
                let steps = Steps { noise_multiplier, sampling_rate, steps, clip };
                self.descend_privately(job, &mut new, steps, &mut rng)?;
            }
            _ => self.descend(job, &mut new, round),
        }
        let change: Vec<f32> = new.iter().zip(&old).map(|(new, old)| new - old).collect();
        let mut coordinates = job.fixed().encode(&change)?;
        if let Some(clip) = job.clip {
            clip.apply(&mut coordinates);
        }
        if let Some(Noise::Members { deviation, .. }) = job.privacy.map(|privacy| privacy.noise) {
            add_noise(&mut coordinates, deviation, &mut rng)?;
        }
        let bound = job.bound();
        coordinates.iter_mut().for_each(|x| *x = (*x).clamp(-bound, bound));
        let points = u32::try_from(self.data.len()).unwrap_or(u32::MAX).min(MAX_POINTS);
        Ok(Update { coordinates, points })
    }
}

/// Discrete Gaussian noise.
fn add_noise(coordinates: &mut [i32], deviation: f64, rng: &mut ChaCha20Rng) -> Result<(), FederatedError> {
    let variance = libm::ceil(deviation * deviation);
    let most = f64::from(MAX_COORDINATE);
    let noise =
        (variance >= 1.0 && variance <= most * most).then(|| DiscreteGaussian::new(variance as u64, 1)).flatten();
    let noise = noise.ok_or(FederatedError::Job("the noise of members has a deviation of 1 to 2^20 units"))?;
    Ok(noise.add(coordinates, rng)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{digits, job};

    #[test]
    fn the_same_seed_gives_the_same_bits_and_training_helps() {
        let (job, data) = (job(3), digits());
        let mut trainer = LocalTrainer::new(&job, data.clone(), B256::repeat_byte(1)).unwrap();
        let weights = job.fixed().encode(&job.architecture.initial([1; 32])).unwrap();
        let update = trainer.update(&job, &weights, 4, [0; 32]).unwrap();
        assert_eq!(update, trainer.update(&job, &weights, 4, [9; 32]).unwrap());
        assert_ne!(update, trainer.update(&job, &weights, 5, [0; 32]).unwrap());
        let new: Vec<i32> = weights.iter().zip(&update.coordinates).map(|(weight, x)| weight + x).collect();
        let loss = |weights: &[i32]| job.architecture.evaluate(&job.fixed().decode(weights), &data).loss;
        assert!(loss(&new) < 0.8 * loss(&weights), "{} {}", loss(&new), loss(&weights));
    }

    #[test]
    fn private_updates_differ_by_their_noise_alone() {
        let noise = Noise::Examples { noise_multiplier: 1.0, sampling_rate: 0.05, steps: 2, clip: 1 << 16 };
        let mut job = job(3);
        job.privacy = Some(crate::Privacy { noise, epsilon: 8.0, delta: 1e-3 });
        let mut trainer = LocalTrainer::new(&job, digits(), B256::ZERO).unwrap();
        let weights = vec![0; job.length()];
        let [one, same, other] = [1, 1, 2].map(|secret| trainer.update(&job, &weights, 0, [secret; 32]).unwrap());
        assert_eq!(one, same);
        assert_ne!(one, other);
    }

    #[test]
    fn data_of_another_shape_is_refused() {
        let job = job(3);
        let small = crate::Job { architecture: crate::Architecture { classes: 9, ..job.architecture.clone() }, ..job };
        assert!(LocalTrainer::new(&small, digits(), B256::ZERO).is_err());
    }
}
