#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod content;
mod context;
mod envelope;
mod error;
mod holder;
mod hybrid;
mod keys;
mod output;
mod padding;
mod recipients;
mod release;
mod reply;

pub use content::ContentKey;
pub use context::{Context, RollupContext, TaskContext};
pub use envelope::{Envelope, MAX_RECIPIENTS, sealed_bytes};
pub use error::ConfidentialError;
pub use holder::{Holder, HolderConfig, HolderError};
pub use keys::{DecryptionKey, EncryptionKey};
pub use output::{open_output, seal_output, sealed_output_bytes};
pub use recipients::{Recipient, Unfit, encryption_key_of, judge_recipient, named_enclaves, state_root_registry};
pub use release::{KeyRequest, MAX_REQUEST_BYTES, ReleaseError, ReleaseTerms, Released, accept_key, release_key};
pub use reply::{open_reply, seal_reply};
