#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
pub use error::ModelsError;

mod store;
pub use store::{fetch, load, save};

mod witness;
pub use witness::{Witness, infer_program};
