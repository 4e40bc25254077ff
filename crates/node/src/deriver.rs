//! Rebuilds the L2 from L1: follows the rollup's events, executes every batch, and unwinds when L1 does.

use crate::held::Held;
use crate::ledger::{BatchRecord, Ledger, Rejection};
use crate::rollup::{Rollup, to_u64};
use crate::{NodeError, batch_output, payload_blocks};
use alloy_primitives::{B256, Bytes};
use alloy_sol_types::{SolCall, SolEvent};
use lux_chain::{Chain, ChainWriter, prepare_all};
use lux_l1::{BlockTag, L1BlockLogs, L1Client, L1Error, L1Event, L1Stream, Log, LogFilter, StreamConfig};
use lux_protocol::contracts::BatchHeader;
use lux_protocol::contracts::ILuxRollup::{BatchRejected, BatchSubmitted, StateRootFinalized, submitBatchCall};
use lux_protocol::contracts::IMessageBridge::MessageEnqueued;
use lux_protocol::contracts::IRollupViews::ClaimProposed;
use lux_protocol::{BatchData, BatchOutput, QueueEntry, accumulate};
use lux_stf::{BatchInput, BlockPlan, derive_blocks};
use std::sync::Arc;

/// L1 blocks remembered to find the common ancestor after a reorganisation; a deeper one derives from the start.
const REMEMBERED_BLOCKS: usize = 256;

/// Follows L1. One per node; every other role reads what it wrote to the ledger.
pub struct Deriver {
    chain: Arc<Chain>,
    ledger: Ledger,
    l1: L1Client,
    rollup: Arc<Rollup>,
    stream: L1Stream,
    held: Held,
}

impl Deriver {
    /// Continues where the database stands.
    pub fn open(chain: Arc<Chain>, l1: L1Client, rollup: Arc<Rollup>) -> Result<Self, NodeError> {
        let ledger = Ledger::new(chain.store().clone());
        if ledger.batch(0)?.is_none() {
            let genesis = genesis_batch(&chain, &rollup)?;
            chain.store().write(true, |writer| ledger.put_batch(writer, &genesis))?;
        }
        let stream = open_stream(&l1, &rollup, &ledger)?;
        let mut deriver = Self { chain, ledger, l1, rollup, stream, held: Held::default() };
        deriver.resume()?;
        Ok(deriver)
    }

