//! Merkle multiproofs of pages.

use crate::{PAGES, TREE_DEPTH, node_hash};
use alloy_primitives::B256;

/// Root of a memory in which the leaves at these indices, which ascend, have these hashes. `None` unless the siblings are
/// exactly those it takes.
///
/// Levels are processed from the leaves up, nodes from the left to the right. A node whose sibling is not in the list
/// takes the next of `siblings`.
pub fn merkle_root(leaves: &[(u32, B256)], siblings: &[B256]) -> Option<B256> {
    let ascends = leaves.windows(2).all(|pair| pair[0].0 < pair[1].0);
    if !ascends || leaves.last()?.0 as usize >= PAGES {
        return None;
    }
    let mut siblings = siblings.iter();
    let mut nodes = leaves.to_vec();
    for _ in 0..TREE_DEPTH {
        let mut parents = Vec::with_capacity(nodes.len());
        let mut rest = nodes.iter().peekable();
        while let Some((index, hash)) = rest.next() {
            let parent = if index & 1 == 1 {
                node_hash(siblings.next()?, hash)
            } else if let Some((_, right)) = rest.next_if(|(next, _)| *next == index + 1) {
                node_hash(hash, right)
            } else {
                node_hash(hash, siblings.next()?)
            };
            parents.push((index >> 1, parent));
        }
        nodes = parents;
    }
    siblings.next().is_none().then_some(nodes[0].1)
}
