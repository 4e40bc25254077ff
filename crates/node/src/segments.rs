//! What L1 holds about segments of claims that somebody asked for.

use crate::NodeError;
use crate::rollup::{Rollup, fault_module, view};
use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::{SolEvent, SolValue};
use lux_l1::{L1Client, LogFilter};
use lux_protocol::contracts::Claim;
use lux_protocol::contracts::IFaultProof::{Segment, segmentOfCall};
use lux_protocol::contracts::IRollupDisputes::TraceRevealed;
use lux_protocol::merkle_root;

/// L1 blocks per query: answers to questions are recent, so that the first query mostly has it.
const BLOCKS_PER_QUERY: u64 = 10_000;

/// A segment of a claim; without a challenger if nobody asked for it.
pub async fn segment_of(l1: &L1Client, rollup: &Rollup, claim: &Claim, index: usize) -> Result<Segment, NodeError> {
    let module = fault_module(l1, rollup.address).await?;
    let call = segmentOfCall { holder: rollup.address, claim: claim.clone(), segment: U256::from(index) };
    view(l1, module, call).await
}

/// The key by which the contract keeps disputes about a claim.
pub fn claim_key(rollup: &Rollup, claim: &Claim) -> B256 {
    keccak256((rollup.address, claim.clone()).abi_encode())
}

/// The states inside a segment that the claimant revealed. Batch and segment may have been asked about before, in another
/// claim: the root tells which answer is meant, and the search goes back as far as it has to.
pub async fn revealed_states(
    l1: &L1Client,
    rollup: &Rollup,
    batch: u64,
    index: usize,
    root: B256,
) -> Result<Vec<B256>, NodeError> {
    let filter = LogFilter { addresses: vec![rollup.address], topics: vec![TraceRevealed::SIGNATURE_HASH] };
    let mut end = l1.block_number().await?;
    loop {
        let start = end.saturating_sub(BLOCKS_PER_QUERY - 1).max(rollup.genesis_l1_block);
        for log in l1.logs(&filter, start, end).await?.iter().rev() {
            let Ok(event) = TraceRevealed::decode_log_data(log.data()) else { continue };
            let states = read_states(&event.checkpoints).unwrap_or_default();
            let is_meant = event.batchNumber == U256::from(batch) && event.segment == U256::from(index);
            if is_meant && keccak256(merkle_root(&states)) == root {
                return Ok(states);
            }
        }
        if start <= rollup.genesis_l1_block {
            return Err(NodeError::Untrusted(format!("no event with the revealed segment {index} of batch {batch}")));
        }
        end = start - 1;
    }
}

/// The states in `abi.encode(Trace, bytes)`. Takes all that L1 takes, padded or not: the claimant chose the encoding, and
/// wants nobody to read it.
fn read_states(bytes: &[u8]) -> Option<Vec<B256>> {
    const TRACE_BYTES: usize = 96;
    let number = |at: usize| -> Option<usize> {
        let word = bytes.get(at..at.checked_add(32)?)?;
        U256::from_be_slice(word).try_into().ok()
    };
    let at = number(TRACE_BYTES)?;
    let length = number(at)?;
    let start = at.checked_add(32)?;
    let states = bytes.get(start..start.checked_add(length)?)?;
    Some(states.chunks_exact(32).map(B256::from_slice).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Bytes;
    use lux_protocol::contracts::TraceOpening;

    #[test]
    fn reads_every_encoding_that_l1_reads() {
        let states = [B256::repeat_byte(1), B256::repeat_byte(2)];
        let trace = TraceOpening { chunks: U256::from(9), stride: U256::from(3), root: B256::repeat_byte(7) };
        let encoded = (trace, Bytes::from(states.concat())).abi_encode_params();
        assert_eq!(read_states(&encoded).as_deref(), Some(&states[..]));
        // The bytes somewhere else than usual, with something before them and nothing behind.
        let mut moved = encoded[..96].to_vec();
        moved.extend(B256::with_last_byte(96 + 32 + 5));
        moved.extend([0xaa; 5]);
        moved.extend(B256::with_last_byte(64));
        moved.extend(states.concat());
        assert_eq!(read_states(&moved).as_deref(), Some(&states[..]));
        for cut in 0..moved.len() {
            assert_eq!(read_states(&moved[..cut]), None);
        }
        moved[96..128].fill(0xff);
        assert_eq!(read_states(&moved), None);
    }
}
