//! Runs batches in the machine: the traces of honest claims, and the disproofs of false ones.

use crate::NodeError;
use crate::background::run_in_background;
use crate::case::{Case, judge};
use crate::error::run_failed;
use crate::ledger::{BatchRecord, Ledger};
use crate::program::{require_known, stf_program};
use crate::rollup::{Rollup, claim_of, to_u64};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent};
use lux_chain::{Chain, ChainError};
use lux_dispute::{ClaimedRun, Dispute, NextMove, run_blocking};
use lux_l1::{L1Client, LogFilter};
use lux_machine::{Status, Trace, trace};
use lux_protocol::constants::MAX_CHECKPOINTS;
use lux_protocol::contracts::ILuxRollup::submitBatchCall;
use lux_protocol::contracts::IRollupViews::ClaimProposed;
use lux_protocol::contracts::{BatchHeader, Claim};
use lux_protocol::{BatchData, ClaimInput, ClaimTrace, params_hash, payload_commitment};
use lux_stf::program::{BatchWitness, block_preimages};
use std::collections::HashMap;
use std::sync::Arc;

/// Chunks after which a run is given up: what L1 lets into a batch takes far less.
const MAX_CHUNKS: u64 = 1 << 22;

/// Reads what a batch's run needs from this node and from L1. Clones share everything.
#[derive(Clone)]
pub struct Prover {
    chain: Arc<Chain>,
    ledger: Ledger,
    rollup: Arc<Rollup>,
    l1: L1Client,
    max_checkpoints: usize,
    is_patient: bool,
}

/// A batch with everything that its run reads.
#[derive(Clone, Debug)]
pub struct ProvableBatch {
    pub record: BatchRecord,
    pub claim_input: ClaimInput,
    pub payload: Bytes,
    pub witness: BatchWitness,
    /// Checkpoints of the claim in the header, if it makes one.
    header_trace: Option<Bytes>,
}

impl Prover {
    pub fn new(chain: Arc<Chain>, l1: L1Client, rollup: Arc<Rollup>) -> Self {
        let ledger = Ledger::new(chain.store().clone());
        Self { ledger, chain, rollup, l1, max_checkpoints: MAX_CHECKPOINTS, is_patient: false }
    }

    /// Claims get at most so many checkpoints.
    pub fn with_max_checkpoints(self, max_checkpoints: usize) -> Self {
        Self { max_checkpoints, ..self }
    }

    /// Runs give way to everything else that the node does: for what has no deadline.
    pub fn patient(self) -> Self {
        Self { is_patient: true, ..self }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, NodeError> + Send + 'static,
    ) -> Result<T, NodeError> {
        if self.is_patient { run_in_background(work).await } else { run_blocking(work).await }
    }

    /// Collects what the run of a batch reads, by running it natively.
    pub async fn batch(&self, number: u64) -> Result<ProvableBatch, NodeError> {
        let record = self.ledger.batch(number)?.filter(|_| number > 0);
        let record = record.ok_or_else(|| NodeError::Config(format!("this node knows no batch {number} to run")))?;
        let (header, data) = self.calldata(&record).await?;
        let header_trace = (!header.stateRoot.is_zero()).then(|| data.trace.clone());
        let prover = self.clone();
        let (batch, payload) = (record.clone(), data.payload.clone());
        let (claim_input, witness) = self.run(move || prover.witness(&batch, &header, &data)).await?;
        if witness.output != record.output() {
            return Err(NodeError::Unprovable(format!(
                "the program gives batch {number} the state root {}, this node gave it {}: please report this",
                witness.output.state_root, record.state_root
            )));
        }
        Ok(ProvableBatch { record, claim_input, payload, witness, header_trace })
    }

    /// The checkpoints of a batch's run.
    pub async fn trace(&self, batch: &ProvableBatch) -> Result<Trace, NodeError> {
        let (input, mut host) = (batch.witness.input, preimages(&batch.witness));
        self.run(move || trace(stf_program(), input, &mut host, MAX_CHUNKS).map_err(run_failed)).await
    }

    /// The trace that belongs to a true claim about a batch: its checkpoints without the last state.
    pub async fn evidence(&self, number: u64) -> Result<Bytes, NodeError> {
        let batch = self.batch(number).await?;
        let run = self.trace(&batch).await?;
        if run.outcome != Status::Halted(batch.record.output().hash()) {
            return Err(NodeError::Unprovable(format!(
                "batch {number} ends as {:?} in the machine, not with its output: please report this",
                run.outcome
            )));
        }
        Ok(ClaimTrace::of_run(&run.checkpoints, self.max_checkpoints).encode())
    }

    /// The claim that L1 holds about a batch, beside the run.
    pub async fn case(&self, number: u64) -> Result<Case, NodeError> {
        let batch = self.batch(number).await?;
        let (claim, claimed) = self.claimed(&batch).await?;
        let run = self.trace(&batch).await?;
        let preimages = Arc::new(preimages(&batch.witness));
        let dispute = Dispute::new(stf_program(), claim, claimed, run.checkpoints, preimages);
        Ok(Case { record: batch.record, dispute })
    }

    /// Whether L1 and this node still have the case as it is.
    pub async fn is_current(&self, case: &Case) -> Result<bool, NodeError> {
        let number = case.record.number;
        let claim = claim_of(&self.l1, self.rollup.address, number).await?;
        Ok(claim == case.dispute.claim && self.ledger.batch(number)?.as_ref() == Some(&case.record))
    }

