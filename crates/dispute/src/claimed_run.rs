//! Where a claimed run leaves the true one, and the proof of it.

use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolValue;
use lux_executor::encode_proof;
use lux_machine::{Host, Program, RunError, halted_hash, prove_chunk};
use lux_protocol::contracts::{Disproof, Move};
use lux_protocol::{ClaimTrace, merkle_proof};
use std::collections::BTreeMap;

/// What a claim says about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedRun {
    pub trace: ClaimTrace,
    pub output: B256,
    /// All states inside the segments that the claimant revealed, by their index.
    pub revealed: BTreeMap<usize, Vec<B256>>,
}

/// What a challenge against a false claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This chunk starts as claimed and ends otherwise.
    Chunk(usize),
    /// So does this segment, but what is claimed inside is unknown.
    Segment(usize),
}

impl ClaimedRun {
    pub const fn new(trace: ClaimTrace, output: B256) -> Self {
        Self { trace, output, revealed: BTreeMap::new() }
    }

    fn chunks(&self) -> usize {
        self.trace.chunks as usize
    }

    /// The leaves that L1 looks the state after `number` chunks up in, and where.
    fn leaf(&self, number: usize) -> Option<(&[B256], usize)> {
        let stride = self.trace.stride as usize;
        match number % stride {
            0 => Some((&self.trace.checkpoints, (number / stride).checked_sub(1)?)),
            inside => Some((self.revealed.get(&(number / stride))?, inside - 1)),
        }
    }

    /// State after `number` chunks, where the claim says one.
    fn state(&self, number: usize) -> Option<B256> {
        if number == self.chunks() {
            return Some(halted_hash(&self.output));
        }
        let (leaves, index) = self.leaf(number)?;
        leaves.get(index).copied()
    }

    /// Whether the run with these states is as claimed after `number` chunks, and goes on if the claim does.
    fn is_right(&self, number: usize, states: &[B256]) -> bool {
        let Some(last) = number.checked_sub(1) else { return true };
        let goes_on = number < states.len() || number >= self.chunks();
        goes_on && states.get(last).is_some_and(|state| self.state(number) == Some(*state))
    }

    /// What is wrong with the claim about a run with these states after its chunks: a chunk that can be proven wrong now if there
    /// is one, else the first segment to ask for.
    pub fn fault(&self, states: &[B256]) -> Option<Fault> {
        let mut unknown = None;
        for index in 0..self.trace.segments() {
            let segment = self.trace.segment(index);
            // Only from a true state does the true run show what follows.
            if segment.start >= states.len() || !self.is_right(segment.start, states) {
                continue;
            }
            let is_open = segment.len() > 1 && !self.revealed.contains_key(&index);
            if !is_open {
                let mut chunks = segment.start..segment.end.min(states.len());
                if let Some(chunk) = chunks.find(|chunk| !self.is_right(chunk + 1, states)) {
                    return Some(Fault::Chunk(chunk));
                }
            } else if unknown.is_none() && !self.is_right(segment.end, states) {
                unknown = Some(Fault::Segment(index));
            }
        }
        unknown
    }

    /// A claimed state with its Merkle path; empty where L1 needs none.
    fn opening(&self, number: usize) -> (B256, Bytes) {
        let leaf = self.leaf(number).filter(|_| number != self.chunks());
        let opened = leaf.and_then(|(leaves, index)| Some((*leaves.get(index)?, merkle_proof(leaves, index)?)));
        opened.map_or((B256::ZERO, Bytes::new()), |(state, path)| (state, path.concat().into()))
    }

    /// The disproof by a chunk that [`ClaimedRun::fault`] found.
    pub fn disprove(
        &self,
        program: &Program,
        input: B256,
        host: &mut dyn Host,
        chunk: usize,
    ) -> Result<Disproof, RunError> {
        let execution = encode_proof(&prove_chunk(program, input, host, chunk as u64)?);
        let (before, before_path) = self.opening(chunk);
        let (after, after_path) = self.opening(chunk + 1);
        Ok(Disproof {
            chunk: U256::from(chunk),
            trace: self.trace.opening(),
            before,
            beforePath: before_path,
            after_: after,
            afterPath: after_path,
            execution,
        })
    }
}

