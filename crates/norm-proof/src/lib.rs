#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;

mod blinding;
mod element;
mod error;
mod fold;
mod generators;
mod hash;
mod multiply;
mod opening;
mod program;
mod projection;
mod proof;
mod prover;
mod relation;
mod setup;
mod statement;
mod terms;
mod verifier;
mod word;

#[cfg(test)]
mod forgeries;

pub use blinding::{Blinding, LIMBS};
pub use element::Element;
pub use error::{DecodeError, OpenError, ProveError, TermsError, VerifyError};
pub use program::{BAD, NormQuestion, run_norm};
pub use proof::Proof;
pub use setup::Setup;
pub use statement::Statement;
pub use terms::{MAX_BOUND, MAX_LENGTH, Terms};
pub use verifier::Refused;
pub use word::Word;
