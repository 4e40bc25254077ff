//! What the machine can carry (`docs/protocol.md`, "Limits"): its memory is 128 MiB, so that what a block or a transaction
//! makes the program hold has to be bounded by rules that every node follows.

use crate::Rules;
use lux_protocol::QueueEntry;

/// Footprint of a block, bytes, from which on it takes no more user transactions.
pub const MAX_BLOCK_FOOTPRINT: usize = 24 << 20;
/// Gas that the deposits of one block may ask for together. They cannot be left out, so their number bounds them.
pub const MAX_BLOCK_DEPOSIT_GAS: u64 = 30_000_000;
/// Contract code that one transaction can load, bytes.
pub const MAX_TRANSACTION_CODE: usize = 4 << 20;
/// EVM memory of all frames of a transaction together, bytes.
pub const MAX_TRANSACTION_MEMORY: u64 = 4 << 20;
/// Undo entries in a transaction's journal from which on it cannot write to storage.
pub const MAX_TRANSACTION_WRITES: usize = 65_536;

/// Footprint of an account that a block read or wrote, bytes.
pub(crate) const ACCOUNT_FOOTPRINT: usize = 512;
/// Footprint of a storage slot that a block read or wrote.
pub(crate) const SLOT_FOOTPRINT: usize = 256;
/// Footprint of a transaction, besides that of its bytes.
const TRANSACTION_FOOTPRINT: usize = 1_024;
/// A transaction is held decoded, encoded, and in the list that is hashed.
const COPIES_OF_TRANSACTION: usize = 4;
/// Footprint of a log, besides that of its data.
const LOG_FOOTPRINT: usize = 256;
/// A log is held decoded and encoded.
const COPIES_OF_LOG: usize = 2;

pub(crate) const fn transaction_footprint(encoded_len: usize) -> usize {
    TRANSACTION_FOOTPRINT + COPIES_OF_TRANSACTION * encoded_len
}

pub(crate) fn log_footprint(logs: &[alloy_primitives::Log]) -> usize {
    logs.iter().map(|log| LOG_FOOTPRINT + COPIES_OF_LOG * log.data.data.len()).sum()
}

/// Whether deposits fit one block.
pub fn deposits_fit<'a>(deposits: impl IntoIterator<Item = &'a QueueEntry>) -> bool {
    deposits.into_iter().fold(0, |sum: u64, entry| sum.saturating_add(entry.gas_limit)) <= MAX_BLOCK_DEPOSIT_GAS
}

impl Rules {
    /// Whether a block of a batch takes user transactions when the blocks before it in the batch used this much gas.
    pub const fn batch_has_gas(&self, used: u64) -> bool {
        used < self.gas_limit
    }
}
