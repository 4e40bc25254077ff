//! Change of scale or type; with no shift and a multiplier of 1, clipping and ReLU.

use super::values::ANY;
use super::{Cost, Define, ValueId, Values};
use crate::codec::fields;
use crate::run::{Backend, Run, RunError};
use crate::tensor::each_dtype;
use crate::{Problem, Requantize, Tensor, TensorType};
use alloc::{vec, vec::Vec};

fields! {
    /// `y = requantize(x * multiplier)`
    Rescale {
        x: ValueId,
        multiplier: i16,
        output: Requantize,
    }
}

impl Define for Rescale {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.x]
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let x = values.get(self.x, ANY)?;
        self.output.check()?;
        Ok(TensorType { dtype: self.output.dtype, shape: x.shape.clone() })
    }

    fn cost(&self, _: &Values<'_>, result: &TensorType) -> Cost {
        Cost { macs: result.shape.elements() as u64, scratch: 0 }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let (x, multiplier) = (run.tensor(self.x)?, i64::from(self.multiplier));
        let rescale = |x: i64| self.output.apply(x * multiplier);
        Ok(each_dtype!(&*x, elements => {
            Tensor::from_values(result.dtype, elements.iter().map(|x| rescale((*x).into())))
        }))
    }
}
