use crate::{Architecture, BoardError};
use lux_blobs::BlobError;
use lux_models::NpyError;
use lux_secagg::{ClientError, DecodeError, ParameterError, RosterError, ServerError};
use lux_training::privacy::{BudgetError, MechanismError, NoHeadroom};
use lux_training::{NotFinite, RuleError};
use std::path::PathBuf;

/// Why training does not go on. [`FederatedError::is_temporary`] tells whether the same step may succeed later.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FederatedError {
    #[error("{0:?} is no network that can be trained: no size is zero, and all parameters together are at most 2^28")]
    Architecture(Architecture),
    #[error("data: {0}")]
    Data(&'static str),
    #[error("data: {0}")]
    Npy(#[from] NpyError),
    #[error("job: {0}")]
    Job(&'static str),
    #[error("checkpoint: {0}")]
    Checkpoint(String),
    #[error(transparent)]
    Board(#[from] BoardError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error("a message is malformed: {0}")]
    Decode(#[from] DecodeError),
    #[error("what the coordinator handed out is malformed: {0}")]
    Handout(&'static str),
    #[error("secure aggregation: {0}")]
    Client(#[from] ClientError),
    #[error("secure aggregation: {0}")]
    Server(#[from] ServerError),
    #[error("secure aggregation: {0}")]
    Roster(#[from] RosterError),
    #[error("secure aggregation: {0}")]
    Parameters(#[from] ParameterError),
    #[error("norm proof: {0}")]
    Terms(#[from] lux_norm_proof::TermsError),
    #[error("norm proof: {0}")]
    Prove(#[from] lux_norm_proof::ProveError),
    #[error("norm proof: {0}")]
    Proof(#[from] lux_norm_proof::DecodeError),
    #[error("norm proofs: {0}")]
    Opening(#[from] lux_norm_proof::OpenError),
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error(transparent)]
    NotFinite(#[from] NotFinite),
    #[error("privacy: {0}")]
    Mechanism(#[from] MechanismError),
    #[error("privacy: {0}")]
    Headroom(#[from] NoHeadroom),
    #[error("privacy: {0}")]
    Budget(#[from] BudgetError),
    #[error("the round has no result: {0}")]
    Claim(String),
    #[error("the state of this worker in {path}: {problem}")]
    State { path: PathBuf, problem: String },
    #[error("signing: {0}")]
    Signing(String),
    #[error("the operating system gives no random numbers: {0}")]
    Random(getrandom::Error),
    #[error("{0} rounds in a row came to nothing; the last one: {1}")]
    GivenUp(u32, String),
    #[error("nothing moves any more in round {round}, phase {phase}")]
    Stalled { round: u64, phase: &'static str },
}

impl FederatedError {
    /// Whether the same step may succeed later.
    pub fn is_temporary(&self) -> bool {
        match self {
            // What is not there yet may come.
            Self::Blob(error) => error.is_temporary() || matches!(error, BlobError::NotFound(_)),
            Self::Board(error) => error.is_temporary(),
            _ => false,
        }
    }
}
