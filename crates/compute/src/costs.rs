//! Whether a task pays for the gas that serving it costs.

use crate::enclaves::evidence_kind;
use crate::{ComputeError, Market, flops_of};
use alloy_primitives::U256;
use lux_confidential::sealed_output_bytes;
use lux_inference::Model;
use lux_l1::FeeEstimate;
use lux_protocol::market::{EvidenceKind, MAX_INLINE_BYTES, ModelTerms};

/// Gas of claim, result and payment of one task among many in the same transactions, and of the transactions around them, as the
/// table in docs/ai-compute.md, "Cost", has it.
const TASK_GAS: u64 = 76_000;
const BATCH_GAS: u64 = 97_000;
/// Of which payment of one task.
pub(crate) const PAYMENT_GAS: u64 = 13_400;
/// For each checkpoint of the trace.
const CHECKPOINT_GAS: u64 = 1_500;
const MAX_CHECKPOINTS: u64 = lux_protocol::constants::MAX_CHECKPOINTS as u64;
/// FLOPs in a chunk of a run: LeNet-5 has 11,000 of them, MiniLM 35,000. Nothing is learned from runs, of which a stranger
/// could order those that mislead about others.
const FLOPS_PER_CHUNK: u64 = 8_000;
/// For each byte of an output that comes with the result: calldata, log, and hashing.
const OUTPUT_BYTE_GAS: u64 = 26;
/// Bytes to fetch that count as a gas: nobody fills a worker's cache and line for the price of a small run.
const FETCHED_BYTES_PER_GAS: u64 = 128;
/// For each signature of an enclave: its check, and what the market's module keeps of it.
const SIGNATURE_GAS: u64 = 136_000;
/// Vendors whose enclaves a registry asks for where a model wants several, unless it was set otherwise.
const QUORUM: u64 = 2;

/// What serving tasks costs on a chain now.
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    /// wei
    gas_price: u128,
    /// Share of a payment that the market keeps.
    fee_bps: u16,
}

/// What the gas of serving a task depends on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    pub flops: u64,
    pub output_bytes: usize,
    /// Of weights and input, those that have to be fetched.
    pub fetched_bytes: u64,
    /// Of enclaves.
    pub signatures: u64,
    /// The output is sealed, and there is no trace.
    pub is_sealed: bool,
}

impl Work {
    /// Under a model's flags, for a worker that has neither weights nor input.
    pub fn of(model: &Model, flags: u8) -> Self {
        let fetched_bytes = model.plan().constant_bytes + model.input_bytes() as u64;
        Self { fetched_bytes, ..Self::of_fetched(model, flags) }
    }

    /// For a worker that has them.
    pub fn of_fetched(model: &Model, flags: u8) -> Self {
        let signatures = match evidence_kind(flags) {
            EvidenceKind::Attestation if flags & ModelTerms::QUORUM != 0 => QUORUM,
            EvidenceKind::Attestation => 1,
            EvidenceKind::Fault | EvidenceKind::Validity => 0,
        };
        let (flops, output_bytes) = (flops_of(model), model.output_bytes());
        Self { flops, output_bytes, fetched_bytes: 0, signatures, is_sealed: false }
    }

    /// With an output that only the requester reads.
    #[must_use]
    pub const fn sealed(self, is_sealed: bool) -> Self {
        let output_bytes = if is_sealed { sealed_output_bytes(self.output_bytes) } else { self.output_bytes };
        Self { output_bytes, is_sealed, ..self }
    }

    /// Gas for one task among many.
    fn gas(self) -> u64 {
        let traced = if self.is_sealed { 0 } else { self.flops };
        let chunks = traced.div_ceil(FLOPS_PER_CHUNK).max(1);
        // A stride leaves between half of the most and the most.
        let stride = chunks.div_ceil(MAX_CHECKPOINTS + 1);
        let inline = if self.output_bytes <= MAX_INLINE_BYTES { self.output_bytes as u64 } else { 0 };
        let checkpoints = CHECKPOINT_GAS * (chunks / stride).saturating_sub(1).min(MAX_CHECKPOINTS);
        let fetching = self.fetched_bytes / FETCHED_BYTES_PER_GAS;
        TASK_GAS + checkpoints + OUTPUT_BYTE_GAS * inline + fetching + SIGNATURE_GAS * self.signatures
    }
}

/// A task that pays less than it costs, both in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it pays {pays} wei after the market's fee, and serving it costs about {costs} wei: {gas} gas at {gas_price} wei, what has to be \
     fetched included; --allow-loss takes it all the same"
)]
pub struct Loss {
    pub pays: U256,
    pub costs: U256,
    pub gas: u64,
    pub gas_price: u128,
}

