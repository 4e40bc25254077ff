//! Traces: the states that a claim says a program run goes through (`docs/protocol.md`, "Header and claim").

use crate::contracts::TraceOpening;
use crate::merkle_root;
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use core::ops::Range;

/// Some of the states between the chunks of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimTrace {
    /// Chunks of the run, at least one.
    pub chunks: u32,
    /// Chunks between two checkpoints, at least one.
    pub stride: u32,
    /// States after every `stride` chunks, without the last one of the run.
    pub checkpoints: Vec<B256>,
}

/// Why bytes are no trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    #[error("a trace of {0} bytes is neither empty nor eight bytes and whole checkpoints")]
    Length(usize),
    #[error("a trace of {chunks} chunks with a checkpoint every {stride} cannot have {checkpoints} of them")]
    Count { chunks: u32, stride: u32, checkpoints: usize },
}

impl ClaimTrace {
    /// The trace of a run with these states after its chunks, the last one included: all of them if they are at most
    /// `max_checkpoints` (L1 takes [`MAX_CHECKPOINTS`](crate::constants::MAX_CHECKPOINTS)), else as many as are.
    pub fn of_run(states: &[B256], max_checkpoints: usize) -> Self {
        let inner = states.len().saturating_sub(1);
        Self::with_stride(states, inner.div_ceil(max_checkpoints.max(1)))
    }

    /// The trace of such a run with a checkpoint after every `stride` chunks.
    pub fn with_stride(states: &[B256], stride: usize) -> Self {
        let (chunks, stride) = (states.len().max(1), stride.max(1));
        let count = (chunks - 1) / stride;
        let checkpoints = (1..=count).filter_map(|index| states.get(index * stride - 1).copied()).collect();
        Self { chunks: chunks as u32, stride: stride as u32, checkpoints }
    }

    /// How many segments the run has: stretches that end with a checkpoint or with the run.
    pub const fn segments(&self) -> usize {
        self.checkpoints.len() + 1
    }

    /// Numbers of the chunks of a segment; none where there is no such segment.
    pub fn segment(&self, index: usize) -> Range<usize> {
        let (chunks, stride) = (self.chunks as usize, self.stride as usize);
        let start = index.saturating_mul(stride).min(chunks);
        start..start.saturating_add(stride).min(chunks)
    }

    pub fn encode(&self) -> Bytes {
        if self.chunks == 1 && self.stride == 1 {
            return Bytes::new();
        }
        let mut out = Vec::with_capacity(8 + 32 * self.checkpoints.len());
        out.extend_from_slice(&self.chunks.to_be_bytes());
        out.extend_from_slice(&self.stride.to_be_bytes());
        self.checkpoints.iter().for_each(|checkpoint| out.extend_from_slice(checkpoint.as_slice()));
        out.into()
    }

    /// Reads what L1 accepts.
    pub fn decode(bytes: &[u8]) -> Result<Self, TraceError> {
        if bytes.is_empty() {
            return Ok(Self { chunks: 1, stride: 1, checkpoints: Vec::new() });
        }
        let (head, rest) = bytes.split_first_chunk::<8>().ok_or(TraceError::Length(bytes.len()))?;
        let (words, []) = rest.as_chunks::<32>() else { return Err(TraceError::Length(bytes.len())) };
        let head = u64::from_be_bytes(*head);
        let (chunks, stride) = ((head >> 32) as u32, head as u32);
        let checkpoints: Vec<B256> = words.iter().map(B256::from).collect();
        if chunks == 0 || stride == 0 || checkpoints.len() != ((chunks - 1) / stride) as usize {
            return Err(TraceError::Count { chunks, stride, checkpoints: checkpoints.len() });
        }
        Ok(Self { chunks, stride, checkpoints })
    }

    /// What the commitment is of.
    pub fn opening(&self) -> TraceOpening {
        TraceOpening {
            chunks: U256::from(self.chunks),
            stride: U256::from(self.stride),
            root: merkle_root(&self.checkpoints),
        }
    }

    /// What L1 keeps of it.
    pub fn commitment(&self) -> B256 {
        keccak256(self.opening().abi_encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constants::MAX_CHECKPOINTS;

    fn states(count: usize) -> Vec<B256> {
        (0..count).map(|index| B256::from(U256::from(index + 1))).collect()
    }

    #[test]
    fn round_trip_of_runs_of_every_length() {
        for count in [1, 2, 3, 1000, 2048, 2049, 2050, 4097, 4098] {
            let trace = ClaimTrace::of_run(&states(count), MAX_CHECKPOINTS);
            assert!(trace.checkpoints.len() <= MAX_CHECKPOINTS);
            assert_eq!(trace.stride == 1, count <= MAX_CHECKPOINTS + 1, "{count}");
            for (index, checkpoint) in trace.checkpoints.iter().enumerate() {
                assert_eq!(*checkpoint, states(count)[(index + 1) * trace.stride as usize - 1]);
            }
            assert_eq!(ClaimTrace::decode(&trace.encode()), Ok(trace));
        }
    }

    #[test]
    fn segments_follow_each_other() {
        for (count, stride) in [(1, 1), (1, 7), (2, 1), (8, 4), (9, 4), (10, 4), (11, 20)] {
            let trace = ClaimTrace::with_stride(&states(count), stride);
            let mut next = 0;
            for index in 0..trace.segments() {
                let segment = trace.segment(index);
                assert!(segment.start == next && !segment.is_empty() && segment.len() <= stride);
                next = segment.end;
            }
            assert_eq!(next, count, "{count} chunks, stride {stride}");
            assert!(trace.segment(trace.segments()).is_empty() && trace.segment(usize::MAX).is_empty());
        }
        let tight = ClaimTrace::of_run(&states(11), 3);
        assert_eq!((tight.stride, tight.checkpoints.len()), (4, 2));
    }

    #[test]
    fn refusals() {
        assert_eq!(ClaimTrace::decode(&[0; 7]), Err(TraceError::Length(7)));
        assert_eq!(ClaimTrace::decode(&[1; 39]), Err(TraceError::Length(39)));
        let bad = |chunks: u32, stride: u32| {
            let bytes = [&chunks.to_be_bytes()[..], &stride.to_be_bytes(), &[0; 64]].concat();
            ClaimTrace::decode(&bytes)
        };
        assert!(bad(3, 1).is_ok() && bad(7, 3).is_ok() && bad(9, 3).is_ok());
        for (chunks, stride) in [(0, 1), (3, 0), (2, 1), (4, 1), (6, 3), (10, 3)] {
            assert_eq!(bad(chunks, stride), Err(TraceError::Count { chunks, stride, checkpoints: 2 }));
        }
    }
}
