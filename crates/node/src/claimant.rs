//! Answers questions about this node's own claims: without an answer in time, a true claim is lost.

use crate::NodeError;
use crate::case::{Case, judge};
use crate::prover::Prover;
use crate::rollup::{Rollup, claim_of, fault_module, to_u64};

use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent};
use lux_l1::{L1Block, LogFilter, Sent, TxManager};
use lux_protocol::contracts::IFaultProof::SegmentRequested;
use lux_protocol::contracts::ILuxRollup::StateRootChallenged;
use lux_protocol::contracts::IRollupDisputes::{getBatchCall, revealTraceCall, slashFailedChallengerCall};
use lux_protocol::contracts::IRollupViews::getBatchStatusCall;
use lux_protocol::contracts::{BatchStatus, Claim, ISequencerRegistry};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Blocks that are looked at again with every new head: L1 finalises after two epochs, and reorganises no deeper.
const REORG_DEPTH: u64 = 64;

/// How many challenge periods a new process looks back. In one the claim was open, and the bond of who asked stays locked
/// for another.
const PERIODS_BACK: u64 = 2;

/// Finds questions in L1's logs, also those about claims that are final by now: it needs no memory over a restart.
pub struct Claimant {
    prover: Prover,
    rollup: Arc<Rollup>,
    transactions: Arc<TxManager>,
    /// The last block looked at.
    head: Option<L1Block>,
    /// Questions that were not dealt with: batch and segment.
    open: BTreeSet<(u64, usize)>,
    /// The run of the last claim that was asked about.
    case: Option<Case>,
}

/// Whether a question remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Done,
    Waits,
    Sent,
}

impl Claimant {
    pub fn new(prover: Prover, rollup: Arc<Rollup>, transactions: Arc<TxManager>) -> Self {
        Self { prover, rollup, transactions, head: None, open: BTreeSet::new(), case: None }
    }

    /// Answers what was asked, and takes the bond of who asked for nothing; `true` when something was sent.
    pub async fn step(&mut self) -> Result<bool, NodeError> {
        if self.rollup.program.is_none() {
            return Ok(false);
        }
        let head = self.transactions.client().head().await?;
        self.look(&head).await?;
        let mut sent = false;
        for (batch, segment) in self.open.clone() {
            match self.answer(&head, batch, segment).await? {
                Progress::Done => drop(self.open.remove(&(batch, segment))),
                Progress::Waits => {}
                Progress::Sent => sent = true,
            }
        }
        if self.open.is_empty() {
            self.case = None;
        }
        Ok(sent)
    }

    /// Collects questions in blocks not looked at before.
    async fn look(&mut self, head: &L1Block) -> Result<(), NodeError> {
        let from = match &self.head {
            Some(last) if last.hash == head.hash => return Ok(()),
            Some(last) => last.number.min(head.number).saturating_sub(REORG_DEPTH),
            None => self.first_block(head).await?,
        };
        let client = self.transactions.client();
        let module = fault_module(client, self.rollup.address).await?;
        let filter = LogFilter {
            addresses: vec![self.rollup.address, module],
            topics: vec![StateRootChallenged::SIGNATURE_HASH, SegmentRequested::SIGNATURE_HASH],
        };
        let (mut batches, mut asked) = (BTreeSet::new(), Vec::new());
        for log in client.logs(&filter, from, head.number).await? {
            if let Ok(event) = StateRootChallenged::decode_log_data(log.data()) {
                batches.insert(to_u64(event.batchNumber)?);
            } else if let Ok(event) = SegmentRequested::decode_log_data(log.data())
                && event.holder == self.rollup.address
            {
                asked.push((event.claim, to_u64(event.segment)? as usize));
            }
        }
        for batch in batches {
            let Some(claim) = self.own_claim(batch).await? else { continue };
            let key = judge(client, &self.rollup, batch).await?.claim_key(&claim);
            self.open.extend(asked.iter().filter(|(claim, _)| *claim == key).map(|(_, segment)| (batch, *segment)));
        }
        self.head = Some(head.clone());
        Ok(())
    }

