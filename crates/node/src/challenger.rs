//! Disproves false claims on L1.

use crate::NodeError;
use crate::case::Case;
use crate::disproof::{Fault, fraud_proof, segment_move};
use crate::ledger::BatchRecord;
use crate::prover::Prover;
use crate::rollup::{Rollup, view};
use crate::segments::segment_of;
use crate::sending::{Sent, post_bond, send, unused_id};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use lux_l1::TxManager;
use lux_protocol::contracts::ILuxRollup::challengeStateRootCall;
use lux_protocol::contracts::IRollupViews::{claimOfCall, getBatchStatusCall};
use lux_protocol::contracts::{BatchStatus, ISequencerRegistry, Move};
use std::sync::Arc;

/// Sends challenges, with a bond where one is needed. What it needs after a restart is on L1 and in the transaction
/// journal; a run is made again.
pub struct Challenger {
    prover: Prover,
    rollup: Arc<Rollup>,
    transactions: Arc<TxManager>,
    /// The dispute under way.
    open: Option<Open>,
}

struct Open {
    case: Case,
    /// Proof of the chunk that is wrong, once it is known.
    proof: Option<Bytes>,
}

/// What comes next in a dispute.
enum Next {
    Send {
        id: String,
        proof: Bytes,
    },
    /// It is the claimant's turn.
    Wait,
    /// The claim is true in all its parts.
    Nothing,
}

impl Challenger {
    pub fn new(prover: Prover, rollup: Arc<Rollup>, transactions: Arc<TxManager>) -> Self {
        Self { prover, rollup, transactions, open: None }
    }

    /// Does what is next against the claim about `batch`. `true` once there is nothing to do: L1 no longer holds that claim,
    /// whoever disproved it.
    pub async fn step(&mut self, batch: &BatchRecord) -> Result<bool, NodeError> {
        self.transactions.step().await?;
        let number = U256::from(batch.number);
        let client = self.transactions.client().clone();
        let status = view(&client, self.rollup.address, getBatchStatusCall { batchNumber: number }).await?;
        if !matches!(status, BatchStatus::Proposed | BatchStatus::Challenged) {
            self.open = None;
            return Ok(true);
        }
        let claim = view(&client, self.rollup.address, claimOfCall { batchNumber: number }).await?;
        if claim.output != batch.claimed().hash() {
            self.open = None;
            return Ok(true);
        }
        if !self.may_challenge().await? {
            self.post_bond().await?;
            return Ok(false);
        }
        let kept = self.open.take().filter(|open| open.case.claim == claim && open.case.record == *batch);
        let mut open = match kept {
            Some(open) => open,
            None => Open { case: self.prover.case(batch.number).await?, proof: None },
        };
        let next = self.next(&mut open).await;
        let open = self.open.insert(open);
        match next? {
            Next::Nothing => {
                tracing::warn!(batch = batch.number, "the claim is true");
                self.open = None;
                Ok(true)
            }
            Next::Wait => Ok(false),
            Next::Send { id, proof } => {
                let bytes = proof.len();
                let data = challengeStateRootCall { batchNumber: number, fraudProof: proof }.abi_encode();
                match send(&self.transactions, self.rollup.address, id.clone(), data).await? {
                    Sent::Now => tracing::warn!(id, bytes, "challenging a false claim"),
                    Sent::UnderWay => {}
                    Sent::Refused(reason) => {
                        tracing::warn!(id, %reason, "L1 would refuse the challenge now");
                        // A reorganisation of L1 may have replaced what the claimant revealed.
                        if !open.case.claimed.revealed.is_empty() {
                            open.case.claimed.revealed.clear();
                            open.proof = None;
                        }
                    }
                }
                Ok(false)
            }
        }
    }

    async fn next(&self, open: &mut Open) -> Result<Next, NodeError> {
        let client = self.transactions.client();
        let (number, output) = (open.case.record.number, open.case.record.claimed().hash());
        let id = |step: &str| format!("challenge/{number}/{output}{step}");
        let chunk = match open.case.fault() {
            None => None,
            Some(Fault::Chunk(chunk)) => Some(chunk),
            Some(Fault::Segment(index)) => {
                let segment = segment_of(client, &self.rollup, &open.case.claim, index).await?;
                if segment.challenger.is_zero() {
                    let proof = segment_move(Move::RequestSegment, &open.case.claimed.trace, index);
                    return Ok(Next::Send { id: id(&format!("/request/{index}")), proof });
                }
                if segment.root.is_zero() {
                    if client.head().await?.timestamp <= segment.deadline {
                        return Ok(Next::Wait);
                    }
                    let proof = segment_move(Move::Timeout, &open.case.claimed.trace, index);
                    return Ok(Next::Send { id: id(&format!("/timeout/{index}")), proof });
                }
                open.case.learn(client, &self.rollup, index, segment.root).await?
            }
        };
        let Some(chunk) = chunk else { return Ok(Next::Nothing) };
        let proof = match open.proof.clone() {
            Some(proof) => proof,
            None => fraud_proof(&open.case.disprove(chunk).await?),
        };
        open.proof = Some(proof.clone());
        Ok(Next::Send { id: id(""), proof })
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
        let id = unused_id(&self.transactions, id).await?;
        post_bond(&self.transactions, registry, id).await
    }
}
