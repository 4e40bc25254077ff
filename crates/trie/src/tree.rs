//! The in-memory tree: the part of a trie that was touched.

use crate::{
    BadNode, DecodeError, NodeSource, TrieError,
    nibbles::NibbleBuf,
    node::{Child, Node, Place},
};
use alloc::boxed::Box;
use alloy_primitives::{B256, Bytes};

/// What is known about a node's hash.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Memo {
    /// Nothing: the node changed, or it is embedded and has no hash.
    Dirty,
    /// Hashed, but the source does not have it yet.
    New(B256),
    /// Neither the node nor anything below it differs from the source.
    Stored(B256),
}

#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub(crate) path: NibbleBuf,
    pub(crate) value: Bytes,
    pub(crate) memo: Memo,
}

#[derive(Debug, Clone)]
pub(crate) struct Extension {
    pub(crate) path: NibbleBuf,
    pub(crate) child: Link,
    pub(crate) memo: Memo,
}

#[derive(Debug, Clone)]
pub(crate) struct Branch {
    pub(crate) children: [Link; 16],
    /// Value of the key that ends here; empty if there is none.
    pub(crate) value: Bytes,
    pub(crate) memo: Memo,
}

/// A reference to a subtree.
#[derive(Debug, Clone, Default)]
pub(crate) enum Link {
    #[default]
    Empty,
    /// Not fetched yet.
    Hash(B256),
    Leaf(Box<Leaf>),
    Extension(Box<Extension>),
    Branch(Box<Branch>),
}

impl Link {
    pub(crate) const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    pub(crate) fn leaf(path: impl Into<NibbleBuf>, value: Bytes) -> Self {
        Self::Leaf(Box::new(Leaf { path: path.into(), value, memo: Memo::Dirty }))
    }

    pub(crate) fn extension(path: impl Into<NibbleBuf>, child: Self) -> Self {
        Self::Extension(Box::new(Extension { path: path.into(), child, memo: Memo::Dirty }))
    }

    /// Fetches the node if only its hash is known. `depth` is the length of the path to it.
    pub(crate) fn resolve<S: NodeSource>(
        &mut self,
        source: &S,
        place: Place,
        depth: usize,
    ) -> Result<(), TrieError<S::Error>> {
        match *self {
            Self::Hash(hash) => {
                *self = Self::fetch(source, hash, place, depth)?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    // Kept out of the recursive callers' stack frames.
    #[inline(never)]
    fn fetch<S: NodeSource>(source: &S, hash: B256, place: Place, depth: usize) -> Result<Self, TrieError<S::Error>> {
        let rlp = source.node(&hash).map_err(TrieError::Source)?;
        let link = Node::hashed(&rlp, place, depth)
            .and_then(|node| Self::build(node, &rlp, Memo::Stored(hash), depth))
            .map_err(|reason| BadNode { hash, reason })?;
        Ok(link)
    }

    fn build(node: Node<'_>, rlp: &Bytes, memo: Memo, depth: usize) -> Result<Self, DecodeError> {
        Ok(match node {
            Node::Leaf { path, value } => {
                Self::Leaf(Box::new(Leaf { path: path.into(), value: rlp.slice_ref(value), memo }))
            }
            Node::Extension { path, child } => {
                let child = Self::build_child(child, rlp, Place::Extension, depth + path.len())?;
                Self::Extension(Box::new(Extension { path: path.into(), child, memo }))
            }
            Node::Branch { children, value } => {
                let mut branch = Box::new(Branch { children: Default::default(), value: rlp.slice_ref(value), memo });
                for (slot, child) in branch.children.iter_mut().zip(children.iter()) {
                    *slot = Self::build_child(child, rlp, Place::Branch, depth + 1)?;
                }
                Self::Branch(branch)
            }
        })
    }

    fn build_child(child: Child<'_>, rlp: &Bytes, place: Place, depth: usize) -> Result<Self, DecodeError> {
        match child {
            Child::Empty => Ok(Self::Empty),
            Child::Hash(hash) => Ok(Self::Hash(B256::new(*hash))),
            Child::Embedded(node) => Self::build(Node::decode(node, place, depth)?, rlp, Memo::Dirty, depth),
        }
    }
}
