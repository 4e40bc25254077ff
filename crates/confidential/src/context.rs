//! What sealed bytes are for: they open for nothing else.

use alloy_primitives::{Address, B256, Keccak256};

/// Bound to every key and message of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context(B256);

/// A task of a compute market, as the chain has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskContext {
    pub chain_id: u64,
    pub market: Address,
    pub model: B256,
    pub requester: Address,
    pub task: B256,
}

/// A rollup, as L1 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollupContext {
    pub l1_chain_id: u64,
    /// Of its contract on L1.
    pub rollup: Address,
    pub l2_chain_id: u64,
}

impl Context {
    /// A transaction for the sequencer of a rollup.
    pub fn transaction(rollup: &RollupContext) -> Self {
        Self::rollup(b"LUX_SEALED_TRANSACTION_V1", rollup)
    }

    /// A question to the sequencer of a rollup, which changes nothing.
    pub fn call(rollup: &RollupContext) -> Self {
        Self::rollup(b"LUX_SEALED_CALL_V1", rollup)
    }

    fn rollup(label: &[u8], RollupContext { l1_chain_id, rollup, l2_chain_id }: &RollupContext) -> Self {
        Self::of(&[label, &l1_chain_id.to_be_bytes(), rollup.as_slice(), &l2_chain_id.to_be_bytes()])
    }

    pub fn task(task: &TaskContext) -> Self {
        Self::of(&[
            b"LUX_SEALED_TASK_V1",
            &task.chain_id.to_be_bytes(),
            task.market.as_slice(),
            task.model.as_slice(),
            task.requester.as_slice(),
            task.task.as_slice(),
        ])
    }

    /// Data that wait somewhere, under a name that their owner chose.
    pub fn at_rest(name: B256) -> Self {
        Self::of(&[b"LUX_SEALED_REST_V1", name.as_slice()])
    }

    /// The answer to one request for a key.
    pub(crate) fn release(name: B256, nonce: B256) -> Self {
        Self::of(&[b"LUX_KEY_RELEASE_V1", name.as_slice(), nonce.as_slice()])
    }

    fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = Keccak256::new();
        parts.iter().for_each(|part| hasher.update(part));
        Self(hasher.finalize())
    }

    pub(crate) const fn as_slice(&self) -> &[u8] {
        self.0.as_slice()
    }
}
