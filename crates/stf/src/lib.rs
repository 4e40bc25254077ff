#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;

mod derive;
mod env;
mod execute;
mod overlay;
mod rules;
mod signature;
mod state;

pub use derive::{BatchInput, BlockPlan, derive_blocks};
pub use env::{block_env, cfg_env, prepare_deposit, set_deposit_checks, tx_env};
pub use execute::{BlockExecutor, ExecutedBlock, ExecutionError, execute_plan, prepare, sent_messages};
pub use overlay::{AccountChange, Changes, Overlay};
pub use rules::{BlockAttributes, ChainKind, L1Origin, Rules};
pub use signature::recover_sender;
pub use state::{StateError, StateSource, StateTrie, TrieAccount};
