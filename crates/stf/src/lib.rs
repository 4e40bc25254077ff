#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;

mod crypto;
mod derive;
mod env;
mod evm;
mod execute;
mod limits;
mod overlay;
mod precompiles;
pub mod program;
mod rules;
mod signature;
mod state;

pub use derive::{BatchInput, BlockPlan, derive_blocks};
pub use env::{block_env, cfg_env, prepare_deposit, set_deposit_checks, tx_env};
pub use evm::{ChainEvm, build_evm};
pub use execute::{BlockExecutor, ExecutedBlock, ExecutionError, execute_plan, prepare, sent_messages};
pub use limits::*;
pub use overlay::{AccountChange, Changes, Overlay};
pub use precompiles::{MAX_ATTESTATION_INPUT, MAX_PRECOMPILE_INPUT, MAX_PRECOMPILE_PRICE, Precompiles};
pub use rules::{BlockAttributes, ChainKind, L1Origin, Rules};
pub use signature::recover_sender;
pub use state::{StateError, StateSource, StateTrie, TrieAccount};
