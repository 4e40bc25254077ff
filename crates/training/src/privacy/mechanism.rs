//! What a round does to the privacy of those whose data is in it.

use super::moment::log_moment;
use crate::limits::{MAX_COORDINATE, MAX_LENGTH};
use libm::{exp, sqrt};
use std::f64::consts::PI;

/// Most contributions to one masked sum.
pub const MAX_CLIENTS: u32 = 4_096;
/// Standard deviations of discrete noise that must fit between a contribution and the ends of the range of coordinates. Noise is beyond
/// them with probability at most `2 e^(-13²/2)`: of 4,096 contributions of 2^28 coordinates, none is limited, but for a probability of 2^-80.
pub const HEADROOM: f64 = 13.0;

/// A mechanism, by what its privacy depends on. Neighbours differ by one contribution, which is there or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mechanism {
    /// Gaussian noise on the sum over a Poisson sample.
    Gaussian {
        /// Standard deviation over the Euclidean norm of a contribution, at least 0.05.
        noise_multiplier: f64,
        /// Probability of each contribution, 0 to 1.
        sampling_rate: f64,
    },
    /// The sum of integer contributions that carry discrete Gaussian noise each (Kairouz, Liu, Steinke 2021).
    DiscreteGaussian {
        /// Contributions whose noise is honest, 1 to [`MAX_CLIENTS`].
        clients: u32,
        /// Standard deviation of each one's noise, at least 0.5.
        deviation: f64,
        /// Euclidean norm of a contribution. With [`HEADROOM`] deviations more it stays within the range of coordinates, as the sum
        /// of numbers that were limited to it tells more than is accounted for.
        norm: f64,
        /// Coordinates, at most [`MAX_LENGTH`].
        dimension: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum MechanismError {
    #[error("noise of {0}: below what can be accounted for")]
    Noise(f64),
    #[error("sampling rate {0}: it is a probability")]
    SamplingRate(f64),
    #[error("norm {0}: clip contributions to a positive, finite one")]
    Norm(f64),
    #[error("noise of {0} clients: 1 to {MAX_CLIENTS} can be accounted for")]
    Clients(u32),
    #[error("{0} coordinates: at most {MAX_LENGTH}")]
    Dimension(u64),
    #[error(
        "norm {norm} and noise of deviation {deviation} may leave the range of coordinates: take fewer fraction bits, or clip to {most:.0}"
    )]
    Headroom { norm: f64, deviation: f64, most: f64 },
}

impl Mechanism {
    pub fn check(&self) -> Result<(), MechanismError> {
        match *self {
            Self::Gaussian { noise_multiplier, .. } if !(0.05..1e9).contains(&noise_multiplier) => {
                Err(MechanismError::Noise(noise_multiplier))
            }
            Self::Gaussian { sampling_rate, .. } if !(0.0..=1.0).contains(&sampling_rate) => {
                Err(MechanismError::SamplingRate(sampling_rate))
            }
            Self::DiscreteGaussian { clients, .. } if !(1..=MAX_CLIENTS).contains(&clients) => {
                Err(MechanismError::Clients(clients))
            }
            Self::DiscreteGaussian { dimension, .. } if dimension > MAX_LENGTH as u64 => {
                Err(MechanismError::Dimension(dimension))
            }
            Self::DiscreteGaussian { deviation, .. } if !(0.5..1e12).contains(&deviation) => {
                Err(MechanismError::Noise(deviation))
            }
            Self::DiscreteGaussian { norm, .. } if !(norm > 0.0 && norm < 1e15) => Err(MechanismError::Norm(norm)),
            Self::DiscreteGaussian { norm, deviation, .. } if norm > most_before_noise(deviation) => {
                Err(MechanismError::Headroom { norm, deviation, most: most_before_noise(deviation).max(0.0) })
            }
            _ => Ok(()),
        }
    }

    /// Rényi divergence of this order, above one, at most.
    pub fn divergence(&self, order: f64) -> Result<f64, MechanismError> {
        self.check()?;
        Ok(match *self {
            Self::Gaussian { sampling_rate: 0.0, .. } => 0.0,
            Self::Gaussian { noise_multiplier, sampling_rate: 1.0 } => order / (2.0 * noise_multiplier.powi(2)),
            Self::Gaussian { noise_multiplier, sampling_rate } => {
                log_moment(sampling_rate, noise_multiplier, order) / (order - 1.0)
            }
            Self::DiscreteGaussian { clients, deviation, norm, dimension } => {
                order * concentration(clients, deviation, norm, dimension as f64).powi(2) / 2.0
            }
        })
    }
}

