//! Puts L2 blocks on L1.

use crate::blocks::payload_block;
use crate::bond::post_bond;
use crate::ledger::{BatchRecord, Ledger};
use crate::rollup::{Rollup, to_u64};
use crate::{NodeError, batch_output, payload_blocks};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolCall;
use lux_chain::{Block, Chain};
use lux_l1::{Clock, TxManager, TxRequest, TxStatus, Wallet};
use lux_protocol::constants::{MAX_BATCH_MESSAGE_GAS, MAX_CONTENT_BYTES, MAX_PAYLOAD_BLOCKS, MAX_PAYLOAD_BYTES};
use lux_protocol::contracts::ILuxRollup::submitBatchCall;
use lux_protocol::contracts::{BatchHeader, IRollupViews, ISequencerRegistry};
use lux_protocol::{BatchData, BatchOutput, PayloadError, encode_payload};
use lux_stf::L1Origin;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Settings of the batcher.
#[derive(Clone, Debug)]
pub struct BatcherConfig {
    /// A block waits at most this long for its batch.
    pub max_delay: Duration,
    /// A batch is sent as soon as its transactions have this many bytes before compression.
    pub target_bytes: usize,
    /// Batches under way at a time.
    pub max_in_flight: usize,
}

impl Default for BatcherConfig {
    fn default() -> Self {
        Self { max_delay: Duration::from_secs(60), target_bytes: 150_000, max_in_flight: 4 }
    }
}

/// Gas of `submitBatch` besides its data, generously.
const BASE_GAS: u64 = 700_000;
/// Gas per byte of data: the floor of EIP-7976, the dearest announced.
const GAS_PER_BYTE: u64 = 64;
/// Journal ids of this role start so.
const ID_PREFIX: &str = "batch/";

/// What the next batch builds on.
#[derive(Clone, Debug)]
struct Parent {
    number: u64,
    hash: B256,
    last_block: u64,
    /// Of its header.
    l1_origin: u64,
}

impl From<&BatchRecord> for Parent {
    fn from(batch: &BatchRecord) -> Self {
        Self { number: batch.number, hash: batch.batch_hash, last_block: batch.last_block, l1_origin: batch.l1_origin }
    }
}

struct InFlight {
    batch: Parent,
    id: String,
}

/// Batches and submits the local chain. Everything it needs after a restart is on L1, in the ledger or in the
/// transaction journal.
pub struct Batcher {
    chain: Arc<Chain>,
    ledger: Ledger,
    rollup: Arc<Rollup>,
    transactions: Arc<TxManager>,
    wallet: Wallet,
    config: BatcherConfig,
    clock: Clock,
    in_flight: VecDeque<InFlight>,
}

impl Batcher {
    pub fn new(
        chain: Arc<Chain>,
        rollup: Arc<Rollup>,
        transactions: Arc<TxManager>,
        wallet: Wallet,
        config: BatcherConfig,
        clock: Clock,
    ) -> Self {
        let ledger = Ledger::new(chain.store().clone());
        Self { chain, ledger, rollup, transactions, wallet, config, clock, in_flight: VecDeque::new() }
    }

    /// Looks after what is under way and submits the next batch when it is due. Returns whether it submitted one.
    pub async fn step(&mut self, l1_position: u64) -> Result<bool, NodeError> {
        self.transactions.step().await?;
        if !self.settle(l1_position)? || self.in_flight.len() >= self.config.max_in_flight {
            return Ok(false);
        }
        let tip = self.ledger.tip()?;
        let parent = self.in_flight.back().map_or_else(|| Parent::from(&tip), |last| last.batch.clone());
        let Some(last_block) = self.due_block(&parent)? else { return Ok(false) };
        if !self.may_submit(&tip).await? {
            return Ok(false);
        }
        let Some((header, data, last_block)) = self.assemble(&parent, last_block, l1_position)? else {
            return Ok(false);
        };
        self.submit(header, data, last_block, l1_position).await
    }

