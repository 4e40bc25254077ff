//! Differential privacy: noise, and what it costs of a budget.
//!
//! Noise is whole units of the fixed-point scale, so that the last bits of a floating-point number tell nothing (Mironov 2012).
//! Samplers are not constant in time.

mod budget;
mod budget_bytes;
mod discrete;
mod gaussian;
mod mechanism;
mod moment;
mod sgd;

pub use budget::{Budget, BudgetError, DEFAULT_EPSILON, epsilon};
pub use budget_bytes::{BUDGET_BYTES, BudgetDecodeError};
pub use discrete::{DiscreteGaussian, MAX_VARIANCE, NoHeadroom};
pub use gaussian::{Gaussian, MAX_DEVIATION};
pub use mechanism::{HEADROOM, MAX_CLIENTS, Mechanism, MechanismError};
pub use sgd::{DpSgd, NoisyGradient};
