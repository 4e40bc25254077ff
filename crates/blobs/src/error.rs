use alloy_primitives::B256;
use std::error::Error;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

type Source = Arc<dyn Error + Send + Sync>;

/// What can go wrong with a blob. [`BlobError::is_temporary`] tells whether to try again.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    #[error("blob {0} is not here: fetch it from another place")]
    NotFound(B256),
    #[error(
        "bytes of blob {commitment} are not those it commits to ({part}): this place is broken or lies, take another"
    )]
    Corrupt { commitment: B256, part: Part },
    #[error("blob {commitment} has {length} bytes, more than the limit of {limit}")]
    TooLarge { commitment: B256, length: u64, limit: u64 },
    #[error("bytes {}..{} are not within the blob's {length}", range.start, range.end)]
    OutOfRange { range: Range<u64>, length: u64 },
    #[error("the store is full: it may hold {limit} bytes, and what it holds is needed; give it more room")]
    Full { limit: u64 },
    #[error("{} is in use by another process, and a cache belongs to one: give each a folder of its own", .0.display())]
    InUse(PathBuf),
    #[error("store: {0}")]
    Store(Source),
    #[error("reading what is to be stored: {0}")]
    Source(Source),
    #[error("location {location:?} cannot be used: {reason}")]
    Location { location: String, reason: &'static str },
    #[error("{url} answered with status {status}{}", if (300..400).contains(status) { ": redirects are not followed" } else { "" })]
    Status { url: String, status: u16 },
    #[error("{url}: {source}")]
    Network { url: String, source: Source },
    #[error("{url}: {what} took longer than allowed")]
    TimedOut { url: String, what: &'static str },
}

/// Which bytes failed their check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Length and piece hashes do not lead to the commitment.
    Index,
    /// The piece of this number.
    Piece(u64),
    /// All bytes given for the blob, or their number.
    Whole,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Index => f.write_str("its index"),
            Self::Piece(number) => write!(f, "piece {number}"),
            Self::Whole => f.write_str("the whole"),
        }
    }
}

impl BlobError {
    /// Whether the same request may succeed later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Full { .. } | Self::Store(_) | Self::Network { .. } | Self::TimedOut { .. } => true,
            Self::Status { status, .. } => *status >= 500 || matches!(status, 408 | 429),
            _ => false,
        }
    }

    pub(crate) fn source(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Source(Arc::new(error))
    }

    pub(crate) fn store(commitment: B256, error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::NotFound(commitment),
            other => Self::Store(Arc::new(other)),
        }
    }

    pub(crate) fn network(url: &str, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Network { url: url.to_owned(), source: error.into().into() }
    }
}
