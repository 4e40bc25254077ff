#![doc = include_str!("../README.md")]

pub mod artifacts;
mod batcher;
mod blocks;
mod bridge;
mod deploy;
mod deriver;
mod error;
mod genesis;
mod held;
mod ledger;
mod node;
mod proofs;
mod proposer;
mod relayer;
mod rollup;
mod rpc;
mod sending;
mod sequencer;
mod watcher;

pub use batcher::{Batcher, BatcherConfig};
pub use blocks::{batch_messages, batch_output, payload_blocks};
pub use bridge::{BridgeClient, DepositRequest, withdrawal_calls};
pub use deploy::{DeployRequest, Deployment, deploy};
pub use deriver::Deriver;
pub use error::NodeError;
pub use genesis::{l2_genesis, l2_rules};
pub use ledger::{BatchRecord, Ledger};
pub use node::{Node, NodeConfig, Role};
pub use proofs::{SentMessage, message_proof, sent_in_transaction};
pub use proposer::Proposer;
pub use relayer::Relayer;
pub use rollup::{Rollup, to_u64, view};
pub use rpc::{RollupContext, rollup_module};
pub use sequencer::{MAX_BLOCK_TRANSACTION_BYTES, Sequencer, SequencerConfig};
pub use watcher::Watcher;
