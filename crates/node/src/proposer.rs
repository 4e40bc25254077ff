//! Claims state roots of batches without a claim, answers for them, and finalises what nobody disproved.

use crate::NodeError;
use crate::claimant::Claimant;
use crate::ledger::{BatchRecord, Ledger};
use crate::program::require_known;
use crate::prover::Prover;
use crate::rollup::{Rollup, to_u64};

use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_chain::Chain;
use lux_l1::{Sent, TxManager};
use lux_protocol::contracts::ILuxRollup::{finalizeStateRootCall, proposeStateRootCall};
use lux_protocol::contracts::IRollupViews;
use std::sync::Arc;

/// Proposes and finalises.
pub struct Proposer {
    ledger: Ledger,
    rollup: Arc<Rollup>,
    transactions: Arc<TxManager>,
    prover: Prover,
    claimant: Claimant,
    /// The last evidence made, by the hash of its batch.
    evidence: Option<(B256, Bytes)>,
    /// Batch that cannot be claimed, by its hash.
    given_up: Option<B256>,
}

impl Proposer {
    pub fn new(prover: Prover, chain: &Chain, rollup: Arc<Rollup>, transactions: Arc<TxManager>) -> Self {
        let ledger = Ledger::new(chain.store().clone());
        let claimant = Claimant::new(prover.clone(), rollup.clone(), transactions.clone());
        // Claims have no deadline, unlike answers.
        let prover = prover.patient();
        Self { ledger, rollup, transactions, prover, claimant, evidence: None, given_up: None }
    }

    /// Sends what is due; `true` when something was.
    pub async fn step(&mut self) -> Result<bool, NodeError> {
        self.transactions.step().await?;
        // An answer has a deadline; nothing else here has. What goes wrong with it does not stop the rest.
        let answered = self.claimant.step().await;
        let sent = self.propose().await? | self.finalize().await?;
        Ok(answered? | sent)
    }

    async fn number(&self, call: impl SolCall<Return = U256>) -> Result<u64, NodeError> {
        to_u64(self.transactions.client().view(self.rollup.address, call).await?)
    }

    async fn propose(&mut self) -> Result<bool, NodeError> {
        let next = self.number(IRollupViews::lastProposedCall {}).await? + 1;
        let Some(batch) = self.ledger.batch(next)? else { return Ok(false) };
        if batch.has_claim() || self.given_up == Some(batch.batch_hash) {
            return Ok(false);
        }
        let output = batch.output();
        let evidence = match self.evidence(&batch).await {
            Err(NodeError::Unprovable(reason)) => {
                // Trying again gives the same; the other roles of this node must not stop for it.
                tracing::error!(batch = next, reason, "this batch cannot be claimed: withdrawals wait until it can");
                self.given_up = Some(batch.batch_hash);
                return Ok(false);
            }
            other => other?,
        };
        let proof = (output.transaction_root, output.receipt_root, evidence).abi_encode_params();
        let call =
            proposeStateRootCall { batchNumber: U256::from(next), stateRoot: output.state_root, proof: proof.into() };
        self.send(format!("propose/{next}/{}", batch.batch_hash), call.abi_encode()).await
    }

    /// The trace of the batch's run, where claims can be disproved.
    async fn evidence(&mut self, batch: &BatchRecord) -> Result<Bytes, NodeError> {
        let Some(program) = self.rollup.program else { return Ok(Bytes::new()) };
        if let Some((hash, evidence)) = &self.evidence
            && *hash == batch.batch_hash
        {
            return Ok(evidence.clone());
        }
        require_known(program)?;
        let evidence = self.prover.evidence(batch.number).await?;
        self.evidence = Some((batch.batch_hash, evidence.clone()));
        Ok(evidence)
    }

    async fn finalize(&self) -> Result<bool, NodeError> {
        let next = self.number(IRollupViews::lastFinalizedCall {}).await? + 1;
        let Some(batch) = self.ledger.batch(next)? else { return Ok(false) };
        if batch.is_claim_false() {
            return Ok(false);
        }
        let call = finalizeStateRootCall { batchNumber: U256::from(next) };
        self.send(format!("finalize/{next}/{}", batch.batch_hash), call.abi_encode()).await
    }

    /// Sends the call unless it would revert now (not due yet, or somebody else was first).
    async fn send(&self, id: String, data: Vec<u8>) -> Result<bool, NodeError> {
        match self.transactions.send_due(self.rollup.address, id.clone(), data).await? {
            Sent::Now => Ok(true),
            Sent::UnderWay => Ok(false),
            Sent::Refused(reason) => {
                tracing::trace!(id, %reason, "not due");
                Ok(false)
            }
        }
    }
}
