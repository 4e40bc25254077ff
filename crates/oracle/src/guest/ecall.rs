//! The instructions themselves.

use alloy_primitives::B256;
use core::arch::asm;

const HALT: u64 = 0;
const PREIMAGE: u64 = 1;
const KECCAK256: u64 = 2;
const PRECOMPILE: u64 = 3;
/// No ECALL has this number: the machine faults.
const FAULT: u64 = u64::MAX;

fn registers(hash: &B256) -> [u64; 4] {
    // SAFETY: both are 32 plain bytes.
    unsafe { core::mem::transmute::<[u8; 32], [u64; 4]>(hash.0) }
}

/// The input hash from the registers the program started with.
pub const fn input(words: [u64; 4]) -> B256 {
    // SAFETY: both are 32 plain bytes.
    B256::new(unsafe { core::mem::transmute::<[u64; 4], [u8; 32]>(words) })
}

/// Ends the program with `output`.
pub fn halt(output: &B256) -> ! {
    let [a, b, c, d] = registers(output);
    // SAFETY: the machine stops here.
    unsafe { asm!("ecall", in("x17") HALT, in("x10") a, in("x11") b, in("x12") c, in("x13") d, options(noreturn)) }
}

/// Ends the program without an output.
pub fn fault() -> ! {
    // SAFETY: the machine stops here.
    unsafe { asm!("ecall", in("x17") FAULT, options(noreturn)) }
}

/// # Safety
/// `destination` is aligned to 32 bytes and has `capacity` bytes, rounded up to 32.
pub(super) unsafe fn preimage(hash: &B256, destination: *mut u8, capacity: usize) -> usize {
    let [a, b, c, d] = registers(hash);
    let length;
    // SAFETY: the caller vouches for the destination; registers other than x10 stay.
    unsafe {
        asm!("ecall", in("x17") PREIMAGE, inlateout("x10") a => length, in("x11") b, in("x12") c, in("x13") d,
            in("x14") destination, in("x15") capacity, options(nostack));
    }
    length
}

/// # Safety
/// `source` has `length` bytes, at most 24,576, and `destination` has 32; both are aligned to 32.
pub(super) unsafe fn keccak256(source: *const u8, length: usize, destination: *mut u8) {
    // SAFETY: the caller vouches for the buffers.
    unsafe {
        asm!("ecall", in("x17") KECCAK256, in("x10") source, in("x11") length, in("x12") destination, options(nostack));
    }
}

/// Length of the output, `None` when the call fails.
///
/// # Safety
/// `source` has `length` bytes, at most 24,576, and `destination` has 1,024; both are aligned to 32.
pub(super) unsafe fn precompile(
    address: u64,
    source: *const u8,
    length: usize,
    destination: *mut u8,
    gas: u64,
) -> Option<usize> {
    let (success, written): (u64, usize);
    // SAFETY: the caller vouches for the buffers.
    unsafe {
        asm!("ecall", in("x17") PRECOMPILE, inlateout("x10") address => success, inlateout("x11") source => written,
            in("x12") length, in("x13") destination, in("x14") gas, options(nostack));
    }
    (success == 1).then_some(written)
}
