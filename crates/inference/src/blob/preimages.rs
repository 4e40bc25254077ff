//! What a program that reads a blob may ask for.

use alloc::vec::Vec;
use alloy_primitives::{B256, U256, keccak256};
use lux_protocol::constants::PIECE_BYTES;
use lux_protocol::{merkle_nodes, merkle_root};

/// Gives every preimage below the commitment of `blob` to `sink`, and returns the commitment.
pub fn preimages(blob: &[u8], mut sink: impl FnMut(&[u8])) -> B256 {
    let pieces: Vec<B256> = blob.chunks(PIECE_BYTES).map(keccak256).collect();
    blob.chunks(PIECE_BYTES).for_each(&mut sink);
    let mut pair = |left: &B256, right: &B256| {
        let pair = [left.0, right.0].concat();
        sink(&pair);
        keccak256(pair)
    };
    merkle_nodes(&pieces, |left, right| {
        pair(left, right);
    });
    pair(&U256::from(blob.len()).into(), &merkle_root(&pieces))
}
