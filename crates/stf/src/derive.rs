//! From a batch on L1 to the L2 blocks it means (`docs/protocol.md`, "Derivation"). Total: whatever the payload holds,
//! there is exactly one answer.

use crate::{L1Origin, Rules, deposits_fit};
use alloc::vec::Vec;
use lux_protocol::{PayloadBlock, QueueEntry, UnsignedTx, decode_payload};

/// What L1 knows about a batch, besides its claim.
#[derive(Clone, Debug)]
pub struct BatchInput<'a> {
    pub payload: &'a [u8],
    /// Of the header.
    pub timestamp: u64,
    /// Of the header.
    pub l1_block_number: u64,
    /// Every queue entry the batch must consume, in order.
    pub messages: &'a [QueueEntry],
}

/// A block before it is executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPlan {
    pub timestamp: u64,
    pub l1_origin: L1Origin,
    pub messages: Vec<QueueEntry>,
    pub transactions: Vec<UnsignedTx>,
}

impl BlockPlan {
    /// Leaves out the user transactions when the blocks before this one in its batch used `gas_used`, too much for more.
    pub fn restrict(&mut self, rules: &Rules, gas_used: u64) {
        if !rules.batch_has_gas(gas_used) {
            self.transactions.clear();
        }
    }
}

/// The blocks of a batch that follows a block with `parent_timestamp` and `parent_origin`.
///
/// The flag says whether the payload was valid.
pub fn derive_blocks(batch: &BatchInput<'_>, parent_timestamp: u64, parent_origin: L1Origin) -> (Vec<BlockPlan>, bool) {
    decode_payload(batch.payload, parent_timestamp, parent_origin.block_number)
        .ok()
        .and_then(|blocks| plan_blocks(batch, blocks, parent_origin))
        .map_or_else(|| (plan_deposits_only(batch, parent_origin), false), |plans| (plans, true))
}

fn plan_blocks(batch: &BatchInput<'_>, blocks: Vec<PayloadBlock>, parent_origin: L1Origin) -> Option<Vec<BlockPlan>> {
    let last = blocks.last()?;
    if last.timestamp != batch.timestamp || last.l1_block_number > batch.l1_block_number {
        return None;
    }
    let mut message_count = parent_origin.message_count;
    let mut rest = batch.messages;
    let mut plans = Vec::with_capacity(blocks.len());
    for block in blocks {
        let (messages, later) = rest.split_at_checked(usize::try_from(block.message_count).ok()?)?;
        rest = later;
        if messages.iter().any(|entry| entry.l1_block_number > block.l1_block_number) || !deposits_fit(messages) {
            return None;
        }
        message_count += block.message_count;
        plans.push(BlockPlan {
            timestamp: block.timestamp,
            l1_origin: L1Origin { block_number: block.l1_block_number, message_count },
            messages: messages.to_vec(),
            transactions: block.transactions,
        });
    }
    rest.is_empty().then_some(plans)
}

fn plan_deposits_only(batch: &BatchInput<'_>, parent_origin: L1Origin) -> Vec<BlockPlan> {
    let mut message_count = parent_origin.message_count;
    let mut plans: Vec<BlockPlan> = Vec::new();
    let mut plan = |messages: Vec<QueueEntry>| {
        message_count += messages.len() as u64;
        plans.push(BlockPlan {
            timestamp: batch.timestamp,
            l1_origin: L1Origin { block_number: batch.l1_block_number, message_count },
            messages,
            transactions: Vec::new(),
        });
    };
    let mut current: Vec<QueueEntry> = Vec::new();
    for entry in batch.messages {
        if !current.is_empty() && !deposits_fit(current.iter().chain([entry])) {
            plan(core::mem::take(&mut current));
        }
        current.push(entry.clone());
    }
    plan(current);
    plans
}

#[cfg(test)]
mod tests;
