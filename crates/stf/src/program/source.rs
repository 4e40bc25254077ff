//! The parent's state through the oracle.

use crate::StateSource;
use alloy_primitives::{B256, Bytes};
use core::cell::RefCell;
use lux_oracle::{MAX_PREIMAGE_BYTES, Oracle};
use lux_trie::NodeSource;

/// Longest node of a trie with hashed keys: a branch of sixteen hashes.
const NODE_BYTES: usize = 544;

/// Trie nodes and code by preimage.
pub struct OracleSource<'a, O: Oracle> {
    oracle: &'a O,
    /// The trie turns errors into text; the first one stays here.
    error: &'a RefCell<Option<O::Error>>,
}

impl<O: Oracle> Clone for OracleSource<'_, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O: Oracle> Copy for OracleSource<'_, O> {}

impl<'a, O: Oracle> OracleSource<'a, O> {
    /// `error` gets the first failure of the oracle.
    pub const fn new(oracle: &'a O, error: &'a RefCell<Option<O::Error>>) -> Self {
        Self { oracle, error }
    }

    /// Takes a node that the program made, to be read again.
    pub fn keep(&self, hash: B256, node: Bytes) {
        self.oracle.provide(hash, &node);
    }

    fn read(&self, hash: &B256, usual: usize) -> Result<Bytes, &'static str> {
        self.oracle.preimage(hash, usual).map_err(|error| {
            self.error.borrow_mut().get_or_insert(error);
            "no preimage"
        })
    }
}

impl<O: Oracle> NodeSource for OracleSource<'_, O> {
    type Error = &'static str;

    fn node(&self, hash: &B256) -> Result<Bytes, &'static str> {
        self.read(hash, NODE_BYTES)
    }
}

impl<O: Oracle> StateSource for OracleSource<'_, O> {
    fn code(&self, hash: &B256) -> Result<Bytes, &'static str> {
        self.read(hash, MAX_PREIMAGE_BYTES)
    }
}
