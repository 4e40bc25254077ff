//! Why sealed bytes do not open.

use crate::{EncryptionKey, MAX_RECIPIENTS};

/// What is wrong with an envelope, an output or a key. None of them tells anything about a plaintext.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfidentialError {
    #[error("not sealed bytes of this version")]
    Version,
    #[error("sealed bytes end too early, or have a length that no plaintext leads to")]
    Length,
    #[error("sealed bytes are {bytes} long, above the limit of {limit}")]
    TooLarge { bytes: usize, limit: usize },
    #[error("{0} recipients, above the limit of {MAX_RECIPIENTS}")]
    TooManyRecipients(usize),
    #[error("the recipient {0} is named twice")]
    RecipientTwice(EncryptionKey),
    #[error("{0} is no key to encrypt to")]
    InvalidKey(EncryptionKey),
    #[error("sealed, and there is no key of an enclave here")]
    NoKey,
    #[error("sealed to others: {0} is none of the recipients")]
    NotRecipient(EncryptionKey),
    /// Sealed for another chain, market, model, requester or task, or changed: which of these cannot be told.
    #[error("the content key does not open: it was sealed for something else, or changed")]
    WrongContext,
    #[error("the content key is not the one that the envelope commits to")]
    OtherContentKey,
    #[error("the sealed bytes do not open: they were changed, or are of another envelope")]
    Tampered,
    #[error("the padding is not what it has to be")]
    Padding,
}
