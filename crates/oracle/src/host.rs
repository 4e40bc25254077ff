//! Oracles of a program that runs natively.

use crate::{MAX_PREIMAGE_BYTES, Oracle};
use alloc::collections::BTreeMap;
use alloy_primitives::{B256, Bytes, keccak256};
use core::cell::RefCell;
use core::fmt::{Debug, Display};

/// Nobody has the bytes with this hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no preimage of {0}")]
pub struct MissingPreimage(pub B256);

/// A set of byte strings by hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preimages(BTreeMap<B256, Bytes>);

impl Preimages {
    /// Adds `bytes` and returns their hash.
    pub fn insert(&mut self, bytes: impl Into<Bytes>) -> B256 {
        let bytes = bytes.into();
        let hash = keccak256(&bytes);
        self.0.insert(hash, bytes);
        hash
    }

    pub fn get(&self, hash: &B256) -> Option<&Bytes> {
        self.0.get(hash)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order of the hashes.
    pub fn iter(&self) -> impl Iterator<Item = (&B256, &Bytes)> {
        self.0.iter()
    }

    /// Length of all together, bytes.
    pub fn total_bytes(&self) -> usize {
        self.0.values().map(|bytes| bytes.len()).sum()
    }
}

impl Oracle for Preimages {
    type Error = MissingPreimage;

    /// What the machine would not serve is missing here too, so that a native run does not go on where a claim cannot.
    fn preimage(&self, hash: &B256, _usual: usize) -> Result<Bytes, MissingPreimage> {
        let served = self.0.get(hash).filter(|bytes| bytes.len() <= MAX_PREIMAGE_BYTES);
        served.cloned().ok_or(MissingPreimage(*hash))
    }
}

/// A function as an oracle. Its answers are taken as they are: what is longer than [`MAX_PREIMAGE_BYTES`] should be an error.
#[derive(Clone, Copy, Debug)]
pub struct FnOracle<F>(pub F);

impl<F, E> Oracle for FnOracle<F>
where
    F: Fn(&B256) -> Result<Bytes, E>,
    E: Debug + Display,
{
    type Error = E;

    fn preimage(&self, hash: &B256, _usual: usize) -> Result<Bytes, E> {
        (self.0)(hash)
    }
}

/// Keeps what was read through it. What the program made itself comes from here too, whether or not `inner` has it.
#[derive(Debug)]
pub struct Recorder<O> {
    inner: O,
    read: RefCell<BTreeMap<B256, Bytes>>,
    made: RefCell<BTreeMap<B256, Bytes>>,
}

impl<O> Recorder<O> {
    pub fn new(inner: O) -> Self {
        Self { inner, read: RefCell::default(), made: RefCell::default() }
    }

    /// Everything that was read, and nothing else.
    pub fn into_preimages(self) -> Preimages {
        Preimages(self.read.into_inner())
    }
}

impl<O: Oracle> Oracle for Recorder<O> {
    type Error = O::Error;

    fn preimage(&self, hash: &B256, usual: usize) -> Result<Bytes, O::Error> {
        if let Some(bytes) = self.read.borrow().get(hash) {
            return Ok(bytes.clone());
        }
        let made = self.made.borrow().get(hash).cloned();
        let bytes = made.map_or_else(|| self.inner.preimage(hash, usual), Ok)?;
        self.read.borrow_mut().insert(*hash, bytes.clone());
        Ok(bytes)
    }

    fn provide(&self, hash: B256, bytes: &Bytes) {
        self.made.borrow_mut().insert(hash, bytes.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_does_not_serve_is_missing() {
        let mut known = Preimages::default();
        let (longest, longer) = (known.insert(alloc::vec![1; 24_576]), known.insert(alloc::vec![1; 24_577]));
        assert_eq!(known.preimage(&longest, 0).unwrap().len(), 24_576);
        assert_eq!(known.preimage(&longer, 24_577), Err(MissingPreimage(longer)));
    }

    #[test]
    fn recorder_keeps_what_was_read_and_serves_what_was_made() {
        let mut known = Preimages::default();
        let (a, b) = (known.insert(b"a".as_slice()), known.insert(b"b".as_slice()));
        let recorder = Recorder::new(FnOracle(|hash: &B256| known.preimage(hash, 0)));
        let made = keccak256(b"made");
        assert_eq!(recorder.preimage(&made, 0), Err(MissingPreimage(made)));
        recorder.provide(made, &Bytes::from_static(b"made"));
        recorder.provide(b, &Bytes::from_static(b"b"));
        assert_eq!(recorder.preimage(&a, 0).unwrap()[..], *b"a");
        assert_eq!(recorder.preimage(&made, 0).unwrap()[..], *b"made");
        let witness = recorder.into_preimages();
        assert_eq!(witness.iter().map(|(hash, _)| *hash).collect::<Vec<_>>().len(), 2);
        assert!(witness.get(&b).is_none(), "made but never read");
    }
}
