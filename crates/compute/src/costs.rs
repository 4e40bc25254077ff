//! Whether a task pays for the gas that serving it costs.

use crate::{ComputeError, Market};
use alloy_primitives::U256;
use lux_l1::FeeEstimate;

/// Gas of claim, result and payment of one task among many in the same transactions, and of the transactions around them, as the
/// table in docs/ai-compute.md, "Cost", has it.
const TASK_GAS: u64 = 76_000;
const BATCH_GAS: u64 = 97_000;
/// For each checkpoint of the trace.
const CHECKPOINT_GAS: u64 = 1_500;
const MAX_CHECKPOINTS: u64 = lux_protocol::constants::MAX_CHECKPOINTS as u64;
/// FLOPs in a chunk of a run, until some were counted.
const FLOPS_PER_CHUNK: f64 = 4_000.0;

/// What serving tasks costs on a chain now.
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    /// wei
    gas_price: u128,
    /// Share of a payment that the market keeps.
    fee_bps: u16,
    flops_per_chunk: f64,
}

/// A task that pays less than it costs, both in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it pays {pays} wei after the market's fee, and serving it costs about {costs} wei: {gas} gas at {gas_price} wei; --allow-loss \
     takes it all the same"
)]
pub struct Loss {
    pub pays: U256,
    pub costs: U256,
    pub gas: u64,
    pub gas_price: u128,
}

impl Costs {
    pub const fn new(gas_price: u128, fee_bps: u16) -> Self {
        Self { gas_price, fee_bps, flops_per_chunk: FLOPS_PER_CHUNK }
    }

    /// As the next block would have it.
    pub async fn read(market: &Market) -> Result<Self, ComputeError> {
        let gas_price = match market.chain.fees().await? {
            FeeEstimate::Eip1559 { base_fee, priority_fee } => base_fee.saturating_add(priority_fee),
            FeeEstimate::Legacy { gas_price } => gas_price,
        };
        Ok(Self::new(gas_price, market.params().await?.feeBps))
    }

    /// With what was learned of the length of runs.
    pub(crate) fn renewed(self, known: Option<&Self>) -> Self {
        Self { flops_per_chunk: known.map_or(self.flops_per_chunk, |known| known.flops_per_chunk), ..self }
    }

    /// Learns from a run.
    pub(crate) fn learn(&mut self, flops: u64, chunks: u64) {
        let found = flops as f64 / chunks.max(1) as f64;
        self.flops_per_chunk = (self.flops_per_chunk + found) / 2.0;
    }

    /// What is left of a payment for so much gas of the market, before the gas of this chain.
    fn net(&self, gas_used: u64, gas_price: u64) -> U256 {
        let payment = U256::from(gas_used) * U256::from(gas_price);
        payment - payment * U256::from(self.fee_bps) / U256::from(10_000)
    }

    /// Gas for one task among many.
    fn gas(&self, flops: u64) -> u64 {
        let chunks = (flops as f64 / self.flops_per_chunk).ceil().max(1.0);
        // A stride leaves between half of the most and the most.
        let stride = (chunks / (MAX_CHECKPOINTS + 1) as f64).ceil();
        TASK_GAS + CHECKPOINT_GAS * ((chunks / stride) as u64).saturating_sub(1).min(MAX_CHECKPOINTS)
    }

    /// Wei that a task of so many FLOPs leaves to the worker.
    pub fn gain(&self, flops: u64, gas_used: u64, gas_price: u64) -> Result<U256, Loss> {
        let (pays, gas) = (self.net(gas_used, gas_price), self.gas(flops));
        let costs = U256::from(gas) * U256::from(self.gas_price);
        pays.checked_sub(costs).ok_or(Loss { pays, costs, gas, gas_price: self.gas_price })
    }

