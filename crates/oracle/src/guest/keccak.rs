//! The hash function of everything: `alloy_primitives::keccak256` calls this hook (its feature `native-keccak`).

use super::{QUESTION, ecall};
use crate::MAX_ACCELERATED_BYTES;
use alloy_primitives::Keccak256;

/// # Safety
/// `bytes` points to `length` bytes, `output` to 32.
#[unsafe(no_mangle)]
unsafe extern "C" fn native_keccak256(bytes: *const u8, length: usize, output: *mut u8) {
    #[repr(align(32))]
    struct Hash([u8; 32]);
    let mut hash = Hash([0; 32]);
    // SAFETY: as the caller says.
    let input = unsafe { core::slice::from_raw_parts(bytes, length) };
    if length <= MAX_ACCELERATED_BYTES {
        // SAFETY: both are aligned now, and the source is short enough.
        QUESTION.with_aligned(input, |source| unsafe { ecall::keccak256(source, length, hash.0.as_mut_ptr()) });
    } else {
        let mut hasher = Keccak256::new();
        hasher.update(input);
        hash.0 = hasher.finalize().0;
    }
    // SAFETY: as the caller says.
    unsafe { core::ptr::copy_nonoverlapping(hash.0.as_ptr(), output, 32) };
}
