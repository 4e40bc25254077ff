//! Runs batches whose claimed output is right, to see whether the claimed trace is.

use crate::NodeError;
use crate::case::Case;
use crate::ledger::{BatchRecord, Ledger};
use crate::prover::Prover;
use crate::rollup::Rollup;
use crate::watcher::Claims;
use alloy_primitives::{Address, U256};
use lux_l1::L1Client;
use lux_protocol::contracts::IRollupDisputes::getBatchCall;
use std::collections::VecDeque;
use std::sync::Arc;

/// Goes through the claims that are not final, those with the nearest deadline first. Each takes a run of its batch, except
/// those of `own`, whose trace came from such a run.
pub struct Audits {
    ledger: Ledger,
    claims: Claims,
    prover: Prover,
    rollup: Arc<Rollup>,
    l1: L1Client,
    own: Option<Address>,
    /// Claims that could not be looked at.
    again: VecDeque<BatchRecord>,
}

impl Audits {
    pub fn new(ledger: Ledger, prover: Prover, rollup: Arc<Rollup>, l1: L1Client, own: Option<Address>) -> Self {
        let claims = Claims::new(ledger.clone());
        Self { ledger, claims, prover, rollup, l1, own, again: VecDeque::new() }
    }

    /// Puts a claim back.
    pub fn again(&mut self, batch: BatchRecord) {
        self.again.push_back(batch);
    }

    /// The next claim to look at.
    pub fn step(&mut self) -> Result<Option<BatchRecord>, NodeError> {
        loop {
            let next = match self.again.pop_front() {
                Some(batch) => Some(batch),
                None => self.claims.step()?,
            };
            let Some(batch) = next else { return Ok(None) };
            let is_open = batch.number > self.ledger.finalized_batch()?;
            // A wrong output is the watcher's, and takes what is built on it along.
            let is_right = !batch.is_claim_false() && !self.ledger.has_false_parent(batch.number)?;
            if is_open && is_right && self.ledger.batch(batch.number)?.as_ref() == Some(&batch) {
                return Ok(Some(batch));
            }
        }
    }

    /// Runs a batch; nothing for a claim of `own`.
    pub fn look(&self, number: u64) -> impl Future<Output = Result<Option<Case>, NodeError>> + Send + use<> {
        let (prover, l1, rollup, own) = (self.prover.clone(), self.l1.clone(), self.rollup.clone(), self.own);
        async move {
            let call = getBatchCall { batchNumber: U256::from(number) };
            if own.is_some() && own == Some(l1.view(rollup.address, call).await?.claimant) {
                return Ok(None);
            }
            prover.case(number).await.map(Some)
        }
    }
}
