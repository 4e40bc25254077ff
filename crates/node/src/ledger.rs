//! What this node has read from L1: the message queue and the batches. Lives in the L2's database, so that it commits
//! together with the blocks that follow from it.

use alloy_primitives::{Address, B256};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use lux_chain::{ChainError, Store, StoreWriter};
use lux_l1::BlockId;
use lux_protocol::{BatchOutput, QueueEntry};
use serde::{Deserialize, Serialize};

const QUEUE_LENGTH: &str = "l1/queue/length";
const LAST_BATCH: &str = "l1/batch/last";
const RECENT: &str = "l1/recent";
const FINALIZED_BATCH: &str = "l1/batch/finalized";
const REJECTIONS: &str = "l1/rejections";

/// A queue entry and the accumulator after it.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
struct StoredEntry {
    entry: QueueEntry,
    accumulator: B256,
}

/// A batch that L1 carries, and what this node made of it.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct BatchRecord {
    pub number: u64,
    pub batch_hash: B256,
    /// L1 block and transaction that carry it.
    pub l1_block: u64,
    pub l1_transaction: B256,
    pub sequencer: Address,
    /// From the header.
    pub timestamp: u64,
    /// From the header.
    pub l1_origin: u64,
    pub first_block: u64,
    pub last_block: u64,
    /// Queue entries consumed after the batch.
    pub message_count: u64,
    pub payload_bytes: u64,
    pub payload_valid: bool,
    /// L1 block of the claim: the batch's own, or that of a proposal; zero without a claim.
    pub claim_l1_block: u64,
    /// What is claimed; zeros when nothing is.
    pub claimed_state_root: B256,
    pub claimed_transaction_root: B256,
    pub claimed_receipt_root: B256,
    /// What this node computed.
    pub state_root: B256,
    pub transaction_root: B256,
    pub receipt_root: B256,
}

impl BatchRecord {
    pub fn output(&self) -> BatchOutput {
        BatchOutput {
            state_root: self.state_root,
            transaction_root: self.transaction_root,
            receipt_root: self.receipt_root,
        }
    }

    pub fn claimed(&self) -> BatchOutput {
        BatchOutput {
            state_root: self.claimed_state_root,
            transaction_root: self.claimed_transaction_root,
            receipt_root: self.claimed_receipt_root,
        }
    }

    /// Whether L1 holds a claim about it.
    pub fn has_claim(&self) -> bool {
        !self.claimed_state_root.is_zero()
    }

    pub fn set_claim(&mut self, claim: BatchOutput, l1_block: u64) {
        self.claim_l1_block = l1_block;
        self.claimed_state_root = claim.state_root;
        self.claimed_transaction_root = claim.transaction_root;
        self.claimed_receipt_root = claim.receipt_root;
    }

    /// Whether something is claimed that this node did not compute.
    pub fn is_claim_false(&self) -> bool {
        self.has_claim() && self.claimed() != self.output()
    }
}

/// A batch that L1 rejected, and could bring back by a reorganisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// L1 block of the rejection.
    pub l1_block: u64,
    /// L1 block that carries the batch.
    pub batch_l1_block: u64,
}

/// Reads of the ledger. Clones share the database.
#[derive(Clone)]
pub struct Ledger(Store);

fn entry_key(index: u64) -> String {
    format!("l1/queue/{index}")
}

fn batch_key(number: u64) -> String {
    format!("l1/batch/{number}")
}

fn finalized_key(number: u64) -> String {
    format!("l1/finalized/{number}")
}

fn encode(value: &impl Encodable) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.length());
    value.encode(&mut out);
    out
}

fn decode<T: Decodable>(bytes: &[u8]) -> Result<T, ChainError> {
    T::decode(&mut &bytes[..]).map_err(|_| ChainError::Corrupt("L1 ledger"))
}

impl Ledger {
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    fn number(&self, key: &str) -> Result<u64, ChainError> {
        self.0.meta(key)?.map_or(Ok(0), |bytes| decode(&bytes))
    }