    /// Where a new process begins to look.
    async fn first_block(&self, head: &L1Block) -> Result<u64, NodeError> {
        let client = self.transactions.client();
        let period = client.view(self.rollup.registry, ISequencerRegistry::exitDelayCall {}).await?;
        let back = period.saturating_to::<u64>().saturating_mul(PERIODS_BACK);
        Ok(client.block_since(self.rollup.genesis_l1_block, head.timestamp.saturating_sub(back)).await?)
    }

    /// The claim that L1 holds about a batch, if this node made it.
    async fn own_claim(&self, batch: u64) -> Result<Option<Claim>, NodeError> {
        let (client, rollup, number) = (self.transactions.client(), self.rollup.address, U256::from(batch));
        let status = client.view(rollup, getBatchStatusCall { batchNumber: number }).await?;
        if !matches!(status, BatchStatus::Proposed | BatchStatus::Challenged | BatchStatus::Finalized) {
            return Ok(None);
        }
        let claimant = client.view(rollup, getBatchCall { batchNumber: number }).await?.claimant;
        if claimant != self.transactions.address() {
            return Ok(None);
        }
        Ok(Some(claim_of(client, rollup, batch).await?))
    }

    async fn answer(&mut self, head: &L1Block, batch: u64, index: usize) -> Result<Progress, NodeError> {
        let Some(claim) = self.own_claim(batch).await? else { return Ok(Progress::Done) };
        let client = self.transactions.client();
        let segment = judge(client, &self.rollup, batch).await?.segment(&claim, index).await?;
        if segment.challenger.is_zero() || segment.settled {
            return Ok(Progress::Done);
        }
        let is_late = head.timestamp > segment.deadline;
        let (number, key) = (U256::from(batch), claim.trace);
        match (segment.root.is_zero(), is_late) {
            (true, true) => {
                tracing::error!(batch, index, "a question about a claim of this node was not answered in time");
                Ok(Progress::Done)
            }
            (true, false) => {
                let Some(checkpoints) = self.checkpoints(batch, claim, index).await? else { return Ok(Progress::Done) };
                let call = revealTraceCall { batchNumber: number, segment: U256::from(index), checkpoints };
                self.send(format!("reveal/{batch}/{key}/{index}"), call.abi_encode(), Progress::Waits).await
            }
            // Whoever asked can still disprove the answer.
            (false, false) => Ok(Progress::Waits),
            (false, true) => {
                let call = slashFailedChallengerCall { batchNumber: number, segment: U256::from(index) };
                self.send(format!("slash/{batch}/{key}/{index}"), call.abi_encode(), Progress::Done).await
            }
        }
    }

    /// What answers the question; `None` where no answer helps.
    async fn checkpoints(&mut self, batch: u64, claim: Claim, segment: usize) -> Result<Option<Bytes>, NodeError> {
        let kept = self.case.take().filter(|case| case.dispute.claim == claim);
        let case = match kept {
            Some(case) => case,
            None => self.prover.case(batch).await?,
        };
        let case = self.case.insert(case);
        if let Some(fault) = case.dispute.fault() {
            tracing::error!(batch, ?fault, "somebody challenges a FALSE claim that this node made");
            return Ok(None);
        }
        Ok(Some(case.dispute.answer(segment)))
    }

    /// Sends a step; `refused` is what L1's refusal means.
    async fn send(&self, id: String, data: Vec<u8>, refused: Progress) -> Result<Progress, NodeError> {
        match self.transactions.send_due(self.rollup.address, id.clone(), data).await? {
            Sent::Now => {
                tracing::warn!(id, "answering a challenge of a true claim");
                Ok(Progress::Sent)
            }
            Sent::UnderWay => Ok(Progress::Waits),
            Sent::Refused(reason) => {
                tracing::debug!(id, %reason, "L1 refuses");
                Ok(refused)
            }
        }
    }
}
