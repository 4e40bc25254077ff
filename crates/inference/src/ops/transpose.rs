//! Another order of the dimensions.

use super::values::{ANY, result_shape};
use super::{Cost, Define, ValueId, Values};
use crate::codec::fields;
use crate::run::{Backend, Run, RunError};
use crate::tensor::each_dtype;
use crate::{Problem, Tensor, TensorType};
use alloc::{vec, vec::Vec};

fields! {
    /// Dimension `i` of `y` is dimension `permutation[i]` of `x`.
    Transpose {
        x: ValueId,
        /// A byte for its length, then a byte each.
        permutation: Vec<u8>,
    }
}

impl Define for Transpose {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.x]
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let x = values.get(self.x, ANY)?;
        let mut sorted = self.permutation.clone();
        sorted.sort_unstable();
        if !sorted.iter().map(|axis| usize::from(*axis)).eq(0..x.shape.rank()) {
            return Err(Problem::Parameter("permutation: it must name each dimension once"));
        }
        let dims: Vec<u32> = self.permutation.iter().map(|axis| x.shape.dims()[usize::from(*axis)]).collect();
        Ok(TensorType { dtype: x.dtype, shape: result_shape(dims)? })
    }

    fn cost(&self, _: &Values<'_>, result: &TensorType) -> Cost {
        Cost { macs: result.shape.elements() as u64, scratch: 0 }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let x = run.tensor(self.x)?;
        let strides = run.type_of(self.x).shape.strides();
        let strides: Vec<usize> = self.permutation.iter().map(|axis| strides[usize::from(*axis)]).collect();
        Ok(each_dtype!(&*x, elements => walk(elements, &strides, result).into()))
    }
}

/// Elements of `x` in the order of the result, whose neighbours along each axis are `strides` apart.
fn walk<E: Copy>(x: &[E], strides: &[usize], result: &TensorType) -> Vec<E> {
    let (mut position, mut at) = (vec![0; strides.len()], 0);
    let (inner, step) = (result.shape.last(), strides[strides.len() - 1]);
    let mut out = Vec::with_capacity(x.len());
    while out.len() < x.len() {
        out.extend((0..inner).map(|index| x[at + index * step]));
        for axis in (0..strides.len() - 1).rev() {
            position[axis] += 1;
            at += strides[axis];
            if position[axis] < result.shape.dim(axis) {
                break;
            }
            at -= strides[axis] * position[axis];
            position[axis] = 0;
        }
    }
    out
}
