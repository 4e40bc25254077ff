//! Runs every claim about an attestation again, and disproves false ones.

use crate::NodeError;
use crate::program::quote_program;
use crate::quotes::{QuoteQuestion, quote_claimed, quote_claims, roots_of};
use crate::rollup::{Rollup, to_u64};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent};
use lux_dispute::{ClaimedRun, Dispute, Judge, NextMove, run_blocking};
use lux_l1::{TxManager, TxRequest};
use lux_protocol::ClaimTrace;
use lux_protocol::contracts::{Claim, IQuoteClaims};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Looks at all claims that can be challenged, and again at those that an L1 reorganisation replaced.
pub struct QuoteWatcher {
    rollup: Arc<Rollup>,
    transactions: Arc<TxManager>,
    contract: Option<Address>,
    /// Claims before this one cannot be challenged any more.
    first: u64,
    /// Open claims, with a dispute where they are false.
    seen: BTreeMap<u64, Seen>,
}

struct Seen {
    claim: Claim,
    dispute: Option<Dispute>,
}

impl QuoteWatcher {
    pub const fn new(rollup: Arc<Rollup>, transactions: Arc<TxManager>) -> Self {
        Self { rollup, transactions, contract: None, first: 1, seen: BTreeMap::new() }
    }

    /// Numbers of the claims in dispute.
    pub fn disputed(&self) -> impl Iterator<Item = u64> {
        self.seen.iter().filter(|(_, seen)| seen.dispute.is_some()).map(|(id, _)| *id)
    }

    /// Looks at the open claims, and does what is next against those that are false.
    pub async fn step(&mut self) -> Result<(), NodeError> {
        self.transactions.step().await?;
        let l1 = self.transactions.client().clone();
        let contract = quote_claims(&l1, self.rollup.address).await?;
        if contract != self.contract {
            (self.contract, self.first) = (contract, 1);
            self.seen.clear();
        }
        let Some(contract) = contract else { return Ok(()) };
        let count = to_u64(l1.view(contract, IQuoteClaims::claimCountCall {}).await?)?;
        for id in self.first..=count {
            self.look(contract, id).await?;
        }
        Ok(())
    }

    async fn look(&mut self, contract: Address, id: u64) -> Result<(), NodeError> {
        let l1 = self.transactions.client().clone();
        let made = l1.view(contract, IQuoteClaims::getClaimCall { id: U256::from(id) }).await?;
        if made.isDisproved || !self.is_open(contract, id).await? {
            self.seen.remove(&id);
            if self.first == id {
                self.first += 1;
            }
            return Ok(());
        }
        let claim = l1.view(contract, IQuoteClaims::evidenceClaimCall { id: U256::from(id) }).await?;
        if self.seen.get(&id).is_none_or(|seen| seen.claim != claim) {
            let dispute = self.judge_claim(contract, id, claim.clone()).await?;
            if dispute.is_some() {
                tracing::error!(claim = id, "a claim about an attestation is false");
            }
            self.seen.insert(id, Seen { claim, dispute });
        }
        self.advance(contract, id).await
    }

    async fn is_open(&self, contract: Address, id: u64) -> Result<bool, NodeError> {
        let l1 = self.transactions.client();
        let until = l1.view(contract, IQuoteClaims::openUntilCall { id: U256::from(id) }).await?;
        Ok(until > U256::from(l1.head().await?.timestamp))
    }

    /// The dispute about a claim, if anything in it is false.
    async fn judge_claim(&self, contract: Address, id: u64, claim: Claim) -> Result<Option<Dispute>, NodeError> {
        let l1 = self.transactions.client();
        let event = quote_claimed(l1, self.rollup.address, self.rollup.genesis_l1_block, id).await?;
        let question = QuoteQuestion {
            time: to_u64(event.time)?,
            attestation: event.attestation,
            collateral: event.collateral,
            roots: roots_of(l1, self.rollup.address, contract).await?,
        };
        let run = run_blocking(move || question.run()).await?;
        let trace = ClaimTrace::decode(&event.trace).ok().filter(|trace| trace.commitment() == claim.trace);
        let (Some(trace), true) = (trace, run.input == claim.input) else {
            return Err(NodeError::Untrusted(format!("data of claim {id} of {contract}")));
        };
        let claimed = ClaimedRun::new(trace, claim.output);
        let dispute = Dispute::new(quote_program(), claim, claimed, run.trace.checkpoints, Arc::new(run.preimages));
        Ok(dispute.fault().is_some().then_some(dispute))
    }

    async fn advance(&mut self, contract: Address, id: u64) -> Result<(), NodeError> {
        let l1 = self.transactions.client().clone();
        let Some(dispute) = self.seen.get_mut(&id).and_then(|seen| seen.dispute.as_mut()) else { return Ok(()) };
        let judge = Judge {
            chain: l1.clone(),
            module: l1.view(contract, IQuoteClaims::faultProofCall {}).await?,
            holder: contract,
            revealed_event: IQuoteClaims::QuoteTraceRevealed::SIGNATURE_HASH,
            subject: U256::from(id).into(),
            first_block: self.rollup.genesis_l1_block,
        };
        let (name, proof, value) = match dispute.next_move(&judge).await? {
            None | Some(NextMove::Wait { .. }) => return Ok(()),
            Some(NextMove::Disprove { proof, .. }) => ("disprove".to_owned(), proof, U256::ZERO),
            Some(NextMove::Timeout { segment, proof }) => (format!("timeout/{segment}"), proof, U256::ZERO),
            Some(NextMove::Request { segment, proof }) => {
                let bond = l1.view(contract, IQuoteClaims::bondCall {}).await?;
                (format!("request/{segment}"), proof, bond)
            }
        };
        self.send(contract, id, &name, proof, value).await
    }

    async fn send(&self, contract: Address, id: u64, name: &str, proof: Bytes, value: U256) -> Result<(), NodeError> {
        let call = IQuoteClaims::challengeCall { id: U256::from(id), proof }.abi_encode();
        let name = format!("quote/{contract}/{id}/{name}");
        if self.transactions.status(&name).is_some_and(|status| !status.is_final()) {
            return Ok(());
        }
        let request = TxRequest { value, ..TxRequest::call(self.transactions.unused_id(name).await?, contract, call) };
        self.transactions.submit(request).await?;
        Ok(())
    }
}