    /// Drops what reached the ledger. `false` while an earlier run's transactions, or the remains of a failed series,
    /// still have to settle: building on anything before would submit a number twice.
    fn settle(&mut self, l1_position: u64) -> Result<bool, NodeError> {
        let tip = self.ledger.tip()?;
        while let Some(first) = self.in_flight.front()
            && first.batch.number <= tip.number
        {
            if first.batch.number == tip.number && first.batch.hash != tip.batch_hash {
                tracing::warn!(batch = tip.number, "another batch took this number");
                self.in_flight.clear();
                break;
            }
            self.in_flight.pop_front();
        }
        for flight in &self.in_flight {
            let failure = match self.transactions.status(&flight.id) {
                Some(TxStatus::Confirmed(outcome)) if !outcome.success => {
                    outcome.revert_reason.unwrap_or_else(|| "reverted".into())
                }
                Some(TxStatus::Failed(failure)) => failure.to_string(),
                // The ledger has read that block and knows no such batch.
                Some(TxStatus::Confirmed(outcome)) if outcome.block.number <= l1_position => "L1 reorganised".into(),
                _ => continue,
            };
            tracing::warn!(batch = flight.batch.number, reason = failure, "batch was not accepted; building it again");
            self.in_flight.clear();
            break;
        }
        let known = |id: &String| self.in_flight.iter().any(|flight| flight.id == *id);
        let stray = self.transactions.unfinished().into_iter().any(|id| id.starts_with(ID_PREFIX) && !known(&id));
        Ok(!stray)
    }

    /// Last block of the next batch if one is due.
    fn due_block(&self, parent: &Parent) -> Result<Option<u64>, NodeError> {
        let head = self.chain.head().number();
        if head <= parent.last_block {
            return Ok(None);
        }
        let (mut bytes, mut last) = (0usize, parent.last_block);
        let limit = self.config.target_bytes.min(MAX_CONTENT_BYTES / 2);
        for block in self.blocks_within_limits(parent)? {
            let block = payload_block(&*block?)?;
            let size: usize = block.transactions.iter().map(|tx| tx.signed_bytes.len() + 65).sum();
            if last > parent.last_block && bytes + size > limit {
                return Ok(Some(last));
            }
            (bytes, last) = (bytes + size, last + 1);
        }
        let oldest = self.chain.block(parent.last_block + 1)?;
        let waited = oldest.map_or(0, |block| ((self.clock)() / 1000).saturating_sub(block.header.timestamp));
        let full = bytes >= limit || last < head;
        Ok((full || waited >= self.config.max_delay.as_secs()).then_some(last))
    }

