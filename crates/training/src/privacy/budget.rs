//! The privacy that a job may cost at most, by Rényi divergences (Mironov 2017).

use super::mechanism::{Mechanism, MechanismError};
use libm::{log, log1p};

/// Jobs stay below it unless they say otherwise.
pub const DEFAULT_EPSILON: f64 = 1.0;

/// Of [`orders`].
pub(super) const ORDERS: usize = 156;

/// Orders at which divergences are kept: 1.1 to 10.9 in tenths, 11 to 63, and powers of two.
fn orders() -> impl Iterator<Item = f64> {
    let tenths = (11..110).map(|tenths| f64::from(tenths) / 10.0);
    tenths.chain((11..64).map(f64::from)).chain([128.0, 256.0, 512.0, 1024.0])
}

/// The ε for this δ after divergences of these orders (Canonne, Kamath, Steinke 2020, proposition 12).
pub fn epsilon(divergences: impl IntoIterator<Item = (f64, f64)>, delta: f64) -> f64 {
    let of =
        |(order, divergence): (f64, f64)| divergence + log1p(-1.0 / order) - (log(delta) + log(order)) / (order - 1.0);
    divergences.into_iter().map(of).fold(f64::INFINITY, f64::min).max(0.0)
}

/// What rounds have cost so far. It never reaches its limit: the round that would is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    pub(super) limit: f64,
    pub(super) delta: f64,
    /// Of each order.
    pub(super) divergences: [f64; ORDERS],
}

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BudgetError {
    #[error(
        "this would make epsilon {would_be:.4} with a limit of {limit}: the job ends here, or takes more noise or fewer rounds"
    )]
    Exceeded { would_be: f64, limit: f64 },
    #[error(transparent)]
    Mechanism(#[from] MechanismError),
}

impl Budget {
    /// For this δ, which is between 0 and 1, with ε below [`DEFAULT_EPSILON`].
    pub fn new(delta: f64) -> Option<Self> {
        Self::below(DEFAULT_EPSILON, delta)
    }

    /// With ε below a positive limit.
    pub fn below(limit: f64, delta: f64) -> Option<Self> {
        let valid = delta > 0.0 && delta < 1.0 && limit > 0.0 && limit.is_finite();
        valid.then_some(Self { limit, delta, divergences: [0.0; ORDERS] })
    }

    /// Takes what `rounds` rounds cost and returns ε after them; takes nothing when that is too much.
    pub fn spend(&mut self, mechanism: &Mechanism, rounds: u32) -> Result<f64, BudgetError> {
        let mut after = self.divergences;
        for (sum, order) in after.iter_mut().zip(orders()) {
            *sum += f64::from(rounds) * mechanism.divergence(order)?;
        }
        let would_be = epsilon(orders().zip(after), self.delta);
        if would_be.is_nan() || would_be >= self.limit {
            return Err(BudgetError::Exceeded { would_be, limit: self.limit });
        }
        self.divergences = after;
        Ok(would_be)
    }

    /// ε so far; before the first round zero.
    pub fn spent(&self) -> f64 {
        if self.divergences.iter().all(|divergence| *divergence == 0.0) {
            return 0.0;
        }
        epsilon(orders().zip(self.divergences), self.delta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_round_that_would_exceed_it_is_refused_and_costs_nothing() {
        let mechanism = Mechanism::Gaussian { noise_multiplier: 4.0, sampling_rate: 0.01 };
        let mut budget = Budget::new(1e-5).unwrap();
        let (mut rounds, mut last) = (0, 0.0);
        let error = loop {
            match budget.spend(&mechanism, 500) {
                Ok(epsilon) => {
                    assert!(epsilon > last && epsilon < DEFAULT_EPSILON);
                    assert_eq!(budget.spent(), epsilon);
                    (last, rounds) = (epsilon, rounds + 500);
                }
                Err(error) => break error,
            }
        };
        // After 10,000 rounds it is 1.0355.
        assert_eq!(rounds, 9_000);
        let BudgetError::Exceeded { would_be, limit } = error else { panic!("{error}") };
        assert!(would_be >= 1.0 && limit == 1.0);
        assert_eq!(budget.spent(), last);
        assert!(budget.spend(&mechanism, 1).is_ok(), "what is left can be spent");
    }

    #[test]
    fn composition_is_the_sum_in_any_order() {
        let one = Mechanism::Gaussian { noise_multiplier: 8.0, sampling_rate: 0.1 };
        let other = Mechanism::DiscreteGaussian { clients: 10, deviation: 40.0, norm: 10.0, dimension: 100 };
        let mut budgets = [Budget::new(1e-6).unwrap(), Budget::new(1e-6).unwrap()];
        budgets[0].spend(&one, 3).unwrap();
        budgets[0].spend(&other, 2).unwrap();
        budgets[1].spend(&other, 1).unwrap();
        budgets[1].spend(&one, 3).unwrap();
        budgets[1].spend(&other, 1).unwrap();
        assert!((budgets[0].spent() / budgets[1].spent() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn every_order_has_its_divergence() {
        assert_eq!(orders().count(), ORDERS);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Budget::new(0.0).is_none() && Budget::new(1.0).is_none() && Budget::new(f64::NAN).is_none());
        assert!(Budget::below(f64::INFINITY, 0.1).is_none() && Budget::below(0.0, 0.1).is_none());
        let mut budget = Budget::new(1e-5).unwrap();
        assert_eq!(budget.spent(), 0.0);
        let mechanism = Mechanism::Gaussian { noise_multiplier: f64::NAN, sampling_rate: 0.1 };
        assert!(matches!(budget.spend(&mechanism, 1), Err(BudgetError::Mechanism(_))));
        let strong = Mechanism::Gaussian { noise_multiplier: 0.05, sampling_rate: 1.0 };
        assert!(matches!(budget.spend(&strong, u32::MAX), Err(BudgetError::Exceeded { .. })));
    }
}
