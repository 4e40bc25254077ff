//! Errors, sorted by what a loop must do about them.

use alloy_primitives::{Address, B256};

use crate::{BlockId, Revert};

/// What went wrong on the way to L1, by handling strategy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum L1Error {
    /// Try the same call again later; nothing was consumed.
    #[error(transparent)]
    Temporary(#[from] TemporaryError),
    /// Retrying cannot help: configuration, storage or an endpoint that lacks a method we need.
    #[error(transparent)]
    Critical(#[from] CriticalError),
    /// What was derived so far may not be canonical: drop it and derive again from the start.
    #[error(transparent)]
    Reset(#[from] ResetError),
}

impl L1Error {
    /// Whether the caller should simply try again.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Temporary(_))
    }

    pub(crate) fn inconsistent(what: &'static str) -> Self {
        TemporaryError::Inconsistent(what).into()
    }

    /// The error object that the server answered with, if it answered at all.
    pub fn as_rpc(&self) -> Option<&RpcError> {
        match self {
            Self::Temporary(TemporaryError::Rpc(e)) => Some(e),
            _ => None,
        }
    }

    /// The server does not know the method, so that a caller may fall back to another one.
    pub(crate) const fn is_unsupported(&self) -> bool {
        matches!(self, Self::Critical(CriticalError::Unsupported { .. }))
    }
}

/// Reasons to retry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemporaryError {
    /// No connection, or it broke.
    #[error("L1 endpoint unreachable in {method}: {message}")]
    Transport { method: String, message: String },
    /// No answer in time.
    #[error("L1 endpoint timed out in {method}")]
    Timeout { method: String },
    /// An HTTP status other than 2xx.
    #[error("L1 endpoint answered HTTP {status} to {method}")]
    Http { method: String, status: u16 },
    /// The answer exceeds the size limit.
    #[error("answer of the L1 endpoint to {method} is too large")]
    TooLarge { method: String },
    /// The answer is not what the method returns.
    #[error("malformed answer of the L1 endpoint to {method}: {message}")]
    Malformed { method: String, message: String },
    /// A JSON-RPC error object.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// Answers contradict each other: a reorg between two calls, or endpoints behind a load balancer.
    #[error("L1 endpoint gave inconsistent answers: {0}")]
    Inconsistent(&'static str),
}

/// Reasons to stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CriticalError {
    #[error("invalid L1 URL: {0}")]
    InvalidUrl(String),
    #[error("L1 endpoint serves chain {got}, expected {expected}")]
    WrongChain { expected: u64, got: u64 },
    #[error("L1 endpoint does not support {method}")]
    Unsupported { method: String },
    #[error("cannot encode the parameters of {method}: {message}")]
    Encode { method: String, message: String },
    #[error("transaction journal: {0}")]
    Journal(String),
    #[error("signing failed: {0}")]
    Signer(String),
    #[error("invalid argument: {0}")]
    InvalidArgument(&'static str),
}

/// Reasons to derive again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResetError {
    /// No remembered block is on the canonical chain any more.
    #[error("L1 reorganised below block {} ({}), the oldest remembered one", oldest.number, oldest.hash)]
    ReorgTooDeep { oldest: BlockId, canonical: B256 },
}

/// A JSON-RPC error object; the message is shortened and free of control characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{method}: {message} (code {code})")]
pub struct RpcError {
    pub method: String,
    pub code: i32,
    pub message: String,
    /// The `data` member as JSON text.
    pub data: Option<String>,
}

/// `eth_call` and `eth_estimateGas` either revert or fail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error(transparent)]
    Reverted(#[from] Revert),
    #[error(transparent)]
    L1(#[from] L1Error),
}

impl CallError {
    /// Whether the same call may succeed later: the state of the chain may change.
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::L1(error) => !matches!(error, L1Error::Critical(_)),
            Self::Reverted(_) => true,
        }
    }
}

/// Why a view has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    #[error(transparent)]
    Call(#[from] CallError),
    /// Another contract, or none, is at the address.
    #[error("{to} does not answer {signature} as our contracts do: {message}")]
    Foreign { to: Address, signature: &'static str, message: String },
}

impl ViewError {
    /// Whether the same call may succeed later.
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::Call(error) => error.is_temporary(),
            Self::Foreign { .. } => false,
        }
    }
}

/// Text from the network for logs and errors: bounded, one line, printable.
pub(crate) fn sanitize(text: &str) -> String {
    const MAX_CHARS: usize = 300;
    let mut out: String = text.chars().take(MAX_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MAX_CHARS).is_some() {
        out.push('…');
    }
    out
}
