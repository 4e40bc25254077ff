//! Why a step of a worker or watcher did not succeed.

use lux_blobs::BlobError;
use lux_confidential::ConfidentialError;
use lux_dispute::DisputeError;
use lux_l1::{L1Error, TxError, ViewError};
use lux_models::ModelsError;

/// By what a loop must do about it.
#[derive(Debug, thiserror::Error)]
pub enum ComputeError {
    #[error(transparent)]
    Chain(#[from] L1Error),
    #[error(transparent)]
    View(#[from] ViewError),
    #[error("transaction: {0}")]
    Tx(#[from] TxError),
    #[error(transparent)]
    Dispute(#[from] DisputeError),
    #[error(transparent)]
    Data(#[from] DataError),
    /// Going on would risk work that is paid for.
    #[error("records of the worker: {0}")]
    Records(String),
    #[error("{0}")]
    Config(String),
}

impl ComputeError {
    /// Whether the same step may succeed later without anyone doing anything.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Chain(error) => !matches!(error, L1Error::Critical(_)),
            Self::View(error) => error.is_temporary(),
            // The state of the chain may change, and somebody may fill the account up.
            Self::Tx(TxError::Reverted(_) | TxError::InsufficientFunds(_)) => true,
            Self::Tx(error) => error.is_temporary(),
            Self::Dispute(error) => error.is_temporary(),
            Self::Data(error) => error.may_pass(),
            Self::Records(_) | Self::Config(_) => false,
        }
    }
}

/// Why model or input of a task cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DataError {
    #[error("model: {0}")]
    Model(#[from] ModelsError),
    #[error("blob: {0}")]
    Blob(BlobError),
    #[error("the input has {found} bytes, and the model takes {expected}")]
    InputLength { found: u64, expected: u64 },
    #[error("the model cannot be prepared: {0}")]
    Unusable(String),
    #[error("sealed input: {0}")]
    Sealed(#[from] ConfidentialError),
    #[error("there is no place to fetch {0} from: put it into the store, or name a source")]
    NoPlace(&'static str),
}

impl DataError {
    /// Whether model or input seem to be none: the program may have no output for them.
    pub const fn is_malformed(&self) -> bool {
        match self {
            Self::Model(error) => matches!(
                error,
                ModelsError::Model { .. } | ModelsError::Weights { .. } | ModelsError::Blob(BlobError::TooLarge { .. })
            ),
            Self::Blob(error) => matches!(error, BlobError::TooLarge { .. }),
            Self::InputLength { .. } => true,
            Self::Unusable(_) | Self::NoPlace(_) | Self::Sealed(_) => false,
        }
    }

    /// Whether the bytes may come later.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Model(ModelsError::Blob(_)) | Self::Blob(_) | Self::NoPlace(_))
    }
}
