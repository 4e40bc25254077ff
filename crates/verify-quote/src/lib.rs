#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod program;
mod question;

pub use program::{ClaimError, claim_output, verify_quote};
pub use question::{MAX_BLOB_BYTES, Question};
