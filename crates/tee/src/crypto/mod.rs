//! Cryptography in the two places that attestations are checked: natively, and on the machine of `docs/machine.md`, which
//! has system calls for SHA-256, P-256 and powers of large numbers. Both come to the same verdict on every input.

#[cfg(any(test, all(target_arch = "riscv64", target_os = "none")))]
mod ecdsa384;
#[cfg(all(target_arch = "riscv64", target_os = "none"))]
mod guest;
#[cfg(not(all(target_arch = "riscv64", target_os = "none")))]
mod native;
#[cfg(any(test, all(target_arch = "riscv64", target_os = "none")))]
mod price;
mod pss;

#[cfg(all(target_arch = "riscv64", target_os = "none"))]
use guest as backend;
#[cfg(not(all(target_arch = "riscv64", target_os = "none")))]
use native as backend;

pub(crate) use backend::{sha256, verify_p256, verify_p384};
pub(crate) use pss::verify_rsa_pss;

/// Bytes of an RSA-4096 modulus.
pub(crate) const RSA_BYTES: usize = 512;
