#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;

#[cfg(all(target_arch = "riscv64", target_os = "none"))]
pub mod guest;
mod host;
mod oracle;

pub use host::{FnOracle, MissingPreimage, Preimages, Recorder};
pub use oracle::{MAX_ACCELERATED_BYTES, MAX_PRECOMPILE_GAS, MAX_PREIMAGE_BYTES, Oracle};
