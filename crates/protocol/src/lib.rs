#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;

mod batch;
pub mod constants;
pub mod contracts;
mod deposit;
mod envelope;
pub mod errors;
mod fees;
pub mod market;
mod merkle;
mod message;
mod payload;
mod queue;
mod receipt;
mod trace;
pub mod training;
mod transaction;
mod unsigned;

pub use batch::{BatchOutput, ClaimInput, OutputBuilder, decode_params, params_hash};
pub use deposit::Deposit;
pub use envelope::{BatchData, EnvelopeError};
pub use fees::{BaseFeeParams, next_base_fee};
pub use merkle::{MerkleBuilder, merkle_nodes, merkle_proof, merkle_root, payload_commitment, verify_merkle_proof};
pub use message::{message_hash, withdrawal_message};
pub use payload::{PayloadBlock, PayloadError, decode_payload, encode_payload};
pub use queue::{QueueEntry, accumulate, alias};
pub use receipt::Receipt;
pub use trace::{ClaimTrace, TraceError};
pub use transaction::{DecodeError, EthTransaction, Transaction};
pub use unsigned::UnsignedTx;
