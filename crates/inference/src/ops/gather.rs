//! Rows of a table, such as embeddings.

use super::values::{ANY, result_shape};
use super::{Cost, Define, ValueId, Values};
use crate::codec::fields;
use crate::run::{Backend, Run, RunError};
use crate::{DType, Problem, Tensor, TensorType};
use alloc::{vec, vec::Vec};

fields! {
    /// `y[i.., ..] = data[indices[i..], ..]`. A run with an index below 0 or beyond the table has no result.
    Gather {
        data: ValueId,
        /// int32
        indices: ValueId,
    }
}

impl Define for Gather {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.data, self.indices]
    }

    fn streamed(&self) -> Option<ValueId> {
        Some(self.data)
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let (data, indices) = (values.get(self.data, ANY)?, values.get(self.indices, &[DType::I32])?);
        let dims = [indices.shape.dims(), &data.shape.dims()[1..]].concat();
        Ok(TensorType { dtype: data.dtype, shape: result_shape(dims)? })
    }

    fn cost(&self, values: &Values<'_>, result: &TensorType) -> Cost {
        let indices = &values.types[usize::from(self.indices)];
        let row = result.bytes() / indices.shape.elements();
        let scratch = 2 * row as u64;
        Cost { macs: result.shape.elements() as u64, scratch }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let indices = run.tensor(self.indices)?;
        let table = run.type_of(self.data).shape.dim(0);
        let row = result.shape.elements() / indices.len();
        let mut y = Tensor::zeros(result.dtype, result.shape.elements());
        for (position, index) in indices.iter().enumerate() {
            let index = usize::try_from(index).ok().filter(|index| *index < table).ok_or(RunError::Index(index))?;
            let elements = run.elements(self.data, index * row, row)?;
            y.write(position * row, &elements);
        }
        Ok(y)
    }
}
