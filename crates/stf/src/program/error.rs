//! Why a batch has no output.

use crate::ExecutionError;
use core::fmt::{Debug, Display};

/// Failure of a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError<E: Debug + Display> {
    /// A preimage is missing: the run can go on where somebody has it.
    #[error("{0}")]
    Oracle(E),
    /// Something that L1 or the parent's claim vouches for is not what it must be. Only a false parent claim can cause it.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// The parent's state is none: as above.
    #[error(transparent)]
    Execution(ExecutionError),
}
