//! The commitment of a vector that is made block by block.

use crate::limits::BLOCK;
use alloy_primitives::{B256, U256, keccak256};
use lux_protocol::MerkleBuilder;
use lux_protocol::constants::PIECE_BYTES;

const _: () = assert!(BLOCK * size_of::<i32>() == PIECE_BYTES);

/// Hashes pieces as they come; in memory for one path of the tree.
#[derive(Default)]
pub(super) struct VectorCommitment {
    tree: MerkleBuilder,
    length: usize,
}

impl VectorCommitment {
    /// The next block; only the last may be shorter than [`BLOCK`].
    pub fn push(&mut self, block: &[i32]) {
        let mut piece = [0; PIECE_BYTES];
        let (words, _) = piece.as_chunks_mut::<4>();
        words.iter_mut().zip(block).for_each(|(word, x)| *word = x.to_le_bytes());
        let bytes = size_of_val(block);
        self.tree.push(keccak256(&piece[..bytes]));
        self.length += bytes;
    }

    pub fn finish(&self) -> B256 {
        keccak256([U256::from(self.length).to_be_bytes(), self.tree.root().0].concat())
    }
}