/// Argument of `challengeStateRoot` that ends a claim.
pub fn fraud_proof(disproof: &Disproof) -> Bytes {
    encode_move(Move::Disprove, disproof.abi_encode())
}

/// Argument of `challengeStateRoot` that asks for a segment, or says that nobody answered.
pub fn segment_move(kind: Move, trace: &ClaimTrace, segment: usize) -> Bytes {
    encode_move(kind, (trace.opening(), U256::from(segment)).abi_encode_params())
}

fn encode_move(kind: Move, body: Vec<u8>) -> Bytes {
    (U256::from(kind as u8), Bytes::from(body)).abi_encode_params().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lux_protocol::{merkle_root, verify_merkle_proof};

    const OUTPUT: B256 = B256::repeat_byte(0x0f);
    const LIE: B256 = B256::repeat_byte(0x66);

    /// States of a run of so many chunks.
    fn states(chunks: usize) -> Vec<B256> {
        let inner = (1..chunks).map(|number| B256::from(U256::from(number)));
        inner.chain([halted_hash(&OUTPUT)]).collect()
    }

    /// A claim about a run in which the claimant says these states, the last of which belongs to `output`.
    fn claim(claimed: &[B256], stride: usize, output: B256) -> ClaimedRun {
        ClaimedRun::new(ClaimTrace::with_stride(claimed, stride), output)
    }

    /// Searches as a challenger does, with a claimant who reveals `claimed`, and checks every step. Returns the chunk.
    fn search(run: &mut ClaimedRun, claimed: &[B256], truth: &[B256]) -> Option<usize> {
        for _ in 0..2 {
            match run.fault(truth)? {
                Fault::Chunk(chunk) => {
                    check_chunk(run, truth, chunk);
                    return Some(chunk);
                }
                Fault::Segment(index) => {
                    let segment = run.trace.segment(index);
                    assert!(segment.len() > 1 && !run.revealed.contains_key(&index), "nothing to ask for");
                    let inside = claimed[segment.start..segment.end - 1].to_vec();
                    run.revealed.insert(index, inside);
                }
            }
        }
        panic!("a revealed segment has no wrong chunk");
    }

    /// What L1 checks about a disproof.
    fn check_chunk(run: &ClaimedRun, truth: &[B256], chunk: usize) {
        let stride = run.trace.stride as usize;
        let chunks = run.chunks();
        assert!(chunk < chunks && chunk < truth.len());
        for number in [chunk, chunk + 1] {
            let (state, path) = run.opening(number);
            if number == 0 || number == chunks {
                assert!(path.is_empty());
                continue;
            }
            let (segment, inside) = (number / stride, number % stride);
            let (leaves, index) =
                if inside == 0 { (&run.trace.checkpoints, segment - 1) } else { (&run.revealed[&segment], inside - 1) };
            let siblings: Vec<B256> = path.chunks(32).map(B256::from_slice).collect();
            assert!(verify_merkle_proof(merkle_root(leaves), state, index, &siblings));
            assert_eq!(1 << siblings.len(), leaves.len().next_power_of_two());
        }
        if chunk > 0 {
            assert_eq!(run.opening(chunk).0, truth[chunk - 1], "starts where the run does");
        }
        let is_last = chunk + 1 == chunks;
        let end = if is_last { halted_hash(&run.output) } else { run.opening(chunk + 1).0 };
        let halts = chunk + 1 == truth.len();
        assert!(end != truth[chunk] || halts && !is_last, "the chunk is wrong");
    }

    const LENGTHS: [usize; 8] = [1, 2, 3, 4, 7, 8, 9, 13];
    const STRIDES: [usize; 7] = [1, 2, 3, 4, 5, 8, 20];

    #[test]
    fn true_claims_have_no_fault() {
        for chunks in LENGTHS {
            for stride in STRIDES {
                let truth = states(chunks);
                let mut run = claim(&truth, stride, OUTPUT);
                assert_eq!(run.fault(&truth), None);
                for index in 0..run.trace.segments() {
                    let segment = run.trace.segment(index);
                    run.revealed.insert(index, truth[segment.start..segment.end - 1].to_vec());
                }
                assert_eq!(run.fault(&truth), None, "with everything revealed");
            }
        }
    }

    #[test]
    fn lies_from_any_state_on_are_found_at_that_state() {
        for chunks in LENGTHS {
            for stride in STRIDES {
                for at in 0..chunks {
                    let truth = states(chunks);
                    let mut claimed = truth.clone();
                    claimed[at..].fill(LIE);
                    let mut run = claim(&claimed, stride, LIE);
                    assert_eq!(search(&mut run, &claimed, &truth), Some(at), "{chunks}, {stride}");
                    assert!(run.revealed.len() <= 1);
                }
            }
        }
    }

    #[test]
    fn single_wrong_checkpoints_are_found() {
        for chunks in LENGTHS {
            for stride in STRIDES {
                for at in (stride..chunks).step_by(stride) {
                    let truth = states(chunks);
                    let mut claimed = truth.clone();
                    claimed[at - 1] = LIE;
                    let mut run = claim(&claimed, stride, OUTPUT);
                    // The lie is the end of one chunk and the start of the next; only its end can be shown.
                    assert_eq!(search(&mut run, &claimed, &truth), Some(at - 1), "{chunks}, {stride}");
                }
            }
        }
    }

    #[test]
    fn claimant_may_lie_differently_when_asked() {
        for stride in [2, 3, 4, 8] {
            for at in 0..stride - 1 {
                let truth = states(16);
                let mut run = claim(&truth, stride, LIE);
                // A wrong output: the last segment is asked for, and what is revealed is wrong earlier or not at all.
                let Some(Fault::Segment(index)) = run.fault(&truth) else {
                    assert_eq!(stride, 3, "one chunk in the last segment needs no question");
                    continue;
                };
                let segment = run.trace.segment(index);
                let mut inside = truth[segment.start..segment.end - 1].to_vec();
                run.revealed.insert(index, inside.clone());
                assert_eq!(search(&mut run, &truth, &truth), Some(15));
                inside[at..].fill(LIE);
                run.revealed.insert(index, inside);
                assert_eq!(search(&mut run, &truth, &truth), Some(segment.start + at));
            }
        }
    }

    #[test]
    fn wrong_lengths_are_found() {
        for (real, said) in [(1, 2), (2, 1), (4, 5), (5, 4), (4, 9), (9, 4), (8, 16), (16, 8), (13, 7), (7, 13)] {
            for stride in STRIDES {
                for last in [halted_hash(&OUTPUT), LIE] {
                    let truth = states(real);
                    let mut claimed = truth.clone();
                    claimed.resize(said, last);
                    let mut run = claim(&claimed, stride, OUTPUT);
                    let found = search(&mut run, &claimed, &truth);
                    assert_eq!(found, Some(real.min(said) - 1), "{real} chunks, {said} claimed, stride {stride}");
                }
            }
        }
    }

    #[test]
    fn chunk_that_can_be_shown_comes_before_a_question() {
        let truth = states(9);
        let mut claimed = truth.clone();
        // A lie at the end of the first segment, after which the claim returns to the truth, and a wrong output of a last
        // chunk that is a segment by itself.
        claimed[3] = LIE;
        let run = claim(&claimed, 4, LIE);
        assert_eq!(run.trace.segment(2), 8..9);
        assert_eq!(run.fault(&truth), Some(Fault::Chunk(8)));
        assert_eq!(claim(&claimed, 4, OUTPUT).fault(&truth), Some(Fault::Segment(0)));
    }

    #[test]
    fn absurd_traces_are_searched_quickly() {
        let truth = states(5);
        let trace = ClaimTrace { chunks: u32::MAX, stride: u32::MAX, checkpoints: Vec::new() };
        assert_eq!(ClaimedRun::new(trace, OUTPUT).fault(&truth), Some(Fault::Segment(0)));
        let trace = ClaimTrace { chunks: 1, stride: u32::MAX, checkpoints: Vec::new() };
        assert_eq!(ClaimedRun::new(trace, OUTPUT).fault(&truth), Some(Fault::Chunk(0)));
    }
}
