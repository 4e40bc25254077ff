//! What a claim is about.

use alloc::vec::Vec;
use alloy_primitives::{B256, U256, keccak256};
use lux_inference::blob;

/// Most bytes of attestation, collateral and roots, each; what is longer has no attestation.
pub const MAX_BLOB_BYTES: usize = 1 << 20;

/// Whether an attestation is authentic.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Seconds since 1970.
    pub now: u64,
    /// An encoding of [`lux_tee::Roots`].
    pub roots: &'a [u8],
    pub attestation: &'a [u8],
    /// An encoding of [`lux_tee::Collateral`].
    pub collateral: &'a [u8],
}

impl Question<'_> {
    /// Input of the claim.
    pub fn input(&self) -> B256 {
        keccak256(self.encode())
    }

    /// Gives everything that a run on this question may ask for to `sink`, and returns the claim's input.
    pub fn preimages(&self, mut sink: impl FnMut(&[u8])) -> B256 {
        for part in [self.roots, self.attestation, self.collateral] {
            blob::preimages(part, &mut sink);
        }
        sink(&self.encode());
        self.input()
    }

    /// `abi.encode(now, roots, attestation, collateral)`, the last three by their commitments.
    fn encode(&self) -> Vec<u8> {
        let [roots, attestation, collateral] = [self.roots, self.attestation, self.collateral].map(blob::commitment);
        [U256::from(self.now).into(), roots, attestation, collateral].map(|word: B256| word.0).concat()
    }
}
