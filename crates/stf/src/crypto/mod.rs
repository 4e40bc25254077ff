//! Cryptography in the two places that programs run: natively, and on the machine, which does it by system calls and
//! links none of it.

#[cfg(all(target_arch = "riscv64", target_os = "none"))]
mod guest;
#[cfg(not(all(target_arch = "riscv64", target_os = "none")))]
mod native;

#[cfg(all(target_arch = "riscv64", target_os = "none"))]
pub(crate) use guest::{ecrecover, precompile};
#[cfg(not(all(target_arch = "riscv64", target_os = "none")))]
pub(crate) use native::{ecrecover, precompile};
