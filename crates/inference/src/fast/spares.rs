//! Buffers that are used again.

use crate::{DType, Tensor};
use std::sync::Arc;

/// Tensors that nobody needs.
#[derive(Debug, Default)]
pub(super) struct Spares(Vec<Tensor>);

impl Spares {
    /// A tensor whose elements are to be overwritten.
    pub fn take(&mut self, dtype: DType, len: usize) -> Tensor {
        let fits = |spare: &Tensor| match spare {
            _ if spare.dtype() != dtype => false,
            Tensor::I8(elements) => elements.capacity() >= len,
            Tensor::I16(elements) => elements.capacity() >= len,
            Tensor::I32(elements) => elements.capacity() >= len,
        };
        let Some(at) = self.0.iter().position(fits) else { return Tensor::zeros(dtype, len) };
        let mut tensor = self.0.swap_remove(at);
        match &mut tensor {
            Tensor::I8(elements) => elements.resize(len, 0),
            Tensor::I16(elements) => elements.resize(len, 0),
            Tensor::I32(elements) => elements.resize(len, 0),
        }
        tensor
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Keeps a tensor that nobody else has.
    pub fn release(&mut self, tensor: Arc<Tensor>) {
        self.0.extend(Arc::try_unwrap(tensor).ok());
    }
}
