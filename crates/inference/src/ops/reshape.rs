//! Another shape for the same elements.

use super::values::{ANY, shape_problem};
use super::{Cost, Define, ValueId, Values};
use crate::codec::fields;
use crate::run::{Backend, Run, RunError};
use crate::{Problem, Shape, Tensor, TensorType};
use alloc::{vec, vec::Vec};

fields! {
    /// `y` = the elements of `x` in order.
    Reshape {
        x: ValueId,
        shape: Shape,
    }
}

impl Define for Reshape {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.x]
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let x = values.get(self.x, ANY)?;
        if x.shape.elements() != self.shape.elements() {
            return Err(shape_problem(self.x, x, "which has another number of elements"));
        }
        Ok(TensorType { dtype: x.dtype, shape: self.shape.clone() })
    }

    fn cost(&self, _: &Values<'_>, result: &TensorType) -> Cost {
        Cost { macs: result.shape.elements() as u64, scratch: 0 }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, _: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        Ok((*run.tensor(self.x)?).clone())
    }
}
