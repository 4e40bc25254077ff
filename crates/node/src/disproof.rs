//! Where a claimed run leaves the true one, and the proof of it.

use alloy_primitives::{B256, Bytes, U256};
use lux_executor::encode_proof;
use lux_machine::{Host, Program, RunError, Trace, halted_hash, prove_chunk};
use lux_protocol::contracts::Disproof;
use lux_protocol::{ClaimTrace, merkle_proof};

/// What a claim says about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedRun {
    pub trace: ClaimTrace,
    pub output: B256,
}

impl ClaimedRun {
    /// State after a chunk.
    fn end(&self, chunk: usize) -> B256 {
        self.trace.checkpoints.get(chunk).copied().unwrap_or_else(|| halted_hash(&self.output))
    }
}

/// The first chunk whose end the claim has wrong. Every chunk before starts and ends as claimed.
pub fn first_wrong_chunk(claimed: &ClaimedRun, run: &Trace) -> Option<usize> {
    let chunks = claimed.trace.chunks as usize;
    let wrong = |&chunk: &usize| {
        let ends = chunk + 1 == run.checkpoints.len();
        run.checkpoints.get(chunk) != Some(&claimed.end(chunk)) || ends && chunk + 1 < chunks
    };
    (0..chunks.min(run.checkpoints.len())).find(wrong)
}

/// The argument of `challengeStateRoot` against a chunk.
pub fn prove(
    program: &Program,
    input: B256,
    host: &mut dyn Host,
    claimed: &ClaimedRun,
    chunk: usize,
) -> Result<Disproof, RunError> {
    let execution = encode_proof(&prove_chunk(program, input, host, chunk as u64)?);
    let opening = |index: Option<usize>| {
        let Some(checkpoint) = index.and_then(|index| claimed.trace.checkpoints.get(index)) else {
            return (B256::ZERO, Bytes::new());
        };
        let path = merkle_proof(&claimed.trace.checkpoints, index.unwrap_or_default()).unwrap_or_default();
        (*checkpoint, path.concat().into())
    };
    let (before, before_path) = opening(chunk.checked_sub(1));
    let (after, after_path) = opening(Some(chunk));
    Ok(Disproof {
        chunk: U256::from(chunk),
        trace: claimed.trace.opening(),
        before,
        beforePath: before_path,
        after_: after,
        afterPath: after_path,
        execution,
    })
}