impl Costs {
    pub const fn new(gas_price: u128, fee_bps: u16) -> Self {
        Self { gas_price, fee_bps }
    }

    /// As the next block would have it.
    pub async fn read(market: &Market) -> Result<Self, ComputeError> {
        let gas_price = match market.chain.fees().await? {
            FeeEstimate::Eip1559 { base_fee, priority_fee } => base_fee.saturating_add(priority_fee),
            FeeEstimate::Legacy { gas_price } => gas_price,
        };
        Ok(Self::new(gas_price, market.params().await?.feeBps))
    }

    /// What is left of a payment for so much gas of the market, before the gas of this chain.
    pub(crate) fn net(&self, gas_used: u64, gas_price: u64) -> U256 {
        let payment = U256::from(gas_used) * U256::from(gas_price);
        payment - payment * U256::from(self.fee_bps) / U256::from(10_000)
    }

    /// Wei that a task leaves to the worker.
    pub fn gain(&self, work: Work, gas_used: u64, gas_price: u64) -> Result<U256, Loss> {
        let (pays, gas) = (self.net(gas_used, gas_price), work.gas());
        let costs = self.of_gas(gas);
        pays.checked_sub(costs).ok_or(Loss { pays, costs, gas, gas_price: self.gas_price })
    }

    /// Wei per gas of the market at which a task pays for transactions of its own, and half of that again for gas that becomes
    /// dearer.
    pub fn price_that_pays(&self, work: Work, gas_used: u64) -> u64 {
        let needed = U256::from(work.gas() + BATCH_GAS) * U256::from(self.gas_price);
        let share = U256::from(10_000u16.saturating_sub(self.fee_bps).max(1)) * U256::from(gas_used.max(1));
        (needed * U256::from(15_000) / U256::from(share)).saturating_to::<u64>().saturating_add(1)
    }

    /// Wei for a transaction of so much gas.
    pub(crate) fn of_gas(&self, gas: u64) -> U256 {
        U256::from(gas) * U256::from(self.gas_price)
    }

    /// Wei that the gains of tasks claimed together must come to.
    pub fn of_batch(&self) -> U256 {
        self.of_gas(BATCH_GAS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn work(flops: u64) -> Work {
        Work { flops, output_bytes: 0, fetched_bytes: 0, signatures: 0, is_sealed: false }
    }

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
        assert!(close(PAYMENT_GAS, measured("finalizeTasks, 100") / 100));
    }

    #[test]
    fn a_task_gains_what_gas_and_fee_leave() {
        let costs = Costs::new(10, 1_500);
        let needed = u64::from(76_000u32) * 10;
        assert_eq!(costs.gain(work(1), needed, 1).unwrap_err().pays, U256::from(needed * 85 / 100));
        assert_eq!(costs.gain(work(1), 1_000_000, 1), Ok(U256::from(850_000 - needed)));
        assert_eq!(costs.of_batch(), U256::from(970_000));
        let dear = costs.gain(work(u64::MAX), u64::MAX, u64::MAX);
        assert!(dear.is_ok(), "{dear:?}");
        assert!(costs.gain(work(0), 0, 0).is_err());
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
            let price = costs.price_that_pays(work(flops), gas_used);
            assert!(
                price == u64::MAX || costs.gain(work(flops), gas_used, price).unwrap() >= costs.of_batch(),
                "{price}"
            );
        }
    }

    #[test]
    fn long_runs_have_as_many_checkpoints_as_a_trace_has_room_for() {
        let most = TASK_GAS + CHECKPOINT_GAS * MAX_CHECKPOINTS;
        for flops in [1, 7_999, 16_001, 16_400_000, 16_800_000, 1 << 34, u64::MAX] {
            let gas = work(flops).gas();
            assert!((TASK_GAS..=most).contains(&gas), "{flops}: {gas}");
            assert!(flops < 16_800_000 || gas >= TASK_GAS + CHECKPOINT_GAS * (MAX_CHECKPOINTS / 2 - 1));
        }
        assert_eq!(work(1).gas(), TASK_GAS);
        assert_eq!(work(16_001).gas(), TASK_GAS + 2 * CHECKPOINT_GAS);
        assert_eq!(Work { output_bytes: MAX_INLINE_BYTES, ..work(1) }.gas(), TASK_GAS + 4_096 * OUTPUT_BYTE_GAS);
        assert_eq!(Work { output_bytes: MAX_INLINE_BYTES + 1, ..work(1) }.gas(), TASK_GAS);
        assert_eq!(Work { fetched_bytes: 1 << 30, ..work(1) }.gas(), TASK_GAS + (1 << 23));
        assert_eq!(Work { signatures: 2, ..work(1) }.gas(), TASK_GAS + 2 * SIGNATURE_GAS);
    }
}