    /// The blocks that a batch can hold, whatever the length of its payload. Lazy: it is asked at every poll.
    fn blocks_within_limits(
        &self,
        parent: &Parent,
    ) -> Result<impl Iterator<Item = Result<Arc<Block>, NodeError>> + '_, NodeError> {
        let head = self.chain.head();
        let before = self.chain.expect_block(parent.last_block)?.l1_origin();
        let target = head.l1_origin().block_number;
        let latest = self.ledger.origin_within(before.message_count, target, MAX_BATCH_MESSAGE_GAS)?;
        let messages = self.ledger.due(latest)?.max(before.message_count);
        let last = head.number().min(parent.last_block + MAX_PAYLOAD_BLOCKS as u64);
        let mut gas_used = 0u64;
        let blocks = (parent.last_block + 1..=last).map(|number| Ok(self.chain.expect_block(number)?));
        Ok(blocks.take_while(move |block: &Result<Arc<Block>, NodeError>| {
            let Ok(block) = block else { return true };
            let fits = block.l1_origin().message_count <= messages && self.chain.rules().batch_has_gas(gas_used);
            gas_used = gas_used.saturating_add(block.header.gas_used);
            fits
        }))
    }

    /// Whether L1 takes a batch from this key now: it is the active sequencer, or the fallback window is open.
    async fn may_submit(&self, tip: &BatchRecord) -> Result<bool, NodeError> {
        let l1 = self.transactions.client();
        let registry = self.rollup.registry;
        let us = self.wallet.address();
        if l1.view(registry, ISequencerRegistry::activeSequencerCall {}).await? == us {
            let eligible = l1.view(registry, ISequencerRegistry::isEligibleCall { account: us }).await?;
            if !eligible {
                tracing::warn!(sequencer = %us, "the sequencer's stake is below the minimum; batches wait");
            }
            return Ok(eligible);
        }
        let last = to_u64(l1.view(self.rollup.address, IRollupViews::lastSubmittedAtCall {}).await?)?;
        let now = l1.head().await?.timestamp;
        if now <= last.saturating_add(self.rollup.params.fallbackWindow) {
            return Ok(false);
        }
        let bonded = l1.view(registry, ISequencerRegistry::hasBondCall { account: us }).await?;
        if !bonded {
            tracing::info!("fallback window is open: a batch takes a bond");
            post_bond(&self.transactions, registry, format!("bond/{}", tip.batch_hash)).await?;
        }
        Ok(bonded)
    }

    /// Header and data of a batch that ends at `last_block` or, if that does not fit or is incomplete, earlier.
    fn assemble(
        &self,
        parent: &Parent,
        mut last_block: u64,
        l1_position: u64,
    ) -> Result<Option<(BatchHeader, Bytes, u64)>, NodeError> {
        // Between reading blocks and roots the deriver must not replace them.
        let _writer = self.chain.writer();
        let first_block = parent.last_block + 1;
        let Some(before) = self.chain.block(parent.last_block)? else { return Ok(None) };
        let mut extended = false;
        while last_block >= first_block {
            let Some(last) = self.chain.block(last_block)? else { return Ok(None) };
            let origin = last.l1_origin();
            let Some(l1_origin) = self.header_origin(origin, parent, l1_position)? else {
                last_block -= 1;
                continue;
            };
            let blocks = payload_blocks(&self.chain, first_block, last_block)?;
            let payload = encode_payload(&blocks, before.header.timestamp, before.l1_origin().block_number);
            let payload = match payload {
                Ok(payload) => payload,
                Err(PayloadError::TooLong(bytes)) if last_block > first_block => {
                    // In proportion, and a little less: blocks differ.
                    let fitting = (last_block - first_block + 1) * (MAX_PAYLOAD_BYTES as u64 * 9 / 10) / bytes as u64;
                    last_block = (first_block + fitting.saturating_sub(1)).min(last_block - 1);
                    continue;
                }
                Err(PayloadError::Inflate) if last_block > first_block => {
                    last_block = first_block + (last_block - first_block) / 2;
                    continue;
                }
                Err(error) => return Err(NodeError::Config(format!("block {first_block} fits no batch: {error}"))),
            };
            debug_assert!(payload.len() <= MAX_PAYLOAD_BYTES);
            let is_late = self.is_late(&last);
            if is_late && last_block == self.chain.head().number() {
                // With the sequencer's next block it is not.
                return Ok(None);
            }
            if is_late || self.is_too_old(&before, l1_origin, l1_position)? {
                // Too old for L1. A longer batch may reach a newer block.
                if extended {
                    return Ok(Some(self.forfeit(parent, &before, l1_position)?));
                }
                extended = true;
                last_block = parent.last_block;
                for block in self.blocks_within_limits(parent)? {
                    last_block = block?.header.number;
                }
                continue;
            }
            // Where claims can be disproved, one takes the trace of a run: that is the proposer's work.
            let output = match self.rollup.program {
                Some(_) => BatchOutput::default(),
                None => batch_output(&self.chain, first_block, last_block)?,
            };
            let data =
                BatchData { accumulator: self.ledger.accumulator(origin.message_count)?, trace: Bytes::new(), payload }
                    .encode();
            let header = BatchHeader {
                batchNumber: U256::from(parent.number + 1),
                parentBatchHash: parent.hash,
                stateRoot: output.state_root,
                transactionRoot: output.transaction_root,
                receiptRoot: output.receipt_root,
                timestamp: U256::from(last.header.timestamp),
                l1BlockNumber: U256::from(l1_origin),
                sequencer: self.wallet.address(),
                signature: Bytes::new(),
            };
            return Ok(Some((header, data, last_block)));
        }
        Ok(None)
    }

    /// Whether L1 refuses a batch that ends so long ago: it takes none later than others may take its sequencer's place, and a
    /// little, which is left to the transaction's way to L1.
    fn is_late(&self, last: &Block) -> bool {
        let now = (self.clock)() / 1000;
        now.saturating_sub(last.header.timestamp) > self.rollup.params.fallbackWindow
    }

    /// Whether L1 refuses a batch after `before` for its origin. It demands a newer one only as far as one batch can reach.
    fn is_too_old(&self, before: &Block, l1_origin: u64, l1_position: u64) -> Result<bool, NodeError> {
        if l1_position.saturating_sub(l1_origin) < self.rollup.params.inclusionWindow {
            return Ok(false);
        }
        let messages = before.l1_origin().message_count;
        Ok(self.ledger.origin_within(messages, l1_origin + 1, MAX_BATCH_MESSAGE_GAS)? > l1_origin)
    }

    /// A batch without blocks of ours: after an outage so long that L1 takes none of them any more, this is how the chain
    /// goes on. Deposits are executed, and the transactions of our blocks return to the pool.
    fn forfeit(
        &self,
        parent: &Parent,
        before: &Block,
        l1_position: u64,
    ) -> Result<(BatchHeader, Bytes, u64), NodeError> {
        tracing::error!(batch = parent.number + 1, "blocks are too old for L1: they are given up, transactions return");
        let (messages, latest) = (before.l1_origin().message_count, l1_position.saturating_sub(1));
        let l1_origin = self.ledger.origin_within(messages, latest, MAX_BATCH_MESSAGE_GAS)?.max(parent.l1_origin);
        let accumulator = self.ledger.accumulator(self.ledger.due(l1_origin)?)?;
        let header = BatchHeader {
            batchNumber: U256::from(parent.number + 1),
            parentBatchHash: parent.hash,
            // No claim: the roots follow from executing it.
            stateRoot: B256::ZERO,
            transactionRoot: B256::ZERO,
            receiptRoot: B256::ZERO,
            timestamp: U256::from(before.header.timestamp.max((self.clock)() / 1000)),
            l1BlockNumber: U256::from(l1_origin),
            sequencer: self.wallet.address(),
            signature: Bytes::new(),
        };
        let data = BatchData { accumulator, trace: Bytes::new(), payload: Bytes::new() }.encode();
        // Nothing can build on it before it is derived.
        Ok((header, data, u64::MAX))
    }

    /// Origin of a header whose last block has read L1 up to `last`; `None` when such a block cannot end a batch, which
    /// must consume all that is due at its origin. Usually the block's own origin. After a long outage L1 takes that no
    /// more: then as late a one as the queue allows.
    fn header_origin(&self, last: L1Origin, parent: &Parent, l1_position: u64) -> Result<Option<u64>, NodeError> {
        let mut origin = last.block_number.max(parent.l1_origin);
        if l1_position.saturating_sub(origin) > self.rollup.params.inclusionWindow / 2 {
            let latest = match self.ledger.queue_length()? > last.message_count {
                true => self.ledger.entry(last.message_count)?.l1_block_number,
                false => l1_position,
            };
            origin = origin.max(latest.saturating_sub(1));
        }
        Ok((self.ledger.due(origin)? == last.message_count).then_some(origin))
    }

    async fn submit(
        &mut self,
        mut header: BatchHeader,
        data: Bytes,
        last_block: u64,
        l1_position: u64,
    ) -> Result<bool, NodeError> {
        let digest = header.signing_digest(&data, self.rollup.l1_chain_id, self.rollup.address);
        header.signature = self.wallet.sign_hash(&digest)?.as_bytes().into();
        let (number, hash) = (to_u64(header.batchNumber)?, header.batch_hash());
        let l1_origin = to_u64(header.l1BlockNumber)?;
        // The position tells a new attempt at the same content from the failed one before it.
        let id = format!("{ID_PREFIX}{number}/{hash}@{l1_position}");
        let bytes = data.len();
        let call = submitBatchCall { header, transactions: data }.abi_encode();
        // What builds on a batch still under way, or on the newest L1 block, cannot be simulated everywhere.
        let simulable = self.in_flight.is_empty() && l1_origin < l1_position;
        let gas_limit = (!simulable).then(|| BASE_GAS + GAS_PER_BYTE * call.len() as u64);
        let request = TxRequest { gas_limit, ..TxRequest::call(id.clone(), self.rollup.address, call) };
        if self.transactions.submit(request).await?.is_final() {
            // The attempt at this position is over; the next one needs a newer L1 block.
            return Ok(false);
        }
        tracing::info!(batch = number, last_block, bytes, "batch submitted");
        self.in_flight.push_back(InFlight { batch: Parent { number, hash, last_block, l1_origin }, id });
        Ok(true)
    }
}
