//! What can go wrong, by who is to blame: the source, a node it returned, or the caller.

use alloy_primitives::B256;
use core::fmt::{Debug, Display};

/// Failure of an operation on a trie. After an error the trie holds the same entries as before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrieError<E: Debug + Display> {
    /// The source has no such node, or failed. Retrying makes sense if the source says so.
    #[error("trie node source: {0}")]
    Source(E),
    /// The source returned a node that no trie contains.
    #[error(transparent)]
    Node(#[from] BadNode),
    /// An inserted key is longer than [`MAX_KEY_LEN`](crate::MAX_KEY_LEN).
    #[error("key of {0} bytes is too long")]
    KeyTooLong(usize),
}

/// A node, named by the hash it was asked for, is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed trie node {hash}: {reason}")]
pub struct BadNode {
    /// Hash under which the node was referred to.
    pub hash: B256,
    /// The rule it breaks.
    pub reason: DecodeError,
}

/// Why bytes are not a trie node in the one encoding that the yellow paper (appendix D) allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not canonical RLP, or truncated.
    #[error("rlp: {0}")]
    Rlp(alloy_rlp::Error),
    /// Bytes follow the node.
    #[error("trailing bytes")]
    TrailingBytes,
    /// Neither 2 nor 17 items.
    #[error("node has neither 2 nor 17 items")]
    Arity,
    /// A path that is not a canonical hex-prefix encoding.
    #[error("non-canonical hex-prefix path")]
    HexPrefix,
    /// A child is neither absent, nor a 32-byte hash, nor an embedded node.
    #[error("invalid child reference")]
    Child,
    /// An embedded node of 32 bytes or more: it had to be referred to by hash.
    #[error("embedded node is too long")]
    EmbeddedTooLong,
    /// A node shorter than 32 bytes is referred to by hash: it had to be embedded.
    #[error("hashed node is too short")]
    HashedTooShort,
    /// A leaf with an empty value.
    #[error("empty value")]
    EmptyValue,
    /// An extension with an empty path.
    #[error("extension with an empty path")]
    EmptyExtension,
    /// An extension leads to something other than a branch.
    #[error("extension without a branch")]
    NotABranch,
    /// A branch with fewer than two entries.
    #[error("branch with fewer than two entries")]
    LoneBranch,
    /// The node's path leads deeper than the longest key.
    #[error("path is deeper than any key")]
    TooDeep,
}

/// Why a Merkle proof does not show what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A node of the proof is malformed.
    #[error(transparent)]
    Node(#[from] BadNode),
    /// The node at `index` is not the one its parent, or the root, refers to.
    #[error("proof node {index} does not hash to {expected}")]
    HashMismatch {
        /// Position in the proof.
        index: usize,
        /// Hash that the node should have.
        expected: B256,
    },
    /// The proof ends before the path does.
    #[error("proof ends before node {0}")]
    Truncated(B256),
    /// Nodes follow the end of the path.
    #[error("proof has {0} unused nodes")]
    UnusedNodes(usize),
    /// The proof is valid, but for another value or for absence.
    #[error("proof shows another value")]
    ValueMismatch,
}
