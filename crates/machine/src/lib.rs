#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod alu;
#[cfg(feature = "test-utils")]
pub mod asm;
mod code;
mod decode;
mod ecall;
mod elf;
mod error;
mod host;
mod instruction;
mod interpreter;
mod machine;
mod memory;
mod meter;
mod multiproof;
mod op;
mod params;
mod precompile;
mod program;
mod proof;
mod state;
mod status;
mod step;
mod trace;
mod tree;

pub use decode::decode;
pub use error::{ElfError, ImageError, RunError};
pub use host::Host;
pub use instruction::Instruction;
pub use machine::Machine;
pub use multiproof::merkle_root;
pub use op::Op;
pub use params::*;
pub use program::Program;
pub use proof::{ChunkProof, prove_chunk};
pub use state::{faulted_hash, halted_hash, running_hash};
pub use status::{Statistics, Status};
pub use step::Step;
pub use trace::{Trace, trace};
pub use tree::{Page, leaf_hash, node_hash};
