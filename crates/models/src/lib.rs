#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
pub use error::ModelsError;

mod layout;

mod npy;
pub use npy::{NpyArray, NpyError};

mod store;
pub use store::{fetch, load, load_model, save};

mod summary;
pub use summary::{Summary, summarize};

mod svg;
pub use svg::draw;

mod witness;
pub use witness::{Witness, infer_program};
