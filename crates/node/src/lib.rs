#![doc = include_str!("../README.md")]

pub mod artifacts;
mod attester;
mod audits;
mod background;
mod batcher;
mod blocks;
mod bond;
mod bridge;
mod case;
mod challenger;
mod claimant;
mod deploy;
mod deriver;
mod dispute_rpc;
mod disputes;
mod error;
mod genesis;
mod held;
mod ledger;
mod node;
mod program;
mod proofs;
mod proposer;
mod prover;
mod quote_watcher;
mod quotes;
mod relayer;
mod rollup;
mod rpc;
mod sequencer;
mod transition;
mod watcher;

pub use attester::Attester;
pub use batcher::{Batcher, BatcherConfig};
pub use blocks::{batch_messages, batch_output, payload_blocks};
pub use bridge::{BridgeClient, DepositRequest, withdrawal_calls};
pub use case::Case;
pub use challenger::{Challenger, Standing};
pub use claimant::Claimant;
pub use deploy::{
    DeployRequest, Deployment, OpenRequest, OwnerCall, QuorumRequest, Service, accept_software, deploy, is_open,
    narrowest, open_l2_service, open_quorum, open_service, service_of,
};
pub use deriver::Deriver;
pub use dispute_rpc::{DisputeContext, dispute_module};
pub use disputes::Disputes;
pub use error::NodeError;
pub use genesis::{TrustedRoots, deployed_genesis, l2_genesis, l2_rules};
pub use ledger::{BatchRecord, Ledger};
pub use node::{Node, NodeConfig, Role};
pub use program::{quote_program, stf_program, stf_program_id};
pub use proofs::{SentMessage, message_proof, sent_in_transaction};
pub use proposer::Proposer;
pub use prover::{ProvableBatch, Prover};
pub use quote_watcher::QuoteWatcher;
pub use quotes::{QuoteQuestion, quote_claimed, quote_claims, quote_question, registration_quote, submit_quote_claim};
pub use relayer::Relayer;
pub use rollup::{Rollup, to_u64};
pub use rpc::{RollupContext, rollup_module};
pub use sequencer::{MAX_BLOCK_TRANSACTION_BYTES, Sequencer, SequencerConfig};
pub use watcher::Watcher;
