//! The operations, version 1. Each file holds one: its fields, what it demands, what it costs, and what it computes.

mod add;
mod argmax;
mod average_pool;
mod conv;
mod gather;
mod gemm;
mod layer_norm;
mod lookup;
mod matmul;
mod max_pool;
mod mul;
mod operation;
mod rescale;
mod reshape;
mod softmax;
mod transpose;
mod values;
mod window;

pub use add::Add;
pub use argmax::ArgMax;
pub use average_pool::AveragePool;
pub use conv::Conv2d;
pub use gather::Gather;
pub use gemm::Gemm;
pub use layer_norm::LayerNorm;
#[cfg(feature = "std")]
pub(crate) use layer_norm::reciprocal_square_root;
pub use lookup::Lookup;
pub use matmul::MatMul;
pub use max_pool::MaxPool;
pub use mul::Mul;
pub use operation::{Cost, Operation};
pub use rescale::Rescale;
pub use reshape::Reshape;
pub use softmax::Softmax;
pub use transpose::Transpose;
pub use values::ValueId;
pub use window::Window;

pub(crate) use operation::Define;
pub(crate) use values::Values;
