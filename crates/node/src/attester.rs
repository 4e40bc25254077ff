//! Has enclaves sign claims about batches, so that a quorum of vendors makes them final sooner (`docs/tee.md`, "State roots").

use crate::NodeError;
use crate::ledger::Ledger;
use crate::prover::Prover;
use crate::rollup::{Rollup, to_u64};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use lux_chain::Chain;
use lux_l1::{Sent, TxManager, Wallet};
use lux_protocol::contracts::{BatchStatus, Claim, IRollupSettings, IRollupViews};
use lux_protocol::market::enclaves::{IAttestationEvidence, IEnclaveKeys, KeyStatus, vendor};
use lux_protocol::market::{AttestedResult, EvidenceKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Signs what this node ran itself, and nothing else: it takes nobody's word, L1's neither.
pub struct Attester {
    prover: Prover,
    ledger: Ledger,
    rollup: Arc<Rollup>,
    transactions: Arc<TxManager>,
    keys: Vec<Wallet>,
    /// Inputs and outputs of runs, by the number and the hash of their batch.
    ran: BTreeMap<(u64, B256), (B256, B256)>,
}

/// Where attestations of a rollup go.
struct Module {
    settings: Address,
    address: Address,
    registry: Address,
}

impl Attester {
    pub fn new(
        prover: Prover,
        chain: &Chain,
        rollup: Arc<Rollup>,
        transactions: Arc<TxManager>,
        keys: Vec<Wallet>,
    ) -> Self {
        let ledger = Ledger::new(chain.store().clone());
        Self { prover, ledger, rollup, transactions, keys, ran: BTreeMap::new() }
    }

    /// Signs what is claimed and not final, and sends it; `true` when it sent something.
    pub async fn step(&mut self) -> Result<bool, NodeError> {
        self.transactions.step().await?;
        let Some(module) = self.module().await? else { return Ok(false) };
        let l1 = self.transactions.client();
        let rollup = self.rollup.address;
        let first = to_u64(l1.view(rollup, IRollupViews::lastFinalizedCall {}).await?)? + 1;
        let last = to_u64(l1.view(rollup, IRollupViews::lastProposedCall {}).await?)?;
        self.ran.retain(|(number, _), _| *number >= first);
        let mut sent = false;
        for number in first..=last {
            sent |= self.attest(&module, number).await?;
        }
        Ok(sent)
    }

    /// `None` where attestations shorten nothing.
    async fn module(&self) -> Result<Option<Module>, NodeError> {
        let l1 = self.transactions.client();
        let settings = l1.view(self.rollup.address, IRollupViews::settingsCall {}).await?;
        let kind = EvidenceKind::Attestation as u8;
        let address = l1.view(settings, IRollupSettings::evidenceCall { kind }).await?;
        if address.is_zero() || l1.view(settings, IRollupSettings::attestedPeriodCall {}).await? == 0 {
            return Ok(None);
        }
        let registry = l1.view(address, IAttestationEvidence::keysCall {}).await?;
        Ok(Some(Module { settings, address, registry }))
    }

    async fn attest(&mut self, module: &Module, number: u64) -> Result<bool, NodeError> {
        let batch_number = U256::from(number);
        let Some(record) = self.ledger.batch(number)?.filter(|batch| batch.has_claim() && !batch.is_claim_false())
        else {
            return Ok(false);
        };
        let l1 = self.transactions.client().clone();
        let status =
            l1.view(self.rollup.address, IRollupViews::getBatchStatusCall { batchNumber: batch_number }).await?;
        if status != BatchStatus::Proposed {
            return Ok(false);
        }
        let claim =
            l1.view(module.settings, IRollupSettings::attestedClaimOfCall { batchNumber: batch_number }).await?;
        let id = B256::from(claim.claimedAt);
        let keys = self.missing(module, id).await?;
        if keys.is_empty() || !self.is_ours(number, record.batch_hash, &claim).await? {
            return Ok(false);
        }
        let statement = AttestedResult { taskId: id, program: claim.program, input: claim.input, output: claim.output };
        let digest = statement.digest(self.rollup.l1_chain_id, module.settings);
        let signed = keys.iter().map(|key| Ok(key.sign_hash(&digest)?.as_bytes().into()));
        let signatures = signed.collect::<Result<Vec<Bytes>, NodeError>>()?;
        let call = IRollupSettings::attestStateRootCall { batchNumber: batch_number, signatures };
        match self.transactions.send_due(module.settings, format!("attest/{number}/{id}"), call.abi_encode()).await? {
            Sent::Now => Ok(true),
            Sent::UnderWay => Ok(false),
            Sent::Refused(reason) => {
                tracing::debug!(batch = number, %reason, "L1 would refuse the attestation now");
                Ok(false)
            }
        }
    }

    /// Our keys of vendors that have not signed this claim, as far as they are usable.
    async fn missing(&self, module: &Module, id: B256) -> Result<Vec<Wallet>, NodeError> {
        let l1 = self.transactions.client();
        let call = IAttestationEvidence::attestedByCall { market: module.settings, taskId: id };
        let mut vendors = Vec::new();
        for key in l1.view(module.address, call).await?.keys {
            vendors.extend(self.usable_vendor(module, key).await?);
        }
        let mut missing = Vec::new();
        for wallet in &self.keys {
            let vendor = self.usable_vendor(module, wallet.address()).await?;
            if let Some(vendor) = vendor.filter(|vendor| !vendors.contains(vendor)) {
                vendors.push(vendor);
                missing.push(wallet.clone());
            }
        }
        Ok(missing)
    }

    async fn usable_vendor(&self, module: &Module, key: Address) -> Result<Option<u8>, NodeError> {
        let found = self.transactions.client().view(module.registry, IEnclaveKeys::statusOfCall { key }).await?;
        Ok((found.status == KeyStatus::Usable).then(|| vendor(found.kind)))
    }

    /// Whether the claim is about a run that this node made, with this node's input.
    async fn is_ours(&mut self, number: u64, hash: B256, claim: &Claim) -> Result<bool, NodeError> {
        if self.rollup.program != Some(claim.program) {
            return Ok(false);
        }
        let ran = match self.ran.get(&(number, hash)) {
            Some(ran) => *ran,
            None => {
                let batch = self.prover.batch(number).await?;
                if batch.record.batch_hash != hash {
                    return Ok(false);
                }
                let ran = (batch.witness.input, batch.witness.output.hash());
                self.ran.insert((number, hash), ran);
                ran
            }
        };
        let is_ours = ran == (claim.input, claim.output);
        if !is_ours {
            tracing::error!(batch = number, "L1 holds another claim about this batch than this node ran: not signed");
        }
        Ok(is_ours)
    }
}
