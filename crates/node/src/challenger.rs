//! Disproves false claims on L1.

use crate::NodeError;
use crate::bond::post_bond;
use crate::case::Case;
use crate::ledger::BatchRecord;
use crate::prover::Prover;
use crate::rollup::{Rollup, claim_of};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use lux_dispute::NextMove;
use lux_l1::{Sent, TxManager};
use lux_protocol::contracts::ILuxRollup::challengeStateRootCall;
use lux_protocol::contracts::IRollupViews::getBatchStatusCall;
use lux_protocol::contracts::{BatchStatus, Claim, ISequencerRegistry};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Sends challenges, with a bond where one is needed. What it needs after a restart is on L1 and in the transaction
/// journal; a run is made again.
pub struct Challenger {
    prover: Prover,
    rollup: Arc<Rollup>,
    transactions: Arc<TxManager>,
    /// Disputes under way, by the number of their batch.
    open: BTreeMap<u64, Case>,
}

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The batch must be run first.
    NoCase,
    Open,
    /// Nothing is to be done: L1 no longer holds that claim, whoever disproved it, or the claim is true.
    Settled,
}

impl Challenger {
    pub fn new(prover: Prover, rollup: Arc<Rollup>, transactions: Arc<TxManager>) -> Self {
        Self { prover, rollup, transactions, open: BTreeMap::new() }
    }

    /// Account that challenges.
    pub fn account(&self) -> Address {
        self.transactions.address()
    }

    /// What runs batches for disputes.
    pub const fn prover(&self) -> &Prover {
        &self.prover
    }

    /// Begins a dispute, or replaces what was known about it.
    pub fn take(&mut self, case: Case) {
        self.open.insert(case.record.number, case);
    }

    /// Forgets all disputes but those about these batches.
    pub fn keep(&mut self, is_kept: impl Fn(u64) -> bool) {
        self.open.retain(|number, _| is_kept(*number));
    }

    /// Does what is next against the claim about `batch`.
    pub async fn advance(&mut self, batch: &BatchRecord) -> Result<Standing, NodeError> {
        self.transactions.step().await?;
        let Some(claim) = self.claim(batch).await? else { return Ok(Standing::Settled) };
        if !self.may_challenge().await? {
            self.post_bond().await?;
            return Ok(Standing::Open);
        }
        let case = self.open.get_mut(&batch.number);
        let Some(case) = case.filter(|case| case.dispute.claim == claim && case.record == *batch) else {
            return Ok(Standing::NoCase);
        };
        let (id, proof) = match case.next_move(self.transactions.client(), &self.rollup).await? {
            None => return Ok(Standing::Settled),
            Some(NextMove::Wait { .. }) => return Ok(Standing::Open),
            Some(NextMove::Disprove { proof, .. }) => (String::new(), proof),
            Some(NextMove::Request { segment, proof }) => (format!("/request/{segment}"), proof),
            Some(NextMove::Timeout { segment, proof }) => (format!("/timeout/{segment}"), proof),
        };
        let id = format!("challenge/{}/{}{id}", batch.number, claim.output);
        let bytes = proof.len();
        let call = challengeStateRootCall { batchNumber: U256::from(batch.number), fraudProof: proof };
        match self.transactions.send_due(self.rollup.address, id.clone(), call.abi_encode()).await? {
            Sent::Now => tracing::warn!(id, bytes, "challenging a false claim"),
            Sent::UnderWay => {}
            Sent::Refused(reason) => {
                tracing::warn!(id, %reason, "L1 would refuse the challenge now");
                case.dispute.forget_revealed();
            }
        }
        Ok(Standing::Open)
    }

    /// The claim that L1 holds about the batch, if it is the one in the record and not final.
    async fn claim(&self, batch: &BatchRecord) -> Result<Option<Claim>, NodeError> {
        let (client, rollup, number) = (self.transactions.client(), self.rollup.address, U256::from(batch.number));
        let status = client.view(rollup, getBatchStatusCall { batchNumber: number }).await?;
        if !matches!(status, BatchStatus::Proposed | BatchStatus::Challenged) {
            return Ok(None);
        }
        let claim = claim_of(client, rollup, batch.number).await?;
        Ok(Some(claim).filter(|claim| claim.output == batch.claimed().hash()))
    }

    async fn may_challenge(&self) -> Result<bool, NodeError> {
        let account = self.account();
        if account == self.rollup.config.challenger {
            return Ok(true);
        }
        let call = ISequencerRegistry::hasBondCall { account };
        Ok(self.transactions.client().view(self.rollup.registry, call).await?)
    }

    async fn post_bond(&self) -> Result<(), NodeError> {
        let registry = self.rollup.registry;
        let id = format!("challenge-bond/{registry}");
        if self.transactions.status(&id).is_some_and(|status| !status.is_final()) {
            return Ok(());
        }
        let id = self.transactions.unused_id(id).await?;
        post_bond(&self.transactions, registry, id).await
    }
}