    pub fn queue_length(&self) -> Result<u64, ChainError> {
        self.number(QUEUE_LENGTH)
    }

    fn stored_entry(&self, index: u64) -> Result<StoredEntry, ChainError> {
        decode(&self.0.meta(&entry_key(index))?.ok_or(ChainError::Corrupt("L1 queue"))?)
    }

    pub fn entry(&self, index: u64) -> Result<QueueEntry, ChainError> {
        Ok(self.stored_entry(index)?.entry)
    }

    pub fn entries(&self, from: u64, to: u64) -> Result<Vec<QueueEntry>, ChainError> {
        (from..to).map(|index| self.entry(index)).collect()
    }

    /// Accumulator after the first `count` entries.
    pub fn accumulator(&self, count: u64) -> Result<B256, ChainError> {
        count.checked_sub(1).map_or(Ok(B256::ZERO), |last| Ok(self.stored_entry(last)?.accumulator))
    }

    /// How many entries were made up to and including an L1 block.
    pub fn due(&self, l1_block: u64) -> Result<u64, ChainError> {
        let (mut low, mut high) = (0, self.queue_length()?);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.stored_entry(middle)?.entry.l1_block_number <= l1_block {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// The last L1 block, up to `latest`, whose entries from the index `first` on ask for at most `gas` together.
    pub fn origin_within(&self, first: u64, latest: u64, gas: u64) -> Result<u64, ChainError> {
        let mut left = gas;
        for index in first..self.due(latest)? {
            let entry = self.entry(index)?;
            match left.checked_sub(entry.gas_limit) {
                Some(rest) => left = rest,
                None => return Ok(entry.l1_block_number.saturating_sub(1)),
            }
        }
        Ok(latest)
    }

    pub fn last_batch(&self) -> Result<u64, ChainError> {
        self.number(LAST_BATCH)
    }

    pub fn batch(&self, number: u64) -> Result<Option<BatchRecord>, ChainError> {
        self.0.meta(&batch_key(number))?.map(|bytes| decode(&bytes)).transpose()
    }

    /// Whether a batch is built on a false claim. It falls with that, and nobody can run it before.
    pub fn has_false_parent(&self, number: u64) -> Result<bool, ChainError> {
        Ok(self.batch(number.saturating_sub(1))?.is_some_and(|parent| parent.is_claim_false()))
    }

    /// A batch that must exist.
    pub fn expect_batch(&self, number: u64) -> Result<BatchRecord, ChainError> {
        self.batch(number)?.ok_or(ChainError::Corrupt("list of batches"))
    }

    /// The last batch this node knows.
    pub fn tip(&self) -> Result<BatchRecord, ChainError> {
        self.expect_batch(self.last_batch()?)
    }

    /// The batch that holds L2 block `number`.
    pub fn batch_of_block(&self, number: u64) -> Result<Option<BatchRecord>, ChainError> {
        let (mut low, mut high) = (0, self.last_batch()?);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.expect_batch(middle)?.last_block < number {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(self.batch(low)?.filter(|batch| (batch.first_block..=batch.last_block).contains(&number)))
    }

    /// The last batch whose claim L1 accepted for good.
    pub fn finalized_batch(&self) -> Result<u64, ChainError> {
        self.number(FINALIZED_BATCH)
    }

    /// L1 blocks to resume from, oldest first.
    pub fn recent(&self) -> Result<Vec<BlockId>, ChainError> {
        let Some(bytes) = self.0.meta(RECENT)? else { return Ok(Vec::new()) };
        serde_json::from_slice(&bytes).map_err(|_| ChainError::Corrupt("L1 cursor"))
    }

    /// Rejections in recent L1 blocks.
    pub fn rejections(&self) -> Result<Vec<Rejection>, ChainError> {
        let Some(bytes) = self.0.meta(REJECTIONS)? else { return Ok(Vec::new()) };
        serde_json::from_slice(&bytes).map_err(|_| ChainError::Corrupt("list of rejections"))
    }

    pub fn put_rejections(&self, writer: &StoreWriter, rejections: &[Rejection]) -> Result<(), ChainError> {
        let bytes = serde_json::to_vec(rejections).map_err(|_| ChainError::Corrupt("list of rejections"))?;
        writer.put_meta(REJECTIONS, &bytes)
    }

    pub fn put_entry(&self, writer: &StoreWriter, entry: &QueueEntry, accumulator: B256) -> Result<(), ChainError> {
        let stored = StoredEntry { entry: entry.clone(), accumulator };
        writer.put_meta(&entry_key(entry.index), &encode(&stored))?;
        writer.put_meta(QUEUE_LENGTH, &encode(&(entry.index + 1)))
    }

    pub fn put_batch(&self, writer: &StoreWriter, batch: &BatchRecord) -> Result<(), ChainError> {
        writer.put_meta(&batch_key(batch.number), &encode(batch))?;
        writer.put_meta(LAST_BATCH, &encode(&batch.number))
    }

    /// Replaces a batch that is there.
    pub fn replace_batch(&self, writer: &StoreWriter, batch: &BatchRecord) -> Result<(), ChainError> {
        writer.put_meta(&batch_key(batch.number), &encode(batch))
    }

    /// Drops claims that were made above an L1 block, among the batches up to `last`. They were made in order.
    pub fn forget_claims(&self, writer: &StoreWriter, last: u64, l1_block: u64) -> Result<(), ChainError> {
        for number in (1..=last).rev() {
            let mut batch = self.expect_batch(number)?;
            if batch.has_claim() && batch.claim_l1_block <= l1_block {
                break;
            }
            if batch.has_claim() {
                batch.set_claim(BatchOutput::default(), 0);
                self.replace_batch(writer, &batch)?;
            }
        }
        Ok(())
    }

    /// The last batch that L1 had finalised by one of its blocks.
    pub fn finalized_by(&self, l1_block: u64) -> Result<u64, ChainError> {
        let mut number = self.finalized_batch()?;
        while number > 0 && self.number(&finalized_key(number))? > l1_block {
            number -= 1;
        }
        Ok(number)
    }

    pub fn put_finalized_batch(&self, writer: &StoreWriter, number: u64, l1_block: u64) -> Result<(), ChainError> {
        writer.put_meta(&finalized_key(number), &encode(&l1_block))?;
        self.set_finalized_batch(writer, number)
    }

    pub fn set_finalized_batch(&self, writer: &StoreWriter, number: u64) -> Result<(), ChainError> {
        writer.put_meta(FINALIZED_BATCH, &encode(&number))
    }

    pub fn put_recent(&self, writer: &StoreWriter, recent: &[BlockId]) -> Result<(), ChainError> {
        let bytes = serde_json::to_vec(recent).map_err(|_| ChainError::Corrupt("L1 cursor"))?;
        writer.put_meta(RECENT, &bytes)
    }

    /// Drops batches from `number` on.
    pub fn truncate_batches(&self, writer: &StoreWriter, number: u64) -> Result<(), ChainError> {
        for gone in number..=self.last_batch()? {
            writer.remove_meta(&batch_key(gone))?;
        }
        let last = number.saturating_sub(1);
        writer.put_meta(LAST_BATCH, &encode(&last))?;
        if self.finalized_batch()? > last {
            self.set_finalized_batch(writer, last)?;
        }
        Ok(())
    }

    /// Drops queue entries from `length` on.
    pub fn truncate_queue(&self, writer: &StoreWriter, length: u64) -> Result<(), ChainError> {
        for gone in length..self.queue_length()? {
            writer.remove_meta(&entry_key(gone))?;
        }
        writer.put_meta(QUEUE_LENGTH, &encode(&length))
    }
}
