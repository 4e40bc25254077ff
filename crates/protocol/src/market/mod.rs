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
pub use statement::{AttestedResult, EncryptionKey};

use alloy_primitives::{B256, b256, keccak256};

/// Longest location of a blob, bytes.
pub const MAX_LOCATION_BYTES: usize = 256;
/// Longest output inside a result, bytes: one piece of a blob.
pub const MAX_INLINE_BYTES: usize = crate::constants::PIECE_BYTES;

/// Claim input of a task: what its program gets.
pub fn claim_input(model_hash: B256, input_commitment: B256) -> B256 {
    keccak256([model_hash.0, input_commitment.0].concat())
}

/// Of a program whose input is opened and whose output is sealed by an enclave. No machine runs it.
pub fn sealed_program(program: B256) -> B256 {
    /// `keccak256("LUX_SEALED_PROGRAM_V1")`
    const SEALED: B256 = b256!("ebde48e7425126bb2593516e37de0b9c637bc28478316ebd842858963f0f3dce");
    keccak256([SEALED.0, program.0].concat())
}
