#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod error;
mod hash;
mod insert;
mod nibbles;
mod node;
mod proof;
mod remove;
mod source;
mod tree;
mod trie;
mod walk;

pub use error::{BadNode, DecodeError, ProofError, TrieError};
pub use nibbles::MAX_KEY_LEN;
pub use proof::{prove, verify_proof};
pub use source::{MissingNode, NodeSource, Verified, VerifyError};
pub use trie::{EMPTY_ROOT_HASH, Trie};
pub use walk::lookup;
