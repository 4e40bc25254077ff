//! Why a dispute does not go on.

use lux_l1::{L1Error, ViewError};
use lux_machine::RunError;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisputeError {
    #[error(transparent)]
    View(#[from] ViewError),
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The endpoint contradicts the contracts: it is broken, or lies.
    #[error("the endpoint gave data that contradict the contracts: {0}")]
    Untrusted(String),
    /// A preimage is missing, or the run does not end.
    #[error("the machine cannot run it: {0}")]
    Run(#[from] RunError),
    #[error("the thread that runs the machine stopped: {0}")]
    Stopped(String),
}

impl DisputeError {
    /// Whether the same step may succeed later.
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::View(error) => error.is_temporary(),
            Self::L1(error) => !matches!(error, L1Error::Critical(_)),
            Self::Untrusted(_) => true,
            Self::Run(_) | Self::Stopped(_) => false,
        }
    }
}
