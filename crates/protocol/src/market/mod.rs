//! The compute market (`docs/ai-compute.md`): its contract, and what tasks, models, results and challenges encode.

mod abi;
pub mod contract;
pub mod enclaves;
mod input_data;
mod model;
mod proof;
mod statement;

pub use abi::MarketCodecError;
pub use input_data::InputData;
pub use model::ModelTerms;
pub use proof::{CounterProof, EvidenceKind, ResultProof};
pub use statement::AttestedResult;

use alloy_primitives::{B256, keccak256};

/// Longest location of a blob, bytes.
pub const MAX_LOCATION_BYTES: usize = 256;
/// Longest output inside a result, bytes: one piece of a blob.
pub const MAX_INLINE_BYTES: usize = crate::constants::PIECE_BYTES;

/// Claim input of a task: what its program gets.
pub fn claim_input(model_hash: B256, input_commitment: B256) -> B256 {
    keccak256([model_hash.0, input_commitment.0].concat())
}
