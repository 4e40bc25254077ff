//! What dishonest workers do.

use super::split::normal;
use crate::{Dataset, FederatedError, Job, LocalTrainer, Trainer, Update};
use alloy_primitives::B256;
use chacha20::ChaCha20Rng;
use lux_training::limits::MAX_COORDINATE;
use rand_core::SeedableRng;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Its update, turned around and made four times as long.
    SignFlip,
    /// Noise ten times as long as its update.
    Noise,
    /// Trains honestly on false labels, and makes the update four times as long.
    LabelFlip,
    /// Its update, ten times as long.
    Scale,
}

impl FromStr for Attack {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sign-flip" => Ok(Self::SignFlip),
            "noise" => Ok(Self::Noise),
            "label-flip" => Ok(Self::LabelFlip),
            "scale" => Ok(Self::Scale),
            _ => Err("an attack is sign-flip, noise, label-flip or scale"),
        }
    }
}

/// A worker that lies, also about its clip.
pub struct Attacker {
    attack: Attack,
    honest: LocalTrainer,
}

impl Attacker {
    pub fn new(job: &Job, attack: Attack, data: Dataset, order: B256) -> Result<Self, FederatedError> {
        let classes = job.architecture.classes;
        let data = match attack {
            Attack::LabelFlip => data.relabelled(|label| classes - 1 - label),
            Attack::SignFlip | Attack::Noise | Attack::Scale => data,
        };
        Ok(Self { attack, honest: LocalTrainer::new(job, data, order)? })
    }
}

impl Trainer for Attacker {
    fn update(&mut self, job: &Job, weights: &[i32], round: u64, secret: [u8; 32]) -> Result<Update, FederatedError> {
        let update = self.honest.update(job, weights, round, secret)?;
        let scaled = |factor: f64, coordinates: &[i32]| {
            let limited = |x: f64| x.clamp(-f64::from(MAX_COORDINATE), f64::from(MAX_COORDINATE)) as i32;
            coordinates.iter().map(|x| limited(factor * f64::from(*x))).collect::<Vec<i32>>()
        };
        let coordinates = match self.attack {
            Attack::SignFlip => scaled(-4.0, &update.coordinates),
            Attack::Scale => scaled(10.0, &update.coordinates),
            Attack::LabelFlip => scaled(4.0, &update.coordinates),
            Attack::Noise => {
                let squares: f64 = update.coordinates.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
                let deviation = libm::sqrt(squares / update.coordinates.len().max(1) as f64);
                // Of the round alone, so that a run can be repeated.
                let mut rng = ChaCha20Rng::seed_from_u64(round);
                let noise: Vec<i32> = update.coordinates.iter().map(|_| (1_000.0 * normal(&mut rng)) as i32).collect();
                scaled(deviation / 100.0, &noise)
            }
        };
        Ok(Update { coordinates, ..update })
    }
}
