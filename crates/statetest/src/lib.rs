#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;

mod block_hashes;
mod case;
mod precompiles;
mod run;

pub use case::{Case, Fork};
pub use run::{Outcome, execute_case, run_case};
