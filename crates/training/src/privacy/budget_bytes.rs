//! A budget as bytes, for the disk of whoever keeps it. Big-endian, with the digest of what is before it at the end: a half-written file is
//! found out, not believed.

use super::budget::{Budget, ORDERS};
use alloy_primitives::keccak256;

/// Name and version of the format.
const MAGIC: [u8; 5] = *b"LUXB\x01";
const NUMBERS: usize = 2 + ORDERS;
const FRONT_BYTES: usize = MAGIC.len() + NUMBERS * size_of::<f64>();
/// Every budget has as many.
pub const BUDGET_BYTES: usize = FRONT_BYTES + 32;

/// Bytes that are no budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetDecodeError {
    #[error("{0} bytes; a budget has {BUDGET_BYTES}")]
    Length(usize),
    #[error("these are no budget, or one of another version: the first bytes are wrong")]
    Magic,
    #[error(
        "the digest is wrong: the budget was not written to its end, or changed; take the copy before it, or end the job"
    )]
    Digest,
    #[error("{0} is no number that a budget has")]
    Number(&'static str),
    #[error("it is spent beyond its limit")]
    Exceeded,
}

impl Budget {
    /// To be on disk, synced, before a round's result leaves: an older copy forgets what was spent since.
    pub fn to_bytes(&self) -> [u8; BUDGET_BYTES] {
        let mut bytes = [0; BUDGET_BYTES];
        let (front, digest) = bytes.split_at_mut(FRONT_BYTES);
        let (magic, numbers) = front.split_at_mut(MAGIC.len());
        magic.copy_from_slice(&MAGIC);
        let values = [self.limit, self.delta].into_iter().chain(self.divergences);
        numbers.as_chunks_mut().0.iter_mut().zip(values).for_each(|(bytes, value)| *bytes = value.to_be_bytes());
        digest.copy_from_slice(keccak256(&*front).as_slice());
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BudgetDecodeError> {
        let bytes: &[u8; BUDGET_BYTES] = bytes.try_into().map_err(|_| BudgetDecodeError::Length(bytes.len()))?;
        let (front, digest) = bytes.split_at(FRONT_BYTES);
        let numbers = front.strip_prefix(&MAGIC).ok_or(BudgetDecodeError::Magic)?;
        if keccak256(front).as_slice() != digest {
            return Err(BudgetDecodeError::Digest);
        }
        let mut numbers = numbers.as_chunks().0.iter().map(|bytes| f64::from_be_bytes(*bytes));
        let mut next = || numbers.next().unwrap_or(f64::NAN);
        let (limit, delta) = (next(), next());
        let mut budget = Self::below(limit, delta).ok_or(BudgetDecodeError::Number("limit or delta"))?;
        budget.divergences = std::array::from_fn(|_| next());
        // Neither negative, infinite, NaN nor minus zero, so that there is one encoding of each budget.
        let valid = |divergence: &f64| divergence.is_finite() && divergence.is_sign_positive();
        if !budget.divergences.iter().all(valid) {
            return Err(BudgetDecodeError::Number("a divergence"));
        }
        if budget.spent() >= limit {
            return Err(BudgetDecodeError::Exceeded);
        }
        Ok(budget)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::Mechanism;
    use proptest::prelude::*;

    fn budgets() -> impl Strategy<Value = Budget> {
        (0.5f64..50.0, 1e-12f64..0.1, 0u32..40, 1.0f64..30.0, 0.0f64..0.2).prop_map(
            |(limit, delta, rounds, noise_multiplier, sampling_rate)| {
                let mut budget = Budget::below(limit, delta).unwrap();
                // A round that is refused leaves it as it was.
                let _ = budget.spend(&Mechanism::Gaussian { noise_multiplier, sampling_rate }, rounds);
                budget
            },
        )
    }

    fn sealed(mut bytes: [u8; BUDGET_BYTES], at: usize, value: f64) -> [u8; BUDGET_BYTES] {
        let at = MAGIC.len() + 8 * at;
        bytes[at..at + 8].copy_from_slice(&value.to_be_bytes());
        let digest = keccak256(&bytes[..FRONT_BYTES]);
        bytes[FRONT_BYTES..].copy_from_slice(digest.as_slice());
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn round_trip(budget in budgets()) {
            let restored = Budget::from_bytes(&budget.to_bytes()).unwrap();
            prop_assert_eq!(restored.to_bytes(), budget.to_bytes());
            prop_assert_eq!(restored, budget);
        }

        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..2 * BUDGET_BYTES)) {
            prop_assert!(Budget::from_bytes(&bytes).is_err());
        }
    }

    #[test]
    fn what_is_spent_stays_spent() {
        let mechanism = Mechanism::Gaussian { noise_multiplier: 4.0, sampling_rate: 0.01 };
        let mut budget = Budget::new(1e-5).unwrap();
        let spent = budget.spend(&mechanism, 9_000).unwrap();
        let mut restored = Budget::from_bytes(&budget.to_bytes()).unwrap();
        assert_eq!(restored.spent(), spent);
        assert_eq!(restored.spend(&mechanism, 1_000), budget.spend(&mechanism, 1_000));
        assert!(restored.spend(&mechanism, 1_000).is_err());
    }

    #[test]
    fn what_was_changed_or_cut_is_refused() {
        let bytes = Budget::new(1e-5).unwrap().to_bytes();
        for at in 0..BUDGET_BYTES {
            let mut changed = bytes;
            changed[at] ^= 1;
            assert!(Budget::from_bytes(&changed).is_err());
            assert_eq!(Budget::from_bytes(&bytes[..at]), Err(BudgetDecodeError::Length(at)));
        }
        let mut later = bytes;
        later[4] = 2;
        assert_eq!(Budget::from_bytes(&later), Err(BudgetDecodeError::Magic));
        for (at, value) in [(0, 0.0), (0, f64::INFINITY), (1, 1.0), (1, f64::NAN)] {
            let refused = BudgetDecodeError::Number("limit or delta");
            assert_eq!(Budget::from_bytes(&sealed(bytes, at, value)), Err(refused));
        }
        for value in [-1.0, f64::NAN, f64::INFINITY, -0.0] {
            let refused = BudgetDecodeError::Number("a divergence");
            assert_eq!(Budget::from_bytes(&sealed(bytes, 2 + ORDERS - 1, value)), Err(refused));
        }
        let beyond = (0..ORDERS).fold(bytes, |bytes, order| sealed(bytes, 2 + order, 50.0));
        assert_eq!(Budget::from_bytes(&beyond), Err(BudgetDecodeError::Exceeded));
    }
}
