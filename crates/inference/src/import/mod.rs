//! From a trained network to an integer model: ONNX, calibration on sample inputs, quantisation, and what it cost in accuracy.

mod array;
mod calibration;
mod error;
mod evaluate;
mod graph;
mod histogram;
mod lower;
mod numbers;
#[doc(hidden)]
pub mod onnx;
mod read;
mod report;

pub use array::Array;
pub use calibration::Calibration;
pub use error::ImportError;
pub use graph::{Float, FloatId, FloatOp, Graph};
pub use lower::quantize;
pub use read::read_onnx;
pub use report::{Compared, Comparison, Report, compare};
