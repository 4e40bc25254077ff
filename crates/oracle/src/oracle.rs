//! What a program reads.

use alloy_primitives::{B256, Bytes};
use core::fmt::{Debug, Display};

/// Longest preimage the machine serves; contract code may have this size (EIP-170).
pub const MAX_PREIMAGE_BYTES: usize = 24_576;
/// Longest input of an accelerated hash or precompile.
pub const MAX_ACCELERATED_BYTES: usize = 24_576;
/// Most gas a program may name for a precompile; more would fault.
pub const MAX_PRECOMPILE_GAS: u64 = 4_500_000;

/// Preimages by keccak-256 hash.
///
/// Whoever implements it vouches for the hashes: a program does not check them again.
pub trait Oracle {
    /// Nobody has the preimage. On the machine that is no state, so there it cannot happen.
    type Error: Debug + Display;

    /// The bytes whose keccak-256 is `hash`. `usual` is the length the caller expects at most; a longer preimage is
    /// still returned whole, at a higher price.
    fn preimage(&self, hash: &B256, usual: usize) -> Result<Bytes, Self::Error>;

    /// Tells of bytes the program made itself and may ask for again: the witness of a run must hold them.
    fn provide(&self, _hash: B256, _bytes: &Bytes) {}
}

impl<O: Oracle + ?Sized> Oracle for &O {
    type Error = O::Error;

    fn preimage(&self, hash: &B256, usual: usize) -> Result<Bytes, O::Error> {
        (**self).preimage(hash, usual)
    }

    fn provide(&self, hash: B256, bytes: &Bytes) {
        (**self).provide(hash, bytes);
    }
}
