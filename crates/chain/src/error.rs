//! Errors of the chain engine.

use lux_stf::{ExecutionError, StateError};

/// Why the engine could not do something.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The disk or the database failed. Nothing was changed; going on would risk accepted data.
    #[error("database: {0}")]
    Store(String),
    #[error("stored {0} is malformed; the data folder is damaged or of another version")]
    Corrupt(&'static str),
    #[error("state: {0}")]
    State(#[from] StateError),
    #[error("execution: {0}")]
    Execution(#[from] ExecutionError),
    #[error("block {0} is not on this chain")]
    UnknownBlock(u64),
    #[error("data folder holds another chain: genesis {found}, expected {expected}")]
    GenesisMismatch { found: alloy_primitives::B256, expected: alloy_primitives::B256 },
}

macro_rules! from_redb {
    ($($error:ident),*) => {$(
        impl From<redb::$error> for ChainError {
            fn from(error: redb::$error) -> Self {
                Self::Store(error.to_string())
            }
        }
    )*};
}
from_redb!(DatabaseError, TransactionError, TableError, StorageError, CommitError, SetDurabilityError);
