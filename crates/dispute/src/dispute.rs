//! A claim beside the true run of what it is about.

use crate::claimed_run::{ClaimedRun, Fault, fraud_proof, segment_move};
use crate::{DisputeError, Judge};
use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolValue;
use lux_machine::Program;
use lux_protocol::contracts::{Claim, Disproof, Move};
use std::collections::HashMap;
use std::sync::Arc;

/// Everything that a dispute about a claim needs. It took a run to make: keep it while the dispute lasts.
pub struct Dispute {
    pub claim: Claim,
    pub claimed: ClaimedRun,
    program: &'static Program,
    preimages: Arc<HashMap<B256, Bytes>>,
    /// State after each chunk of the true run.
    states: Vec<B256>,
    /// The last proof made, by its chunk.
    proof: Option<(usize, Bytes)>,
}

/// What a challenger does next. The proofs are what the module takes.
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

impl Dispute {
    /// `states` come from a run of the program on the claim's input, with these preimages.
    pub const fn new(
        program: &'static Program,
        claim: Claim,
        claimed: ClaimedRun,
        states: Vec<B256>,
        preimages: Arc<HashMap<B256, Bytes>>,
    ) -> Self {
        Self { claim, claimed, program, preimages, states, proof: None }
    }

    /// What is wrong with the claim.
    pub fn fault(&self) -> Option<Fault> {
        self.claimed.fault(&self.states)
    }

    /// What is next in the dispute, as the chain stands; `None` when the claim is true in all its parts.
    pub async fn next_move(&mut self, judge: &Judge) -> Result<Option<NextMove>, DisputeError> {
        let chunk = match self.fault() {
            None => None,
            Some(Fault::Chunk(chunk)) => Some(chunk),
            Some(Fault::Segment(index)) => {
                let segment = judge.segment(&self.claim, index).await?;
                if segment.challenger.is_zero() {
                    let proof = segment_move(Move::RequestSegment, &self.claimed.trace, index);
                    return Ok(Some(NextMove::Request { segment: index, proof }));
                }
                if segment.root.is_zero() {
                    if judge.chain.head().await?.timestamp <= segment.deadline {
                        return Ok(Some(NextMove::Wait { segment: index, deadline: segment.deadline }));
                    }
                    let proof = segment_move(Move::Timeout, &self.claimed.trace, index);
                    return Ok(Some(NextMove::Timeout { segment: index, proof }));
                }
                let states = judge.revealed_states(index, segment.root).await?;
                self.learn(index, states)?
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

    /// Takes what the claimant revealed about a segment that is the fault, and tells which of its chunks is wrong.
    fn learn(&mut self, index: usize, states: Vec<B256>) -> Result<Option<usize>, DisputeError> {
        self.claimed.revealed.insert(index, states);
        match self.fault() {
            Some(Fault::Chunk(chunk)) => Ok(Some(chunk)),
            Some(Fault::Segment(_)) => Err(DisputeError::Untrusted(format!("revealed states of segment {index}"))),
            None => Ok(None),
        }
    }

    /// A reorganisation may have replaced what the claimant revealed.
    pub fn forget_revealed(&mut self) {
        if !self.claimed.revealed.is_empty() {
            self.claimed.revealed.clear();
            self.proof = None;
        }
    }

    /// Runs a chunk that is the fault.
    async fn disprove(&self, chunk: usize) -> Result<Disproof, DisputeError> {
        let (claimed, program, input) = (self.claimed.clone(), self.program, self.claim.input);
        let mut host = self.preimages.clone();
        run_blocking(move || Ok(claimed.disprove(program, input, &mut host, chunk)?)).await
    }

    /// Argument of `revealTrace`: the true states inside a segment.
    pub fn answer(&self, segment: usize) -> Bytes {
        let chunks = self.claimed.trace.segment(segment);
        let inside = self.states.get(chunks.start..chunks.end.saturating_sub(1)).unwrap_or_default();
        (self.claimed.trace.opening(), Bytes::from(inside.concat())).abi_encode_params().into()
    }
}

/// Does work that takes long on a thread of its own.
pub async fn run_blocking<T: Send + 'static, E: From<DisputeError> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(DisputeError::Stopped(error.to_string()).into()))
}
