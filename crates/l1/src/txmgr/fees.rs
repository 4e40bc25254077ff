//! What to bid.

use serde::{Deserialize, Serialize};

use crate::FeeEstimate;

/// A bid, in wei per gas. A legacy transaction pays `max_fee` as its gas price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fees {
    pub max_fee: u128,
    pub priority_fee: u128,
    pub legacy: bool,
}

impl Fees {
    /// Twice the base fee lasts for six full blocks.
    pub(super) fn first(estimate: FeeEstimate, min_priority_fee: u128, cap: u128) -> Self {
        let (max_fee, priority_fee, legacy) = match estimate {
            FeeEstimate::Eip1559 { base_fee, priority_fee } => {
                let tip = priority_fee.max(min_priority_fee);
                (base_fee.saturating_mul(2).saturating_add(tip), tip, false)
            }
            FeeEstimate::Legacy { gas_price } => {
                let price = gas_price.max(min_priority_fee);
                (price, price, true)
            }
        };
        Self { max_fee: max_fee.min(cap), priority_fee: priority_fee.min(max_fee).min(cap), legacy }
    }

    /// The bid that replaces this one: 12.5 % more and at least `fresh`. Mempools demand 10 % on both fields, so near
    /// the cap the step may shrink to that; `None` when the cap leaves no room for it.
    pub(super) fn bumped(self, fresh: Self, cap: u128) -> Option<Self> {
        let max_fee = bump(self.max_fee, 1125).max(fresh.max_fee).min(cap);
        let priority_fee = bump(self.priority_fee, 1125).max(fresh.priority_fee).min(max_fee);
        let enough = max_fee >= bump(self.max_fee, 1100) && priority_fee >= bump(self.priority_fee, 1100);
        enough.then_some(Self { max_fee, priority_fee, legacy: self.legacy })
    }
}

/// `fee * permille / 1000`, rounded up, and more than `fee`.
fn bump(fee: u128, permille: u128) -> u128 {
    let scaled = fee.saturating_mul(permille).div_ceil(1000);
    scaled.max(fee.saturating_add(1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LOW: Fees = Fees { max_fee: 0, priority_fee: 0, legacy: false };

    #[test]
    fn every_bump_satisfies_the_replacement_rule_up_to_the_cap() {
        for start in [(0, 0), (1, 1), (7, 3), (1_000_000_007, 1), (u128::MAX / 2, 5)] {
            let cap = 500_000_000_000.max(start.0);
            let mut fees = Fees { max_fee: start.0, priority_fee: start.1, legacy: false };
            let mut steps = 0;
            while let Some(next) = fees.bumped(LOW, cap) {
                assert!(next.max_fee * 10 >= fees.max_fee * 11 || fees.max_fee > u128::MAX / 11);
                assert!(next.priority_fee * 10 >= fees.priority_fee * 11);
                assert!(next.max_fee > fees.max_fee && next.priority_fee > fees.priority_fee);
                assert!(next.priority_fee <= next.max_fee && next.max_fee <= cap);
                fees = next;
                steps += 1;
                assert!(steps < 300);
            }
            assert!(fees.max_fee > cap / 11 * 10, "{fees:?} stopped early");
        }
    }

    #[test]
    fn follows_the_market_when_that_is_more() {
        let fresh = Fees { max_fee: 100, priority_fee: 50, legacy: false };
        let fees = Fees { max_fee: 10, priority_fee: 10, legacy: false };
        assert_eq!(fees.bumped(fresh, 1000).unwrap(), fresh);
        assert_eq!(fees.bumped(fresh, 60).unwrap().max_fee, 60);
    }

    #[test]
    fn first_bid_respects_cap_and_chain() {
        let estimate = FeeEstimate::Eip1559 { base_fee: 100, priority_fee: 7 };
        assert_eq!(Fees::first(estimate, 1, 1000), Fees { max_fee: 207, priority_fee: 7, legacy: false });
        assert_eq!(Fees::first(estimate, 1, 3), Fees { max_fee: 3, priority_fee: 3, legacy: false });
        let legacy = Fees::first(FeeEstimate::Legacy { gas_price: 9 }, 1, 1000);
        assert_eq!(legacy, Fees { max_fee: 9, priority_fee: 9, legacy: true });
        let hostile = FeeEstimate::Eip1559 { base_fee: u128::MAX, priority_fee: u128::MAX };
        assert_eq!(Fees::first(hostile, 1, 1000).max_fee, 1000);
    }
}
