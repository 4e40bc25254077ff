//! Binary keccak Merkle trees: leaves padded with zero words to a power of two, node = keccak(left ‖ right).

use crate::constants::PIECE_BYTES;
use alloc::vec::Vec;
use alloy_primitives::{B256, U256, keccak256};

fn node(left: &B256, right: &B256) -> B256 {
    let mut pair = [0u8; 64];
    pair[..32].copy_from_slice(left.as_slice());
    pair[32..].copy_from_slice(right.as_slice());
    keccak256(pair)
}

/// One level up. An odd end is paired with `pad`, the root of an all-zero subtree of that height.
fn parent_level(level: &[B256], pad: &B256) -> Vec<B256> {
    level.chunks(2).map(|pair| node(&pair[0], pair.get(1).unwrap_or(pad))).collect()
}

/// Root over leaves that come one by one, in memory for one path.
#[derive(Clone, Debug, Default)]
pub struct MerkleBuilder {
    /// Of each height, the root of a full subtree that waits for its right sibling.
    waiting: Vec<Option<B256>>,
    count: usize,
}

impl MerkleBuilder {
    pub fn push(&mut self, leaf: B256) {
        let mut hash = leaf;
        for slot in &mut self.waiting {
            match slot.take() {
                Some(left) => hash = node(&left, &hash),
                None => {
                    *slot = Some(hash);
                    self.count += 1;
                    return;
                }
            }
        }
        self.waiting.push(Some(hash));
        self.count += 1;
    }

    /// Zero for no leaves, the leaf itself for one.
    pub fn root(&self) -> B256 {
        if self.count.is_power_of_two() {
            return self.waiting.last().copied().flatten().unwrap_or_default();
        }
        let (mut right, mut pad) = (None, B256::ZERO);
        for slot in &self.waiting {
            right = match (slot, right) {
                (Some(left), right) => Some(node(left, &right.unwrap_or(pad))),
                (None, Some(left)) => Some(node(&left, &pad)),
                (None, None) => None,
            };
            pad = node(&pad, &pad);
        }
        right.unwrap_or_default()
    }
}

/// Root over `leaves`; zero for none, the leaf itself for one.
pub fn merkle_root(leaves: &[B256]) -> B256 {
    let mut builder = MerkleBuilder::default();
    leaves.iter().for_each(|leaf| builder.push(*leaf));
    builder.root()
}

/// Gives every inner node's children to `sink`, those of padding alone excepted.
pub fn merkle_nodes(leaves: &[B256], mut sink: impl FnMut(&B256, &B256)) {
    let (mut level, mut pad) = (leaves.to_vec(), B256::ZERO);
    while level.len() > 1 {
        level.chunks(2).for_each(|pair| sink(&pair[0], pair.get(1).unwrap_or(&pad)));
        level = parent_level(&level, &pad);
        pad = node(&pad, &pad);
    }
}

/// Siblings of leaf `index` from the bottom up, or `None` when there is no such leaf.
pub fn merkle_proof(leaves: &[B256], index: usize) -> Option<Vec<B256>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut level, mut pad, mut position) = (leaves.to_vec(), B256::ZERO, index);
    let mut siblings = Vec::new();
    while level.len() > 1 {
        siblings.push(level.get(position ^ 1).copied().unwrap_or(pad));
        level = parent_level(&level, &pad);
        pad = node(&pad, &pad);
        position /= 2;
    }
    Some(siblings)
}

/// Whether `leaf` stands at `index` under `root`. An index beyond the tree's width is refused.
pub fn verify_merkle_proof(root: B256, leaf: B256, index: usize, siblings: &[B256]) -> bool {
    if siblings.len() >= usize::BITS as usize || index >> siblings.len() != 0 {
        return false;
    }
    let computed = siblings.iter().enumerate().fold(leaf, |hash, (height, sibling)| {
        if index >> height & 1 == 0 { node(&hash, sibling) } else { node(sibling, &hash) }
    });
    computed == root
}

/// What L1 stores of a payload: `keccak(abi.encode(length, root of the keccak hashes of its 4,096-byte pieces))`.
pub fn payload_commitment(payload: &[u8]) -> B256 {
    let pieces: Vec<B256> = payload.chunks(PIECE_BYTES).map(keccak256).collect();
    node(&B256::from(U256::from(payload.len())), &merkle_root(&pieces))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    #[test]
    fn padding_is_zero_leaves() {
        let [a, b, c] = [1u8, 2, 3].map(B256::with_last_byte);
        assert_eq!(merkle_root(&[]), B256::ZERO);
        assert_eq!(merkle_root(&[a]), a);
        let padded = merkle_root(&[a, b, c, B256::ZERO]);
        assert_eq!(merkle_root(&[a, b, c]), padded);
        assert_eq!(padded, node(&node(&a, &b), &node(&c, &B256::ZERO)));
        let five = merkle_root(&[a, b, c, a, b]);
        assert_eq!(five, merkle_root(&[a, b, c, a, b, B256::ZERO, B256::ZERO, B256::ZERO]));
    }

    proptest! {
        #[test]
        fn every_leaf_proves_and_nothing_else_does(count in 1usize..70, pick in 0usize..70, flip in 0usize..70) {
            let leaves: Vec<B256> = (0..count).map(|i| keccak256([i as u8])).collect();
            let root = merkle_root(&leaves);
            let index = pick % count;
            let proof = merkle_proof(&leaves, index).unwrap();
            prop_assert!(verify_merkle_proof(root, leaves[index], index, &proof));
            prop_assert!(!verify_merkle_proof(root, keccak256(b"other"), index, &proof));
            prop_assert!(!verify_merkle_proof(root, leaves[index], index + (1 << proof.len()), &proof));
            if !proof.is_empty() {
                let mut bad = proof.clone();
                let at = flip % bad.len();
                bad[at].0[0] ^= 1;
                prop_assert!(!verify_merkle_proof(root, leaves[index], index, &bad));
            }
        }
    }

    #[test]
    fn commitment_binds_length() {
        assert_ne!(payload_commitment(&[]), payload_commitment(&[0]));
        assert_ne!(payload_commitment(&vec![0; 4096]), payload_commitment(&vec![0; 4097]));
    }
}
