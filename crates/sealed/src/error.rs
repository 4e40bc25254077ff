//! Why nothing comes of a sealed request.

use alloy_primitives::Address;
use lux_confidential::{ConfidentialError, Unfit};
use lux_l1::{L1Error, ViewError};

/// What whoever sends an envelope may know. Nothing of it depends on a plaintext.
#[derive(Debug, thiserror::Error)]
pub enum SealedError {
    /// By bytes that everybody sees.
    #[error(transparent)]
    Envelope(ConfidentialError),
    #[error("the key of the enclave {enclave} is not to be used: {reason}")]
    Unfit { enclave: Address, reason: Unfit },
    /// Which of the reasons it is, is not told: it would help who tries envelopes out.
    #[error("the envelope does not open: it was sealed for something else, or changed")]
    Closed,
    #[error("the node's database: {0}")]
    Store(#[from] redb::Error),
    #[error("{0}")]
    Config(String),
    #[error(transparent)]
    View(#[from] ViewError),
    #[error(transparent)]
    L1(#[from] L1Error),
}

/// Why a sender does not get through.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error("the node at --l2 takes no encrypted transactions: {0}")]
    NoEnclave(String),
    #[error("nothing is sent: {0}")]
    Unfit(String),
    #[error("L1: {0}")]
    View(#[from] ViewError),
    #[error("L1: {0}")]
    L1(L1Error),
    #[error("the sequencer: {0}")]
    Node(L1Error),
    #[error("sealing: {0}")]
    Sealing(#[from] ConfidentialError),
    #[error("the sequencer's answer is not one: {0}")]
    Answer(String),
    #[error("{0} bytes are more than a request may have")]
    TooLarge(usize),
}
