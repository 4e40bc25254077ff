//! Why a run has no result.

use core::fmt::{Debug, Display};

/// Failure of a run; `E` is that of the source of the weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError<E: Debug + Display> {
    #[error("the input has {found} bytes, the model takes {expected}")]
    InputLength { found: usize, expected: usize },
    #[error("index {0} is outside of the table that it refers to")]
    Index(i64),
    #[error("weights: {0}")]
    Weights(E),
}
