//! Keccak-256 with tags, the transcript, and keystreams: docs/norm-proofs.md, "Notation" and "Transcript".

use alloy_primitives::{B256, Keccak256, keccak256};
use chacha20::ChaCha20Rng;
use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_core::{Rng, SeedableRng};

/// `K`: only the last part may have a length that the others do not fix.
pub(crate) fn tagged(tag: &str, parts: &[&[u8]]) -> B256 {
    hasher(tag, parts).finalize()
}

pub(crate) fn wide_scalar(tag: &str, index: u32) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&wide(tag, index))
}

pub(crate) fn group_element(tag: &str, parts: &[&[u8]]) -> RistrettoPoint {
    RistrettoPoint::from_uniform_bytes(&two_halves(hasher(tag, parts)))
}

fn wide(tag: &str, index: u32) -> [u8; 64] {
    two_halves(hasher(tag, &[&index.to_be_bytes()]))
}

fn hasher(tag: &str, parts: &[&[u8]]) -> Keccak256 {
    let mut hasher = Keccak256::new();
    hasher.update(keccak256([b"lux-norm-proof/1 ", tag.as_bytes()].concat()));
    parts.iter().for_each(|part| hasher.update(part));
    hasher
}

fn two_halves(hasher: Keccak256) -> [u8; 64] {
    let half = |number: u8| {
        let mut hasher = hasher.clone();
        hasher.update([number]);
        hasher.finalize().0
    };
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&half(0));
    bytes[32..].copy_from_slice(&half(1));
    bytes
}

/// What both sides have said so far. Challenges come from it, so they are known only after what they challenge.
#[derive(Clone)]
pub(crate) struct Transcript(B256);

impl Transcript {
    pub const fn new(statement: B256) -> Self {
        Self(statement)
    }

    pub fn absorb(&mut self, tag: &str, data: &[u8]) {
        self.0 = keccak256([self.0.as_slice(), keccak256(tag).as_slice(), data].concat());
    }

    pub fn challenge(&mut self, tag: &str) -> Scalar {
        Scalar::from_bytes_mod_order_wide(&self.bytes(tag))
    }

    pub fn seed(&mut self, tag: &str) -> [u8; 32] {
        *self.bytes(tag).first_chunk().expect("32 of 64 bytes")
    }

    fn bytes(&mut self, tag: &str) -> [u8; 64] {
        self.0 = keccak256([self.0, keccak256(tag)].concat());
        let mut hasher = Keccak256::new();
        hasher.update(self.0);
        two_halves(hasher)
    }
}

/// Numbers from the keystream of ChaCha20.
pub(crate) struct Stream(ChaCha20Rng);

impl Stream {
    pub fn new(key: B256) -> Self {
        Self(ChaCha20Rng::from_seed(key.0))
    }

    pub fn array<const SIZE: usize>(&mut self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    pub fn scalar(&mut self) -> Scalar {
        Scalar::from_bytes_mod_order_wide(&self.array())
    }
}
