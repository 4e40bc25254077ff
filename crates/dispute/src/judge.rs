//! What the chain holds about a claim and the segments of it that somebody asked for.

use crate::DisputeError;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use lux_l1::{L1Client, Log, LogFilter};
use lux_protocol::contracts::Claim;
use lux_protocol::contracts::IFaultProof::{Segment, segmentOfCall};
use lux_protocol::merkle_root;

/// The contracts that decide about one claim.
#[derive(Clone, Debug)]
pub struct Judge {
    pub chain: L1Client,
    /// Judges challenges.
    pub module: Address,
    /// Holds the claim.
    pub holder: Address,
    /// Signature of the holder's event with what a claimant revealed: `(indexed subject, indexed uint256 segment, bytes)`, or with another word
    /// before the bytes.
    pub revealed_event: B256,
    /// Of the claim in such an event: the number of its batch, or its task.
    pub subject: B256,
    /// Nothing about the claim is in blocks before.
    pub first_block: u64,
}

impl Judge {
    /// A segment of a claim; without a challenger if nobody asked for it.
    pub async fn segment(&self, claim: &Claim, index: usize) -> Result<Segment, DisputeError> {
        let call = segmentOfCall { holder: self.holder, claim: claim.clone(), segment: U256::from(index) };
        Ok(self.chain.view(self.module, call).await?)
    }

    /// The key by which the module keeps disputes about a claim.
    pub fn claim_key(&self, claim: &Claim) -> B256 {
        keccak256((self.holder, claim.clone()).abi_encode())
    }

    /// The states inside a segment that the claimant revealed. It may have been asked about before, in another claim about the
    /// same subject: the root tells which answer is meant, and the search goes back as far as it has to.
    pub async fn revealed_states(&self, index: usize, root: B256) -> Result<Vec<B256>, DisputeError> {
        let filter = LogFilter { addresses: vec![self.holder], topics: vec![self.revealed_event] };
        let is_meant = |states: &Vec<B256>| keccak256(merkle_root(states)) == root;
        let meant =
            |log: &Log| self.revealed_in(log, index).into_iter().filter_map(|it| read_states(&it)).find(is_meant);
        let found = self.chain.find_last_log(&filter, self.first_block, meant).await?;
        found.ok_or_else(|| DisputeError::Untrusted(format!("no event with the revealed segment {index}")))
    }

    /// What an event says, as the bytes alone or after a word.
    fn revealed_in(&self, log: &Log, index: usize) -> Vec<Bytes> {
        if log.topics() != [self.revealed_event, self.subject, U256::from(index).into()] {
            return Vec::new();
        }
        candidates(&log.data().data)
    }
}

fn candidates(data: &[u8]) -> Vec<Bytes> {
    let after_word = <(U256, Bytes)>::abi_decode_params(data).map(|(_, revealed)| revealed);
    [Bytes::abi_decode(data), after_word].into_iter().flatten().collect()
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
        let after_word = (U256::from(1), Bytes::from(encoded.clone())).abi_encode_params();
        let alone = Bytes::from(encoded).abi_encode();
        for data in [after_word, alone] {
            let found = candidates(&data).iter().filter_map(|it| read_states(it)).any(|found| found == states);
            assert!(found);
        }
        moved[96..128].fill(0xff);
        assert_eq!(read_states(&moved), None);
    }
}
