#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod asm;
mod assemble;
mod emitter;
mod handlers;
mod layout;
mod lower;
mod opcode;
mod pattern;
mod pattern_text;
mod program;
mod proof;
mod runtime;
mod translate;
#[cfg(feature = "tune")]
mod tune;

pub use program::{executor_code, init_code, program_id, rom_contracts};
pub use proof::encode_proof;
#[cfg(feature = "tune")]
pub use tune::{sections, tune};