    /// Goes back to the last L1 block that was processed whole. Of the one after it some may be in the ledger, and L1 may
    /// hold another block in its place by now.
    fn resume(&mut self) -> Result<(), NodeError> {
        let whole = self.ledger.recent()?.last().map_or(0, |id| id.number);
        self.unwind_to_l1_block(whole)?;
        self.stream = open_stream(&self.l1, &self.rollup, &self.ledger)?;
        Ok(())
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// L1 block up to which everything is processed.
    pub fn position(&self) -> Option<u64> {
        self.stream.position().map(|id| id.number)
    }

    /// Processes the next L1 event; `false` when there is none.
    pub async fn step(&mut self) -> Result<bool, NodeError> {
        let result = self.follow().await;
        self.held.offer(&self.chain);
        result
    }

    async fn follow(&mut self) -> Result<bool, NodeError> {
        match self.stream.poll().await {
            Ok(Some(L1Event::Block(block))) => {
                if let Err(error) = self.on_block(&block).await {
                    // The stream has moved past the block: read it again.
                    self.resume()?;
                    return Err(error);
                }
                Ok(true)
            }
            Ok(Some(L1Event::Reorg { to, depth })) => {
                tracing::warn!(l1_block = to.number, depth, "L1 reorganised");
                if self.unwind_to_l1_block(to.number)? < to.number {
                    self.stream = open_stream(&self.l1, &self.rollup, &self.ledger)?;
                }
                Ok(true)
            }
            Ok(None) => {
                self.update_tags().await?;
                Ok(false)
            }
            Err(L1Error::Reset(reason)) => {
                tracing::error!(%reason, "L1 reorganised deeper than remembered; deriving from the start");
                self.unwind_to_l1_block(0)?;
                self.resume()?;
                Ok(true)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn on_block(&mut self, event: &L1BlockLogs) -> Result<(), NodeError> {
        let l1_block = event.block.number;
        for log in &event.logs {
            let topic = log.topic0().copied().unwrap_or_default();
            if log.address() == self.rollup.bridge && topic == MessageEnqueued::SIGNATURE_HASH {
                self.on_message(log, l1_block)?;
            } else if log.address() == self.rollup.address {
                match topic {
                    BatchSubmitted::SIGNATURE_HASH => self.on_batch(log, l1_block).await?,
                    BatchRejected::SIGNATURE_HASH => self.on_rejected(log, l1_block)?,
                    ClaimProposed::SIGNATURE_HASH => self.on_claim(log, l1_block)?,
                    StateRootFinalized::SIGNATURE_HASH => self.on_finalized(log, l1_block)?,
                    _ => {}
                }
            }
        }
        let recent = self.stream.recent();
        // Whatever the block did commits before or with this; repeating it after a crash changes nothing.
        self.chain.store().write(!event.logs.is_empty(), |writer| self.ledger.put_recent(writer, &recent))?;
        Ok(())
    }

    fn on_message(&self, log: &Log, l1_block: u64) -> Result<(), NodeError> {
        let (entry, announced) = queue_entry(log, l1_block)?;
        let index = entry.index;
        let length = self.ledger.queue_length()?;
        if index > length {
            return Err(NodeError::Untrusted(format!("queue entry {index} arrived before entry {length}")));
        }
        if accumulate(self.ledger.accumulator(index)?, entry.hash()) != announced {
            return Err(NodeError::Untrusted(format!("queue entry {index} does not match its accumulator")));
        }
        if index == length {
            self.chain.store().write(true, |writer| self.ledger.put_entry(writer, &entry, announced))?;
            tracing::debug!(index, l1_block, sender = %entry.sender, "L1 message queued");
        }
        Ok(())
    }

    async fn on_batch(&mut self, log: &Log, l1_block: u64) -> Result<(), NodeError> {
        let event = decode_event::<BatchSubmitted>(log)?;
        let number = to_u64(event.batchNumber)?;
        if let Some(known) = self.ledger.batch(number)?
            && known.batch_hash == event.batchHash
        {
            return Ok(());
        }
        let hash = log.transaction_hash.ok_or_else(|| NodeError::Untrusted("log without transaction".into()))?;
        let transaction = self
            .l1
            .transaction(hash)
            .await?
            .ok_or_else(|| NodeError::Untrusted(format!("transaction {hash} of batch {number} is missing")))?;
        let call = submitBatchCall::abi_decode(&transaction.input)
            .map_err(|error| NodeError::Untrusted(format!("transaction {hash} is not a submitBatch: {error}")))?;
        if call.header.batch_hash() != event.batchHash {
            return Err(NodeError::Untrusted(format!("transaction {hash} carries another header than batch {number}")));
        }
        derive_batch(&self.chain, &self.ledger, &mut self.held, &call.header, &call.transactions, l1_block, hash)
    }

    fn on_rejected(&mut self, log: &Log, l1_block: u64) -> Result<(), NodeError> {
        let number = to_u64(decode_event::<BatchRejected>(log)?.batchNumber)?;
        if number == 0 || number > self.ledger.last_batch()? {
            return Ok(());
        }
        let parent = self.ledger.expect_batch(number - 1)?;
        tracing::warn!(batch = number, last_block = parent.last_block, "batch rejected on L1");
        let oldest = self.ledger.recent()?.first().map_or(0, |id| id.number);
        let mut rejections = self.ledger.rejections()?;
        rejections.retain(|rejection| rejection.l1_block >= oldest);
        rejections.push(Rejection { l1_block, batch_l1_block: self.ledger.expect_batch(number)?.l1_block });
        let mut writer = self.chain.writer();
        self.held.remember(&self.chain, parent.last_block)?;
        writer.rewind(parent.last_block, |writer| {
            self.ledger.put_rejections(writer, &rejections)?;
            self.ledger.truncate_batches(writer, number)
        })?;
        Ok(())
    }

    fn on_claim(&self, log: &Log, l1_block: u64) -> Result<(), NodeError> {
        let event = decode_event::<ClaimProposed>(log)?;
        let number = to_u64(event.batchNumber)?;
        let unknown = || NodeError::Untrusted(format!("a claim about batch {number}, which was never submitted"));
        let mut batch = self.ledger.batch(number)?.ok_or_else(unknown)?;
        let claim = BatchOutput {
            state_root: event.stateRoot,
            transaction_root: event.transactionRoot,
            receipt_root: event.receiptRoot,
        };
        batch.set_claim(claim, l1_block);
        warn_of_false_claim(&batch);
        Ok(self.chain.store().write(true, |writer| self.ledger.replace_batch(writer, &batch))?)
    }

    fn on_finalized(&self, log: &Log, l1_block: u64) -> Result<(), NodeError> {
        let number = to_u64(decode_event::<StateRootFinalized>(log)?.batchNumber)?;
        self.chain.store().write(true, |writer| self.ledger.put_finalized_batch(writer, number, l1_block))?;
        Ok(())
    }

    /// Forgets everything read above an L1 block. L2 blocks stay as far as the messages they consumed still exist.
    /// Returns the block that it went back to: an earlier one where a rejection is undone, to read that batch again.
    fn unwind_to_l1_block(&mut self, mut l1_block: u64) -> Result<u64, NodeError> {
        let ledger = &self.ledger;
        let mut rejections = ledger.rejections()?;
        while let Some(undone) = rejections.pop_if(|rejection| rejection.l1_block > l1_block) {
            l1_block = l1_block.min(undone.batch_l1_block.saturating_sub(1));
        }
        let mut batches = ledger.last_batch()?;
        while batches > 0 && ledger.expect_batch(batches)?.l1_block > l1_block {
            batches -= 1;
        }
        let queue_length = ledger.due(l1_block)?;
        let finalized = ledger.finalized_by(l1_block)?;
        let mut writer = self.chain.writer();
        let mut head = self.chain.head();
        while head.number() > 0 && head.l1_origin().message_count > queue_length {
            let parent = head.number() - 1;
            head = self.chain.expect_block(parent)?;
        }
        let recent: Vec<_> = ledger.recent()?.into_iter().filter(|id| id.number <= l1_block).collect();
        self.held.remember(&self.chain, head.number())?;
        writer.rewind(head.number(), |store| {
            ledger.set_finalized_batch(store, finalized)?;
            ledger.truncate_batches(store, batches + 1)?;
            ledger.forget_claims(store, batches, l1_block)?;
            ledger.truncate_queue(store, queue_length)?;
            ledger.put_rejections(store, &rejections)?;
            ledger.put_recent(store, &recent)
        })?;
        drop(writer);
        let safe = ledger.tip()?.last_block;
        self.chain.set_tags(safe, self.chain.finalized_number().min(safe))?;
        Ok(l1_block)
    }

    async fn update_tags(&self) -> Result<(), NodeError> {
        let tip = self.ledger.tip()?;
        let l1_final = match self.l1.block(BlockTag::Finalized).await {
            Ok(block) => block.map_or(0, |block| block.number),
            // Not every chain knows the tag.
            Err(error) if !error.is_temporary() => 0,
            Err(error) => return Err(error.into()),
        };
        let mut number = tip.number;
        while number > 0 && self.ledger.expect_batch(number)?.l1_block > l1_final {
            number -= 1;
        }
        self.chain.set_tags(tip.last_block, self.ledger.expect_batch(number)?.last_block)?;
        Ok(())
    }
}

fn open_stream(l1: &L1Client, rollup: &Rollup, ledger: &Ledger) -> Result<L1Stream, NodeError> {
    let filter = LogFilter {
        addresses: vec![rollup.address, rollup.bridge],
        topics: vec![
            MessageEnqueued::SIGNATURE_HASH,
            BatchSubmitted::SIGNATURE_HASH,
            BatchRejected::SIGNATURE_HASH,
            ClaimProposed::SIGNATURE_HASH,
            StateRootFinalized::SIGNATURE_HASH,
        ],
    };
    let recent = ledger.recent()?;
    let stream = if recent.is_empty() {
        L1Stream::new(l1.clone(), filter, rollup.genesis_l1_block)
    } else {
        L1Stream::resume(l1.clone(), filter, recent)?
    };
    Ok(stream.with_config(StreamConfig { remembered_blocks: REMEMBERED_BLOCKS, ..StreamConfig::default() }))
}

fn genesis_batch(chain: &Chain, rollup: &Rollup) -> Result<BatchRecord, NodeError> {
    let genesis = chain.expect_block(0)?;
    let params = &rollup.params;
    if genesis.hash != params.genesisBlockHash || genesis.header.state_root != rollup.config.genesisStateRoot {
        return Err(NodeError::Config(format!(
            "the rollup at {} was deployed with genesis block {}; this version makes {} from its parameters. \
             Use the version of lux-rollup that deployed it",
            rollup.address, params.genesisBlockHash, genesis.hash
        )));
    }
    let header = BatchHeader {
        stateRoot: genesis.header.state_root,
        transactionRoot: alloy_primitives::keccak256([genesis.hash.0, genesis.hash.0].concat()),
        timestamp: alloy_primitives::U256::from(params.genesisTimestamp),
        l1BlockNumber: alloy_primitives::U256::from(rollup.genesis_l1_block),
        ..empty_header()
    };
    let claim = BatchOutput::claimed(&header);
    Ok(BatchRecord {
        number: 0,
        batch_hash: header.batch_hash(),
        l1_block: rollup.genesis_l1_block,
        l1_transaction: B256::ZERO,
        sequencer: header.sequencer,
        timestamp: params.genesisTimestamp,
        l1_origin: rollup.genesis_l1_block,
        first_block: 0,
        last_block: 0,
        message_count: 0,
        payload_bytes: 0,
        payload_valid: true,
        claim_l1_block: rollup.genesis_l1_block,
        claimed_state_root: claim.state_root,
        claimed_transaction_root: claim.transaction_root,
        claimed_receipt_root: claim.receipt_root,
        state_root: claim.state_root,
        transaction_root: claim.transaction_root,
        receipt_root: claim.receipt_root,
    })
}

fn empty_header() -> BatchHeader {
    BatchHeader {
        batchNumber: Default::default(),
        parentBatchHash: B256::ZERO,
        stateRoot: B256::ZERO,
        transactionRoot: B256::ZERO,
        receiptRoot: B256::ZERO,
        timestamp: Default::default(),
        l1BlockNumber: Default::default(),
        sequencer: Default::default(),
        signature: Bytes::new(),
    }
}

/// Executes a batch, or recognises the local blocks as the ones it means, and records it.
fn derive_batch(
    chain: &Chain,
    ledger: &Ledger,
    held: &mut Held,
    header: &BatchHeader,
    transactions: &Bytes,
    l1_block: u64,
    l1_transaction: B256,
) -> Result<(), NodeError> {
    let number = to_u64(header.batchNumber)?;
    let parent = ledger.tip()?;
    if number != parent.number + 1 || header.parentBatchHash != parent.batch_hash {
        return Err(NodeError::Untrusted(format!("batch {number} does not follow batch {}", parent.number)));
    }
    let data = BatchData::decode(transactions).map_err(|error| NodeError::Untrusted(error.to_string()))?;
    let (timestamp, l1_origin) = (to_u64(header.timestamp)?, to_u64(header.l1BlockNumber)?);
    let due = ledger.due(l1_origin)?;
    if ledger.accumulator(due)? != data.accumulator {
        return Err(NodeError::Untrusted(format!("batch {number} was made for another message queue")));
    }
    let messages = ledger.entries(parent.message_count, due)?;
    let parent_block = chain.expect_block(parent.last_block)?;
    let input = BatchInput { payload: &data.payload, timestamp, l1_block_number: l1_origin, messages: &messages };
    let (mut plans, payload_valid) = derive_blocks(&input, parent_block.header.timestamp, parent_block.l1_origin());
    if !payload_valid {
        tracing::warn!(batch = number, "payload is invalid; the batch means its deposits only");
    }

    let first_block = parent.last_block + 1;
    let last_block = parent.last_block + plans.len() as u64;
    let mut writer = chain.writer();
    let (matching, gas_used) = matching_blocks(chain, &mut plans, first_block)?;
    if matching < plans.len() {
        let keep = parent.last_block + matching as u64;
        if chain.head().number() > keep {
            tracing::warn!(batch = number, block = keep + 1, "L1 carries other blocks than this node had");
            held.remember(chain, keep)?;
            writer.rewind(keep, |_| Ok(()))?;
        }
        import(&mut writer, &mut plans[matching..], gas_used)?;
    }
    let output = batch_output(chain, first_block, last_block)?;
    let claim = BatchOutput::claimed(header);
    let record = BatchRecord {
        number,
        batch_hash: header.batch_hash(),
        l1_block,
        l1_transaction,
        sequencer: header.sequencer,
        timestamp,
        l1_origin,
        first_block,
        last_block,
        message_count: due,
        payload_bytes: data.payload.len() as u64,
        payload_valid,
        claim_l1_block: if claim.state_root.is_zero() { 0 } else { l1_block },
        claimed_state_root: claim.state_root,
        claimed_transaction_root: claim.transaction_root,
        claimed_receipt_root: claim.receipt_root,
        state_root: output.state_root,
        transaction_root: output.transaction_root,
        receipt_root: output.receipt_root,
    };
    chain.store().write(true, |store| ledger.put_batch(store, &record))?;
    drop(writer);
    chain.set_tags(last_block, chain.finalized_number())?;
    tracing::info!(batch = number, first_block, last_block, l1_block, "batch derived from L1");
    warn_of_false_claim(&record);
    Ok(())
}

fn warn_of_false_claim(batch: &BatchRecord) {
    if batch.is_claim_false() {
        tracing::error!(batch = batch.number, claimed = %batch.claimed_state_root, computed = %batch.state_root,
            "the claim of this batch is FALSE");
    }
}

/// How many of `plans` the local chain already holds, from `first_block` on, and the gas they used.
fn matching_blocks(chain: &Chain, plans: &mut [BlockPlan], first_block: u64) -> Result<(usize, u64), NodeError> {
    let mut gas_used: u64 = 0;
    for (index, plan) in plans.iter_mut().enumerate() {
        plan.restrict(chain.rules(), gas_used);
        let Some(block) = chain.block(first_block + index as u64)? else { return Ok((index, gas_used)) };
        let local = payload_blocks(chain, block.number(), block.number())?;
        let same = block.header.timestamp == plan.timestamp
            && block.l1_origin() == plan.l1_origin
            && local.first().is_some_and(|local| local.transactions == plan.transactions);
        if !same {
            return Ok((index, gas_used));
        }
        gas_used = gas_used.saturating_add(block.header.gas_used);
    }
    Ok((plans.len(), gas_used))
}

/// Executes the blocks of a batch after those that used `gas_used`.
fn import(writer: &mut ChainWriter<'_>, plans: &mut [BlockPlan], mut gas_used: u64) -> Result<(), NodeError> {
    for plan in plans {
        plan.restrict(writer.chain().rules(), gas_used);
        let prepared = prepare_all(&plan.transactions);
        // Durable with the batch's record: a crash in between derives the batch again.
        let block = writer.import(plan, Some(prepared), false, |_, _| Ok(()))?;
        gas_used = gas_used.saturating_add(block.header.gas_used);
    }
    Ok(())
}

/// The queue entry that an event of L1 block `l1_block` announces, and the accumulator after it.
pub(crate) fn queue_entry(log: &Log, l1_block: u64) -> Result<(QueueEntry, B256), NodeError> {
    let event = decode_event::<MessageEnqueued>(log)?;
    let entry = QueueEntry {
        sender: event.sender,
        target: event.target,
        mint: event.mint,
        value: event.value,
        gas_limit: to_u64(event.gasLimit)?,
        data: event.data,
        index: to_u64(event.index)?,
        l1_block_number: l1_block,
    };
    Ok((entry, event.accumulator))
}

fn decode_event<E: SolEvent>(log: &Log) -> Result<E, NodeError> {
    E::decode_log_data(log.data())
        .map_err(|error| NodeError::Untrusted(format!("malformed {} event: {error}", E::SIGNATURE)))
}
