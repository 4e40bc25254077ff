//! The queue entries of a batch from the accumulators before and after it.

use super::ProgramError;
use super::input::read_pair;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, U256};
use lux_oracle::{MAX_PREIMAGE_BYTES, Oracle};
use lux_protocol::QueueEntry;

/// Words of the encoding that a queue hash is of.
const ENTRY_BYTES: usize = 8 * 32;

/// The entries of a batch. Their data stay with the oracle until a block needs them: a day without batches makes a
/// queue larger than the memory.
pub(super) struct Queue {
    pub entries: Vec<QueueEntry>,
    data_hashes: Vec<B256>,
}

/// Follows the accumulator back from `to` to `from`.
pub(super) fn read_queue<O: Oracle>(oracle: &O, from: B256, to: B256) -> Result<Queue, ProgramError<O::Error>> {
    let mut hashes = Vec::new();
    let mut accumulator = to;
    while accumulator != from {
        let (before, hash) = read_pair(oracle, &accumulator)?;
        hashes.push(hash);
        accumulator = before;
    }
    let mut queue = Queue { entries: Vec::with_capacity(hashes.len()), data_hashes: Vec::with_capacity(hashes.len()) };
    for hash in hashes.iter().rev() {
        let bytes = oracle.preimage(hash, ENTRY_BYTES).map_err(ProgramError::Oracle)?;
        let (entry, data_hash) = decode(&bytes).ok_or(ProgramError::Malformed("queue entry"))?;
        queue.entries.push(entry);
        queue.data_hashes.push(data_hash);
    }
    Ok(queue)
}

impl Queue {
    /// Fills in the data of entries of this queue.
    pub fn load<O: Oracle>(&self, oracle: &O, entries: &mut [QueueEntry]) -> Result<(), ProgramError<O::Error>> {
        let first = self.entries.first().map_or(0, |entry| entry.index);
        for entry in entries {
            let hash = self.data_hashes.get((entry.index - first) as usize);
            let hash = hash.ok_or(ProgramError::Malformed("queue index"))?;
            entry.data = oracle.preimage(hash, MAX_PREIMAGE_BYTES).map_err(ProgramError::Oracle)?;
        }
        Ok(())
    }
}

/// The entry without its data, and the hash of those.
fn decode(bytes: &[u8]) -> Option<(QueueEntry, B256)> {
    let (words, rest) = bytes.as_chunks::<32>();
    let [sender, target, mint, value, gas_limit, data_hash, index, l1_block_number] =
        *<&[[u8; 32]; 8]>::try_from(words).ok()?;
    rest.is_empty().then_some(())?;
    let number = |word| u64::try_from(U256::from_be_bytes(word)).ok();
    let entry = QueueEntry {
        sender: Address::from_word(sender.into()),
        target: Address::from_word(target.into()),
        mint: U256::from_be_bytes(mint),
        value: U256::from_be_bytes(value),
        gas_limit: number(gas_limit)?,
        data: Bytes::new(),
        index: number(index)?,
        l1_block_number: number(l1_block_number)?,
    };
    Some((entry, data_hash.into()))
}