    /// What is next in a dispute, as L1 stands; `None` when the claim is true in all its parts.
    pub async fn next_move(&self, case: &mut Case) -> Result<Option<NextMove>, NodeError> {
        case.next_move(&self.l1, &self.rollup).await
    }

    /// The claim that L1 holds about a batch.
    pub async fn claimed(&self, batch: &ProvableBatch) -> Result<(Claim, ClaimedRun), NodeError> {
        let number = batch.record.number;
        let claim = claim_of(&self.l1, self.rollup.address, number).await?;
        require_known(claim.program)?;
        let trace = self.claimed_trace(batch, claim.trace).await?;
        if claim.input != batch.witness.input {
            return Err(NodeError::Untrusted(format!("data of batch {number} that do not match L1's claim about it")));
        }
        let claimed = ClaimedRun::new(trace, claim.output);
        Ok((claim, claimed))
    }

    /// What the claimant revealed about the segment of a chunk; nothing where there is nothing to reveal, or nobody did.
    pub async fn revealed(
        &self,
        number: u64,
        claim: &Claim,
        trace: &ClaimTrace,
        chunk: u64,
    ) -> Result<Vec<B256>, NodeError> {
        let index = chunk as usize / trace.stride as usize;
        if trace.segment(index).len() <= 1 {
            return Ok(Vec::new());
        }
        let judge = judge(&self.l1, &self.rollup, number).await?;
        let segment = judge.segment(claim, index).await?;
        if segment.root.is_zero() {
            return Ok(Vec::new());
        }
        Ok(judge.revealed_states(index, segment.root).await?)
    }

    async fn calldata(&self, record: &BatchRecord) -> Result<(BatchHeader, BatchData), NodeError> {
        let untrusted = |what: &str| NodeError::Untrusted(format!("{what} of batch {}", record.number));
        let transaction = self.l1.transaction(record.l1_transaction).await?;
        let transaction = transaction.ok_or_else(|| untrusted("no transaction"))?;
        let call = submitBatchCall::abi_decode(&transaction.input).map_err(|_| untrusted("a foreign transaction"))?;
        let data = BatchData::decode(&call.transactions).map_err(|_| untrusted("malformed data"))?;
        if call.header.batch_hash() != record.batch_hash {
            return Err(untrusted("another header"));
        }
        Ok((call.header, data))
    }

    fn witness(
        &self,
        record: &BatchRecord,
        header: &BatchHeader,
        data: &BatchData,
    ) -> Result<(ClaimInput, BatchWitness), NodeError> {
        let parent = self.ledger.expect_batch(record.number - 1)?;
        // What L1 holds, were it false: the claims before are judged before this one.
        let parent_output = if parent.has_claim() { parent.claimed() } else { parent.output() };
        let claim = ClaimInput {
            parent_state_root: parent_output.state_root,
            parent_transaction_root: parent_output.transaction_root,
            commitment: payload_commitment(&data.payload),
            parent_accumulator: self.ledger.accumulator(parent.message_count)?,
            accumulator: data.accumulator,
            timestamp: to_u64(header.timestamp)?,
            l1_block_number: to_u64(header.l1BlockNumber)?,
            params_hash: params_hash(&self.rollup.config.initCode),
        };
        let mut hashes = Vec::new();
        for number in parent.first_block..=parent.last_block {
            hashes.push(self.chain.canonical_hash(number)?.ok_or(ChainError::UnknownBlock(number))?);
        }
        let last = self.chain.expect_block(parent.last_block)?;
        let entries = self.ledger.entries(parent.message_count, record.message_count)?;
        let init_code = &self.rollup.config.initCode;
        let known = block_preimages(&claim, &last.header, &hashes, init_code, &data.payload, &entries);
        let store = self.chain.store();
        let database = |hash: &B256| store.node(hash).ok().flatten().or_else(|| store.code(hash).ok().flatten());
        let witness = BatchWitness::collect(&claim, &known, database)
            .map_err(|error| NodeError::Unprovable(format!("batch {} cannot be run: {error}", record.number)))?;
        Ok((claim, witness))
    }

    /// The checkpoints of the claim that L1 holds about the batch.
    async fn claimed_trace(&self, batch: &ProvableBatch, commitment: B256) -> Result<ClaimTrace, NodeError> {
        let mut found = Vec::from_iter(batch.header_trace.clone());
        if batch.header_trace.is_none() {
            let filter =
                LogFilter { addresses: vec![self.rollup.address], topics: vec![ClaimProposed::SIGNATURE_HASH] };
            let block = batch.record.claim_l1_block;
            let logs = self.l1.logs(&filter, block, block).await?;
            let events = logs.iter().filter_map(|log| ClaimProposed::decode_log_data(log.data()).ok());
            let number = U256::from(batch.record.number);
            found.extend(events.filter(|event| event.batchNumber == number).map(|event| event.trace));
        }
        // One block may hold several claims about a batch number, with a rejection between them.
        let mut traces = found.iter().filter_map(|bytes| ClaimTrace::decode(bytes).ok());
        traces.find(|trace| trace.commitment() == commitment).ok_or_else(|| {
            NodeError::Untrusted(format!("no trace that belongs to L1's claim about batch {}", batch.record.number))
        })
    }
}

/// Preimages for the machine, apart from the witness so that they can move to another thread.
pub(crate) fn preimages(witness: &BatchWitness) -> HashMap<B256, Bytes> {
    witness.preimages.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect()
}
