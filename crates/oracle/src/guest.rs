//! The machine's side: the ECALLs of `docs/machine.md`.
//!
//! The only unsafe code of the crate: a system call is an instruction that the compiler does not know, and the machine
//! reads and writes memory through pointers rounded down to 32 bytes.
#![allow(unsafe_code)]

mod aligned;
mod ecall;
mod keccak;

use crate::{MAX_PREIMAGE_BYTES, Oracle};
use aligned::Scratch;
use alloy_primitives::{B256, Bytes};
use core::convert::Infallible;

pub use ecall::{fault, halt, input};

/// Where PREIMAGE writes. One page-aligned place that is always the same keeps the touched pages few.
static ANSWER: Scratch<MAX_PREIMAGE_BYTES> = Scratch::new();
/// Where inputs of ECALLs are copied that do not lie at a multiple of 32.
static QUESTION: Scratch<MAX_PREIMAGE_BYTES> = Scratch::new();
/// Outputs of precompiles.
static OUTPUT: Scratch<1024> = Scratch::new();

/// Preimages through the machine.
#[derive(Clone, Copy, Debug)]
pub struct GuestOracle;

impl Oracle for GuestOracle {
    type Error = Infallible;

    fn preimage(&self, hash: &B256, usual: usize) -> Result<Bytes, Infallible> {
        let mut capacity = usual.next_multiple_of(32).min(MAX_PREIMAGE_BYTES);
        // SAFETY: ANSWER has MAX_PREIMAGE_BYTES, the program has one thread, and no reference to it outlives a call.
        unsafe {
            let mut length = ecall::preimage(hash, ANSWER.start(), capacity);
            if length > capacity {
                capacity = MAX_PREIMAGE_BYTES;
                length = ecall::preimage(hash, ANSWER.start(), capacity);
            }
            // The machine serves nothing longer than the largest capacity.
            Ok(Bytes::copy_from_slice(core::slice::from_raw_parts(ANSWER.start(), length.min(capacity))))
        }
    }
}

/// Calls the EVM precompile `address`; `None` when it fails. `gas` must be enough under any schedule and `input` at most
/// [`MAX_ACCELERATED_BYTES`](crate::MAX_ACCELERATED_BYTES) long.
pub fn precompile(address: u64, input: &[u8], gas: u64) -> Option<Bytes> {
    // SAFETY: outputs over 1,024 bytes fault; the program has one thread, and no reference to OUTPUT outlives a call.
    unsafe {
        let length = QUESTION
            .with_aligned(input, |source| ecall::precompile(address, source, input.len(), OUTPUT.start(), gas))?;
        Some(match length {
            0 => Bytes::new(),
            _ => Bytes::copy_from_slice(core::slice::from_raw_parts(OUTPUT.start(), length.min(1024))),
        })
    }
}

/// Words where the machine can read them.
#[derive(Debug)]
#[repr(C, align(32))]
pub struct Words<const N: usize>(pub [u64; N]);

/// As [`precompile`], with an input and for an output of whole words, without copies; `None` also where the output has another length.
pub fn precompile_words<const INPUT: usize, const OUTPUT_WORDS: usize>(
    address: u64,
    input: &Words<INPUT>,
    gas: u64,
) -> Option<[u64; OUTPUT_WORDS]> {
    const { assert!(8 * INPUT <= crate::MAX_ACCELERATED_BYTES) };
    // SAFETY: `input` is aligned and as long as said; outputs over 1,024 bytes fault, and OUTPUT lies on a page.
    unsafe {
        let length = ecall::precompile(address, input.0.as_ptr().cast(), 8 * INPUT, OUTPUT.start(), gas)?;
        (length == 8 * OUTPUT_WORDS).then(|| OUTPUT.start().cast::<[u64; OUTPUT_WORDS]>().read())
    }
}

/// Signer of `hash`: what the precompile at address 1 says. `v` is 0 or 1.
pub fn ecrecover(signature: &[u8; 64], v: u8, hash: &B256) -> Option<[u8; 20]> {
    #[repr(align(32))]
    struct Input([u8; 128]);
    let mut input = Input([0; 128]);
    input.0[..32].copy_from_slice(hash.as_slice());
    input.0[63] = 27 + v;
    input.0[64..].copy_from_slice(signature);
    // SAFETY: `input` is aligned and as long as said; the output is 32 bytes or none.
    unsafe {
        match ecall::precompile(1, input.0.as_ptr(), 128, OUTPUT.start(), 16_000) {
            Some(32) => core::slice::from_raw_parts(OUTPUT.start().add(12), 20).try_into().ok(),
            _ => None,
        }
    }
}
