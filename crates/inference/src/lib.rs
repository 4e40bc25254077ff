#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;

pub mod blob;
mod broadcast;
mod bundle;
mod codec;
#[cfg(feature = "std")]
mod costs;
mod dtype;
mod error;
#[cfg(feature = "std")]
pub mod fast;
#[cfg(feature = "import")]
pub mod import;
pub mod limits;
mod model;
pub mod ops;
mod plan;
pub mod program;
mod requantize;
pub mod run;
mod scale;
mod tensor;
mod tensor_type;
#[cfg(feature = "std")]
mod values;

pub use bundle::{Bundle, BundleError, ModelBuilder};
pub use codec::MAGIC;
pub use dtype::DType;
pub use error::{ModelError, Problem};
pub use model::{Constant, Definition, Input, Model, Output};
pub use plan::Plan;
pub use requantize::{Requantize, rounding_shift};
pub use scale::Scale;
pub use tensor::{Element, Tensor};
pub use tensor_type::{Shape, TensorType};
