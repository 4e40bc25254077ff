//! Claims state roots of batches without a claim, and finalises what nobody disproved.

use crate::NodeError;
use crate::ledger::Ledger;
use crate::rollup::{Rollup, to_u64, view};
use crate::sending::{refusal, unused_id};
use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolValue};
use lux_chain::Chain;
use lux_l1::{TxManager, TxRequest};
use lux_protocol::contracts::ILuxRollup::{finalizeStateRootCall, proposeStateRootCall};
use lux_protocol::contracts::IRollupViews;
use std::sync::Arc;

/// Proposes and finalises.
pub struct Proposer {
    ledger: Ledger,
    rollup: Arc<Rollup>,
    transactions: Arc<TxManager>,
}

impl Proposer {
    pub fn new(chain: &Chain, rollup: Arc<Rollup>, transactions: Arc<TxManager>) -> Self {
        Self { ledger: Ledger::new(chain.store().clone()), rollup, transactions }
    }

    /// Sends what is due; `true` when something was.
    pub async fn step(&self) -> Result<bool, NodeError> {
        self.transactions.step().await?;
        Ok(self.propose().await? | self.finalize().await?)
    }

    async fn number(&self, call: impl SolCall<Return = U256>) -> Result<u64, NodeError> {
        to_u64(view(self.transactions.client(), self.rollup.address, call).await?)
    }

    async fn propose(&self) -> Result<bool, NodeError> {
        let next = self.number(IRollupViews::lastProposedCall {}).await? + 1;
        let Some(batch) = self.ledger.batch(next)? else { return Ok(false) };
        if !batch.claimed_state_root.is_zero() {
            return Ok(false);
        }
        let output = batch.output();
        let evidence = alloy_primitives::Bytes::new();
        let proof = (output.transaction_root, output.receipt_root, evidence).abi_encode_params();
        let call =
            proposeStateRootCall { batchNumber: U256::from(next), stateRoot: output.state_root, proof: proof.into() };
        self.send(format!("propose/{next}/{}", batch.batch_hash), call.abi_encode()).await
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
        if self.transactions.status(&id).is_some_and(|status| !status.is_final()) {
            return Ok(false);
        }
        if let Some(reason) = refusal(&self.transactions, self.rollup.address, &data).await? {
            tracing::trace!(id, %reason, "not due");
            return Ok(false);
        }
        let id = unused_id(&self.transactions, id).await?;
        self.transactions.submit(TxRequest::call(id, self.rollup.address, data)).await?;
        Ok(true)
    }
}
