//! EIP-1559 base fee with the chain's own parameters.

/// Parameters of the base fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseFeeParams {
    pub elasticity: u64,
    pub change_denominator: u64,
    /// wei
    pub floor: u64,
}

impl BaseFeeParams {
    /// Ethereum's own.
    pub const ETHEREUM: Self = Self { elasticity: 2, change_denominator: 8, floor: 0 };

    /// Those of an L2 with this floor. The large denominator suits blocks of a second or less.
    pub const fn l2(floor: u64) -> Self {
        Self { elasticity: 2, change_denominator: 50, floor }
    }
}

/// Base fee of the block after one that used `gas_used` of `gas_limit` at `base_fee` (EIP-1559).
pub fn next_base_fee(params: BaseFeeParams, gas_used: u64, gas_limit: u64, base_fee: u64) -> u64 {
    let target = (gas_limit / params.elasticity).max(1);
    let change = |distance: u64| {
        (u128::from(base_fee) * u128::from(distance) / u128::from(target) / u128::from(params.change_denominator))
            .min(u128::from(u64::MAX)) as u64
    };
    let next = match gas_used.cmp(&target) {
        core::cmp::Ordering::Equal => base_fee,
        core::cmp::Ordering::Greater => base_fee.saturating_add(change(gas_used - target).max(1)),
        core::cmp::Ordering::Less => base_fee - change(target - gas_used),
    };
    next.max(params.floor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_eips::eip1559::{BaseFeeParams as AlloyParams, calc_next_block_base_fee};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_ethereum(used in 0u64..30_000_000, base in 0u64..1_000_000_000_000) {
            let ours = next_base_fee(BaseFeeParams::ETHEREUM, used, 30_000_000, base);
            prop_assert_eq!(ours, calc_next_block_base_fee(used, 30_000_000, base, AlloyParams::ethereum()));
        }
    }

    #[test]
    fn never_below_the_floor() {
        assert_eq!(next_base_fee(BaseFeeParams::l2(7), 0, 100, 7), 7);
    }
}
