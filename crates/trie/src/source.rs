//! Where nodes come from.

use alloc::collections::BTreeMap;
use alloy_primitives::{B256, Bytes, keccak256};
use core::fmt::{Debug, Display};

/// Source of trie nodes by hash.
///
/// The trie checks the shape of what it gets, **not its hash**: a source whose answers may be forged belongs in
/// [`Verified`], unless it checks hashes itself.
pub trait NodeSource {
    /// A missing node or a failing backend.
    type Error: Debug + Display;

    /// RLP of the node whose keccak256 is `hash`.
    fn node(&self, hash: &B256) -> Result<Bytes, Self::Error>;
}

/// A map does not contain this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("missing trie node {0}")]
pub struct MissingNode(pub B256);

impl<S: NodeSource + ?Sized> NodeSource for &S {
    type Error = S::Error;

    fn node(&self, hash: &B256) -> Result<Bytes, S::Error> {
        (**self).node(hash)
    }
}

impl NodeSource for BTreeMap<B256, Bytes> {
    type Error = MissingNode;

    fn node(&self, hash: &B256) -> Result<Bytes, MissingNode> {
        self.get(hash).cloned().ok_or(MissingNode(*hash))
    }
}

#[cfg(feature = "std")]
impl<H: core::hash::BuildHasher> NodeSource for std::collections::HashMap<B256, Bytes, H> {
    type Error = MissingNode;

    fn node(&self, hash: &B256) -> Result<Bytes, MissingNode> {
        self.get(hash).cloned().ok_or(MissingNode(*hash))
    }
}

/// Checks that each node of an untrusted source has the hash it was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Verified<S>(pub S);

/// Failure of a [`Verified`] source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError<E: Debug + Display> {
    /// The inner source failed.
    #[error("{0}")]
    Source(E),
    /// The inner source returned bytes with another hash.
    #[error("trie node {expected} has the hash {actual}")]
    HashMismatch {
        /// Hash that was asked for.
        expected: B256,
        /// Hash of the answer.
        actual: B256,
    },
}

impl<S: NodeSource> NodeSource for Verified<S> {
    type Error = VerifyError<S::Error>;

    fn node(&self, hash: &B256) -> Result<Bytes, Self::Error> {
        let node = self.0.node(hash).map_err(VerifyError::Source)?;
        let actual = keccak256(&node);
        if actual != *hash {
            return Err(VerifyError::HashMismatch { expected: *hash, actual });
        }
        Ok(node)
    }
}
