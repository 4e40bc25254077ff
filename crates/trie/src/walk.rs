//! Following one path through encoded nodes, without building a tree.

use crate::{
    BadNode, DecodeError, EMPTY_ROOT_HASH, NodeSource, TrieError,
    nibbles::Nibbles,
    node::{Child, Node, Place},
};
use alloy_primitives::{B256, Bytes};

/// Value of `key` in the trie with this root: a read that builds no tree.
pub fn lookup<S: NodeSource>(source: &S, root: B256, key: &[u8]) -> Result<Option<Bytes>, TrieError<S::Error>> {
    walk(root, key, |hash| source.node(hash).map_err(TrieError::Source))
}

/// Follows `key` from `root`, getting each hashed node on the way from `fetch`.
pub(crate) fn walk<X: From<BadNode>>(
    root: B256,
    key: &[u8],
    mut fetch: impl FnMut(&B256) -> Result<Bytes, X>,
) -> Result<Option<Bytes>, X> {
    if root == EMPTY_ROOT_HASH {
        return Ok(None);
    }
    let (mut hash, mut place, mut rest) = (root, Place::Root, Nibbles::of_key(key));
    loop {
        let rlp = fetch(&hash)?;
        let depth = 2 * key.len() - rest.len();
        match step(&rlp, place, depth, &mut rest).map_err(|reason| BadNode { hash, reason })? {
            Step::Hash(below, referrer) => (hash, place) = (below, referrer),
            Step::Value(value) => return Ok(Some(rlp.slice_ref(value))),
            Step::Absent => return Ok(None),
        }
    }
}

/// Where the path leads from one hashed node.
enum Step<'a> {
    Hash(B256, Place),
    Value(&'a [u8]),
    Absent,
}

/// Follows `rest` through a hashed node and the nodes embedded in it. Each turn shortens `rest`.
fn step<'a>(rlp: &'a [u8], place: Place, mut depth: usize, rest: &mut Nibbles<'_>) -> Result<Step<'a>, DecodeError> {
    let mut node = Node::hashed(rlp, place, depth)?;
    loop {
        let (child, place, below) = match node {
            Node::Leaf { path, value } if path == *rest => return Ok(Step::Value(value)),
            Node::Leaf { .. } => return Ok(Step::Absent),
            Node::Extension { path, child } => match rest.strip_prefix(path) {
                Some(below) => (child, Place::Extension, below),
                None => return Ok(Step::Absent),
            },
            Node::Branch { children, value } => match rest.split_first() {
                Some((nibble, below)) => (children.get(nibble), Place::Branch, below),
                None if value.is_empty() => return Ok(Step::Absent),
                None => return Ok(Step::Value(value)),
            },
        };
        depth += rest.len() - below.len();
        *rest = below;
        node = match child {
            Child::Empty => return Ok(Step::Absent),
            Child::Hash(hash) => return Ok(Step::Hash(B256::new(*hash), place)),
            Child::Embedded(rlp) => Node::decode(rlp, place, depth)?,
        };
    }
}
