//! Disproves false claims on L1.

use crate::NodeError;
use crate::ledger::BatchRecord;
use crate::prover::Prover;
use crate::rollup::{Rollup, view};
use crate::sending::{refusal, unused_id};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_l1::{TxManager, TxRequest};
use lux_protocol::contracts::ILuxRollup::challengeStateRootCall;
use lux_protocol::contracts::{BatchStatus, Disproof, IRollupViews, ISequencerRegistry};
use std::sync::Arc;

/// Sends challenges, with a bond where one is needed. What it needs after a restart is on L1 and in the transaction
/// journal; a disproof is made again.
pub struct Challenger {
    prover: Prover,
    rollup: Arc<Rollup>,
    transactions: Arc<TxManager>,
    /// Call data of the challenge under way, by the hash and claim of its batch.
    ready: Option<(BatchRecord, Bytes)>,
}

impl Challenger {
    pub fn new(prover: Prover, rollup: Arc<Rollup>, transactions: Arc<TxManager>) -> Self {
        Self { prover, rollup, transactions, ready: None }
    }

    /// Does what is next against the claim about `batch`. `true` once L1 no longer holds that claim, whoever disproved it.
    pub async fn step(&mut self, batch: &BatchRecord) -> Result<bool, NodeError> {
        self.transactions.step().await?;
        let number = U256::from(batch.number);
        let client = self.transactions.client().clone();
        let status = view(&client, self.rollup.address, IRollupViews::getBatchStatusCall { batchNumber: number }).await?;
        if status != BatchStatus::Proposed {
            return Ok(true);
        }
        if !self.may_challenge().await? {
            self.post_bond().await?;
            return Ok(false);
        }
        let data = self.challenge(batch).await?;
        let id = format!("challenge/{}/{}", batch.number, batch.claimed().hash());
        if self.transactions.status(&id).is_some_and(|status| !status.is_final()) {
            return Ok(false);
        }
        if let Some(reason) = refusal(&self.transactions, self.rollup.address, &data).await? {
            tracing::warn!(batch = batch.number, %reason, "L1 would refuse the challenge now");
            return Ok(false);
        }
        let id = unused_id(&self.transactions, id).await?;
        tracing::warn!(batch = batch.number, bytes = data.len(), "challenging a false claim");
        self.transactions.submit(TxRequest::call(id, self.rollup.address, data)).await?;
        Ok(false)
    }

    async fn challenge(&mut self, batch: &BatchRecord) -> Result<Bytes, NodeError> {
        if let Some((record, data)) = &self.ready
            && record == batch
        {
            return Ok(data.clone());
        }
        let disproof = self.prover.disproof(batch.number).await?;
        let disproof = disproof.ok_or_else(|| NodeError::Untrusted(format!("L1's claim about {}", batch.number)))?;
        let call =
            challengeStateRootCall { batchNumber: U256::from(batch.number), fraudProof: fraud_proof(&disproof) };
        let data = Bytes::from(call.abi_encode());
        self.ready = Some((batch.clone(), data.clone()));
        Ok(data)
    }

    async fn may_challenge(&self) -> Result<bool, NodeError> {
        let account: Address = self.transactions.address();
        if account == self.rollup.config.challenger {
            return Ok(true);
        }
        let call = ISequencerRegistry::hasBondCall { account };
        view(self.transactions.client(), self.rollup.registry, call).await
    }

    async fn post_bond(&self) -> Result<(), NodeError> {
        let registry = self.rollup.registry;
        let id = format!("challenge-bond/{registry}");
        if self.transactions.status(&id).is_some_and(|status| !status.is_final()) {
            return Ok(());
        }
        let value = view(self.transactions.client(), registry, ISequencerRegistry::requiredBondCall {}).await?;
        let id = unused_id(&self.transactions, id).await?;
        let call = ISequencerRegistry::postBondCall {};
        self.transactions.submit(TxRequest { value, ..TxRequest::call(id, registry, call.abi_encode()) }).await?;
        Ok(())
    }
}

/// Argument of `challengeStateRoot` that ends a claim.
pub fn fraud_proof(disproof: &Disproof) -> Bytes {
    const DISPROVE: u8 = 0;
    (U256::from(DISPROVE), Bytes::from(disproof.abi_encode())).abi_encode_params().into()
}
