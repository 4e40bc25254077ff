//! Errors of the devnet.

use alloy_primitives::Address;
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::types::error::{CALL_EXECUTION_FAILED_CODE, INTERNAL_ERROR_CODE, INVALID_PARAMS_CODE};
use lux_chain::{ChainError, pool::PoolError};
use std::time::Duration;

/// Why the devnet could not do something.
#[derive(Debug, thiserror::Error)]
pub enum DevnetError {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error(transparent)]
    Pool(#[from] PoolError),
    #[error("data folder: {0}")]
    Folder(#[from] std::io::Error),
    #[error("mnemonic: {0}")]
    Mnemonic(String),
    #[error("methods: {0}")]
    Methods(#[from] jsonrpsee::core::RegisterMethodError),
    /// A task of the runtime ended early, as when the node stops.
    #[error("stopped")]
    Stopped,
    #[error("timestamp {given} is not after the latest block's, {latest}")]
    TimestampTooLow { given: u64, latest: u64 },
    #[error("timestamp or time span is too large")]
    TimestampTooHigh,
    #[error("mining interval of {0:?}: must be between 1 ms and 365 days")]
    Interval(Duration),
    #[error("{given} blocks in one call: at most {most}")]
    TooManyBlocks { given: u64, most: u64 },
    #[error("reorganisation of {depth} blocks: must be between 1 and the number of the latest block, {latest}")]
    Depth { depth: u64, latest: u64 },
    #[error("account {0} does not exist; set its balance, nonce or code before its storage")]
    EmptyAccount(Address),
    #[error("code is malformed: {0}")]
    Code(String),
    #[error("unknown account {0}: no key for it here")]
    UnknownAccount(Address),
    #[error("signing: {0}")]
    Signer(#[from] alloy_signer::Error),
    /// The caller's JSON is not what the method takes.
    #[error("invalid params: {0}")]
    Params(String),
    /// What another method answered that was asked on the way.
    #[error("{}", .0.message())]
    Method(ErrorObjectOwned),
}

impl From<DevnetError> for ErrorObjectOwned {
    fn from(error: DevnetError) -> Self {
        use DevnetError as E;
        let code = match &error {
            E::Method(error) => return error.clone(),
            E::Chain(_) | E::Folder(_) | E::Methods(_) | E::Stopped => INTERNAL_ERROR_CODE,
            E::Pool(_) | E::Signer(_) | E::UnknownAccount(_) => CALL_EXECUTION_FAILED_CODE,
            E::Mnemonic(_)
            | E::TimestampTooLow { .. }
            | E::TimestampTooHigh
            | E::Interval(_)
            | E::TooManyBlocks { .. }
            | E::Depth { .. }
            | E::EmptyAccount(_)
            | E::Code(_)
            | E::Params(_) => INVALID_PARAMS_CODE,
        };
        Self::owned(code, error.to_string(), None::<()>)
    }
}
