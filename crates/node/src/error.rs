//! Errors of the roles, by what their loop must do.

use lux_chain::ChainError;
use lux_dispute::DisputeError;
use lux_l1::{CallError, L1Error, TxError, ViewError};
use lux_machine::RunError;

/// Why a step of a role did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    #[error(transparent)]
    L1(#[from] L1Error),
    #[error("L1 transaction: {0}")]
    Tx(#[from] TxError),
    #[error("L1 call: {0}")]
    Call(#[from] CallError),
    #[error("L1 view: {0}")]
    View(#[from] ViewError),
    /// The local chain failed: going on would risk accepted data.
    #[error("L2 chain: {0}")]
    Chain(#[from] ChainError),
    /// The endpoint's data contradicts the contracts' own commitments: it is broken, or lies.
    #[error("L1 endpoint gave data that contradicts the rollup contract: {0}")]
    Untrusted(String),
    /// A batch whose run has no proof: whoever needs one waits for another version, everything else goes on.
    #[error("{0}")]
    Unprovable(String),
    #[error("{0}")]
    Config(String),
}

impl NodeError {
    /// Whether the same step may succeed later without anyone doing anything.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::L1(error) => !matches!(error, L1Error::Critical(_)),
            Self::Call(error) => error.is_temporary(),
            Self::View(error) => error.is_temporary(),
            // L1's state may change: a reorganisation settles, somebody fills the account up.
            Self::Tx(TxError::Reverted(_) | TxError::InsufficientFunds(_)) => true,
            Self::Tx(error) => error.is_temporary(),
            // Another endpoint behind the same address may answer correctly next time.
            Self::Untrusted(_) | Self::Unprovable(_) => true,
            Self::Chain(_) | Self::Config(_) => false,
        }
    }
}

impl From<DisputeError> for NodeError {
    fn from(error: DisputeError) -> Self {
        match error {
            DisputeError::View(error) => Self::View(error),
            DisputeError::L1(error) => Self::L1(error),
            DisputeError::Untrusted(what) => Self::Untrusted(what),
            DisputeError::Run(error) => run_failed(error),
            DisputeError::Stopped(_) => Self::Config(error.to_string()),
        }
    }
}

/// A batch that the machine cannot run.
pub(crate) fn run_failed(error: RunError) -> NodeError {
    NodeError::Unprovable(format!("a batch cannot be run in the machine: {error}"))
}