/// The largest coordinate to which noise of this deviation can be added. Negative where there is none.
pub(super) fn most_before_noise(deviation: f64) -> f64 {
    f64::from(MAX_COORDINATE) - HEADROOM * deviation
}

/// The ε of ε²/2-concentrated privacy, by theorem 1 of the paper with granularity one and contributions that are integers.
fn concentration(clients: u32, deviation: f64, norm: f64, dimension: f64) -> f64 {
    let ratio = norm / (sqrt(f64::from(clients)) * deviation);
    let exponent = -2.0 * (PI * deviation).powi(2);
    // How far the sum of discrete Gaussians is from one.
    let tau = 10.0 * (1..clients).map(|k| exp(exponent * f64::from(k) / f64::from(k + 1))).sum::<f64>();
    sqrt(ratio * ratio + 2.0 * tau * dimension).min(ratio + tau * sqrt(dimension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discrete_noise_of_one_is_as_good_as_continuous() {
        let discrete = Mechanism::DiscreteGaussian { clients: 1, deviation: 30.0, norm: 10.0, dimension: 1 << 28 };
        let continuous = Mechanism::Gaussian { noise_multiplier: 3.0, sampling_rate: 1.0 };
        for order in [1.1, 2.0, 64.0] {
            let [discrete, continuous] = [discrete, continuous].map(|mechanism| mechanism.divergence(order).unwrap());
            assert!((discrete / continuous - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn many_small_noises_are_one_large_unless_they_are_too_small() {
        let of = |clients: u32, deviation: f64| {
            let mechanism = Mechanism::DiscreteGaussian { clients, deviation, norm: 100.0, dimension: 100_000 };
            mechanism.divergence(2.0).unwrap()
        };
        assert!((of(100, 3.0) / of(1, 30.0) - 1.0).abs() < 1e-9);
        // By hand: τ is 10 · e^(-π²/4), the ratio the root of 20,000, and the sum of roots smaller than the root of the sum.
        let tau = 10.0 * (-PI * PI / 4.0).exp();
        assert!((of(2, 0.5) / (20_000f64.sqrt() + tau * 100_000f64.sqrt()).powi(2) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn nonsense_is_refused() {
        let gaussian =
            |noise_multiplier, sampling_rate| Mechanism::Gaussian { noise_multiplier, sampling_rate }.check();
        assert!(gaussian(1.0, 1.0).is_ok());
        assert!(
            gaussian(0.0, 1.0).is_err() && gaussian(f64::NAN, 1.0).is_err() && gaussian(f64::INFINITY, 1.0).is_err()
        );
        assert!(gaussian(1.0, -0.1).is_err() && gaussian(1.0, 1.1).is_err() && gaussian(1.0, f64::NAN).is_err());
        let discrete =
            |clients, deviation, norm| Mechanism::DiscreteGaussian { clients, deviation, norm, dimension: 1 }.check();
        assert!(discrete(1, 1.0, 1.0).is_ok());
        assert!(discrete(0, 1.0, 1.0).is_err() && discrete(1, 0.4, 1.0).is_err() && discrete(1, 1.0, 0.0).is_err());
        assert!(discrete(1, f64::NAN, 1.0).is_err() && discrete(1, 1.0, f64::NAN).is_err());
        assert!(discrete(MAX_CLIENTS, 1.0, 1.0).is_ok());
        assert_eq!(discrete(MAX_CLIENTS + 1, 1.0, 1.0), Err(MechanismError::Clients(4_097)));
        let long = Mechanism::DiscreteGaussian { clients: 1, deviation: 1.0, norm: 1.0, dimension: (1 << 28) + 1 };
        assert_eq!(long.check(), Err(MechanismError::Dimension((1 << 28) + 1)));
    }

    #[test]
    fn noise_that_may_leave_the_range_is_refused() {
        let of =
            |norm, deviation| Mechanism::DiscreteGaussian { clients: 10, deviation, norm, dimension: 1_000 }.check();
        let most = f64::from(MAX_COORDINATE) - 13.0 * 1_000.0;
        assert!(of(most, 1_000.0).is_ok());
        assert!(matches!(of(most + 1.0, 1_000.0), Err(MechanismError::Headroom { .. })));
        assert!(matches!(of(1.0, f64::from(MAX_COORDINATE) / 12.0), Err(MechanismError::Headroom { .. })));
        // The stated bound, for the largest rounds.
        let ln_each = core::f64::consts::LN_2 - HEADROOM * HEADROOM / 2.0;
        let numbers = f64::from(MAX_CLIENTS) * MAX_LENGTH as f64;
        assert!(ln_each + numbers.ln() < -80.0 * core::f64::consts::LN_2);
    }
}
