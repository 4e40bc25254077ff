//! Running a model. The operations are in `ops`; here is what they run on.

mod backend;
mod error;
mod execute;
mod portable;

pub use backend::{Backend, Matrix, Product, Right};
pub use error::RunError;
pub use execute::{Run, execute};
pub(crate) use portable::multiply;
pub use portable::{Blobs, NoWeights};
