use crate::TermsError;
use alloy_primitives::B256;
use lux_blobs::BlobError;
use lux_dispute::DisputeError;
use lux_federated::{BoardError, FederatedError};
use lux_l1::{L1Error, TxError, ViewError};

/// Why a role does not go on. [`ChainError::is_temporary`] tells whether the same step may succeed later.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    #[error(transparent)]
    L1(#[from] L1Error),
    #[error(transparent)]
    View(#[from] ViewError),
    #[error(transparent)]
    Tx(#[from] TxError),
    #[error(transparent)]
    Federated(#[from] FederatedError),
    #[error(transparent)]
    Dispute(#[from] DisputeError),
    #[error("terms of the job: {0}")]
    Terms(#[from] TermsError),
    #[error("there is no job {0}")]
    NoJob(B256),
    #[error("this job cannot be worked on: {0}")]
    Job(&'static str),
    #[error("{0}")]
    Config(String),
    #[error("this account was slashed in the job, and takes part no more")]
    Slashed,
}

impl ChainError {
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::L1(error) => error.is_temporary(),
            Self::View(error) => error.is_temporary(),
            // What the chain refuses now it may take later.
            Self::Tx(TxError::Reverted(_) | TxError::InsufficientFunds(_) | TxError::MinedReverted(_)) => true,
            Self::Tx(error) => error.is_temporary(),
            Self::Federated(error) => error.is_temporary(),
            Self::Dispute(error) => error.is_temporary(),
            Self::Terms(_) | Self::NoJob(_) | Self::Job(_) | Self::Config(_) | Self::Slashed => false,
        }
    }
}

impl From<BlobError> for ChainError {
    fn from(error: BlobError) -> Self {
        Self::Federated(error.into())
    }
}

impl From<BoardError> for ChainError {
    fn from(error: BoardError) -> Self {
        Self::Federated(error.into())
    }
}

/// What reading or writing a board comes to.
pub fn board_error(error: ChainError) -> BoardError {
    match error {
        ChainError::Federated(FederatedError::Board(error)) => error,
        error if error.is_temporary() => BoardError::Unreachable(error.to_string()),
        error => BoardError::Refused(error.to_string()),
    }
}