    /// Wei per gas of the market at which a task pays for transactions of its own, and half of that again for gas that becomes
    /// dearer.
    pub fn price_that_pays(&self, flops: u64, gas_used: u64) -> u64 {
        let needed = U256::from(self.gas(flops) + BATCH_GAS) * U256::from(self.gas_price);
        let share = U256::from(10_000u16.saturating_sub(self.fee_bps).max(1)) * U256::from(gas_used.max(1));
        (needed * U256::from(15_000) / U256::from(share)).saturating_to::<u64>().saturating_add(1)
    }

    /// Wei that the gains of tasks claimed together must come to.
    pub fn of_batch(&self) -> U256 {
        U256::from(BATCH_GAS) * U256::from(self.gas_price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gas of a call on L2 as the contracts' tests measured it.
    fn measured(name: &str) -> u64 {
        let snapshot = include_str!("../../../contracts/snapshots/ComputeL2Gas_Test.json");
        let values: std::collections::BTreeMap<String, String> = serde_json::from_str(snapshot).unwrap();
        values[name].parse().unwrap()
    }

    #[test]
    fn costs_are_those_that_were_measured() {
        let close = |found: u64, expected: u64| found.abs_diff(expected) * 20 <= expected;
        let of_many = ["claimTasks, 100", "submitComputeResults, 100, one chunk, claimed", "finalizeTasks, 100"];
        let alone = ["claimTask", "submitComputeResult, one chunk, claimed", "finalizeTasks, one"];
        let of_many = of_many.map(measured).iter().sum::<u64>() / 100;
        let alone: u64 = alone.map(measured).iter().sum();
        assert!(close(TASK_GAS, of_many), "{of_many}");
        assert!(close(BATCH_GAS, alone - of_many), "{alone}");
    }

    #[test]
    fn a_task_gains_what_gas_and_fee_leave() {
        let costs = Costs::new(10, 1_500);
        let needed = u64::from(76_000u32) * 10;
        assert_eq!(costs.gain(1, needed, 1).unwrap_err().pays, U256::from(needed * 85 / 100));
        assert_eq!(costs.gain(1, 1_000_000, 1), Ok(U256::from(850_000 - needed)));
        assert_eq!(costs.of_batch(), U256::from(970_000));
        let dear = costs.gain(u64::MAX, u64::MAX, u64::MAX);
        assert!(dear.is_ok(), "{dear:?}");
        assert!(costs.gain(0, 0, 0).is_err());
    }

    #[test]
    fn a_suggested_price_pays() {
        for (gas_price, fee_bps, flops, gas_used) in [
            (1, 0, 1, 1),
            (422_780_218, 1_500, 50_000, 50),
            (7, 2_000, 1 << 33, 3),
            (1 << 60, 1_000, 10, 4_000_000_000),
        ] {
            let costs = Costs::new(gas_price, fee_bps);
            let price = costs.price_that_pays(flops, gas_used);
            assert!(price == u64::MAX || costs.gain(flops, gas_used, price).unwrap() >= costs.of_batch(), "{price}");
        }
    }

    #[test]
    fn long_runs_have_as_many_checkpoints_as_a_trace_has_room_for() {
        let mut costs = Costs::new(1, 0);
        let most = TASK_GAS + CHECKPOINT_GAS * MAX_CHECKPOINTS;
        for flops in [1, 3_999, 8_001, 8_200_000, 8_400_000, 1 << 34, u64::MAX] {
            let gas = costs.gas(flops);
            assert!((TASK_GAS..=most).contains(&gas), "{flops}: {gas}");
            assert!(flops < 8_400_000 || gas >= TASK_GAS + CHECKPOINT_GAS * (MAX_CHECKPOINTS / 2 - 1));
        }
        assert_eq!(costs.gas(1), TASK_GAS);
        assert_eq!(costs.gas(8_001), TASK_GAS + 2 * CHECKPOINT_GAS);
        costs.learn(16_000, 1);
        assert_eq!(costs.gas(8_001), TASK_GAS);
    }
}
