//! Index of the largest element.

use super::values::{ANY, result_shape};
use super::{Cost, Define, ValueId, Values};
use crate::codec::fields;
use crate::run::{Backend, Run, RunError};
use crate::{DType, Problem, Tensor, TensorType};
use alloc::{vec, vec::Vec};

fields! {
    /// `y[.., 0]` = the lowest `i` whose `x[.., i]` is the largest of the row; int32.
    ArgMax {
        x: ValueId,
    }
}

impl Define for ArgMax {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.x]
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let mut dims = values.get(self.x, ANY)?.shape.dims().to_vec();
        dims.pop();
        dims.push(1);
        Ok(TensorType { dtype: DType::I32, shape: result_shape(dims)? })
    }

    fn cost(&self, values: &Values<'_>, _: &TensorType) -> Cost {
        Cost { macs: values.types[usize::from(self.x)].shape.elements() as u64, scratch: 0 }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, _: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let x = run.tensor(self.x)?;
        let n = run.type_of(self.x).shape.last();
        let rows = (0..x.len()).step_by(n).map(|start| {
            let better =
                |best: usize, index: usize| if x.get(start + index) > x.get(start + best) { index } else { best };
            (0..n).fold(0, better) as i64
        });
        Ok(Tensor::from_values(DType::I32, rows))
    }
}
