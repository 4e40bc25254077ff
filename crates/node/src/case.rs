//! A claim on L1 beside the true run of its batch.

use crate::NodeError;
use crate::disproof::{ClaimedRun, Fault, fraud_proof, segment_move};
use crate::ledger::BatchRecord;
use crate::program::stf_program;
use crate::prover::{blocking, preimages, run_failed};
use crate::rollup::Rollup;
use crate::segments::{revealed_states, segment_of};
use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolValue;
use lux_l1::L1Client;
use lux_protocol::contracts::{Claim, Disproof, Move};
use lux_stf::program::BatchWitness;
use std::sync::Arc;

/// Everything that a dispute about a claim needs. It took a run to make: keep it while the dispute lasts.
pub struct Case {
    pub record: BatchRecord,
    /// As L1 holds it.
    pub claim: Claim,
    pub claimed: ClaimedRun,
    /// State after each chunk of the true run.
    states: Vec<B256>,
    witness: Arc<BatchWitness>,
    /// The last proof made, by its chunk.
    proof: Option<(usize, Bytes)>,
}

/// What a challenger does next. The proofs are arguments of `challengeStateRoot`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextMove {
    /// This ends the claim.
    Disprove { chunk: usize, proof: Bytes },
    /// The claimant has to reveal a segment first.
    Request { segment: usize, proof: Bytes },
    /// It is the claimant's turn until then, in seconds.
    Wait { segment: usize, deadline: u64 },
    /// The claimant did not answer in time: this ends the claim.
    Timeout { segment: usize, proof: Bytes },
}

impl Case {
    pub fn new(
        record: BatchRecord,
        claim: Claim,
        claimed: ClaimedRun,
        states: Vec<B256>,
        witness: BatchWitness,
    ) -> Self {
        Self { record, claim, claimed, states, witness: Arc::new(witness), proof: None }
    }

    /// What is wrong with the claim.
    pub fn fault(&self) -> Option<Fault> {
        self.claimed.fault(&self.states)
    }

    /// What is next in the dispute, as L1 stands; `None` when the claim is true in all its parts.
    pub async fn next_move(&mut self, l1: &L1Client, rollup: &Rollup) -> Result<Option<NextMove>, NodeError> {
        let chunk = match self.fault() {
            None => None,
            Some(Fault::Chunk(chunk)) => Some(chunk),
            Some(Fault::Segment(index)) => {
                let segment = segment_of(l1, rollup, &self.claim, index).await?;
                if segment.challenger.is_zero() {
                    let proof = segment_move(Move::RequestSegment, &self.claimed.trace, index);
                    return Ok(Some(NextMove::Request { segment: index, proof }));
                }
                if segment.root.is_zero() {
                    if l1.head().await?.timestamp <= segment.deadline {
                        return Ok(Some(NextMove::Wait { segment: index, deadline: segment.deadline }));
                    }
                    let proof = segment_move(Move::Timeout, &self.claimed.trace, index);
                    return Ok(Some(NextMove::Timeout { segment: index, proof }));
                }
                self.learn(l1, rollup, index, segment.root).await?
            }
        };
        let Some(chunk) = chunk else { return Ok(None) };
        let kept = self.proof.clone().filter(|(of, _)| *of == chunk);
        let (_, proof) = match kept {
            Some(kept) => kept,
            None => (chunk, fraud_proof(&self.disprove(chunk).await?)),
        };
        self.proof = Some((chunk, proof.clone()));
        Ok(Some(NextMove::Disprove { chunk, proof }))
    }

    /// Reads what the claimant revealed about a segment that is the fault, and tells which of its chunks is wrong.
    async fn learn(
        &mut self,
        l1: &L1Client,
        rollup: &Rollup,
        index: usize,
        root: B256,
    ) -> Result<Option<usize>, NodeError> {
        let number = self.record.number;
        let states = revealed_states(l1, rollup, number, index, root).await?;
        self.claimed.revealed.insert(index, states);
        match self.fault() {
            Some(Fault::Chunk(chunk)) => Ok(Some(chunk)),
            Some(Fault::Segment(_)) => Err(NodeError::Untrusted(format!("revealed states of batch {number}"))),
            None => Ok(None),
        }
    }

    /// A reorganisation of L1 may have replaced what the claimant revealed.
    pub fn forget_revealed(&mut self) {
        if !self.claimed.revealed.is_empty() {
            self.claimed.revealed.clear();
            self.proof = None;
        }
    }

    /// Runs a chunk that is the fault.
    async fn disprove(&self, chunk: usize) -> Result<Disproof, NodeError> {
        let (claimed, witness) = (self.claimed.clone(), self.witness.clone());
        blocking(move || {
            let mut host = preimages(&witness);
            claimed.disprove(stf_program(), witness.input, &mut host, chunk).map_err(run_failed)
        })
        .await
    }

    /// Argument of `revealTrace`: the true states inside a segment.
    pub fn answer(&self, segment: usize) -> Bytes {
        let chunks = self.claimed.trace.segment(segment);
        let inside = self.states.get(chunks.start..chunks.end.saturating_sub(1)).unwrap_or_default();
        (self.claimed.trace.opening(), Bytes::from(inside.concat())).abi_encode_params().into()
    }
}
