//! Products of two tensors, element by element.

use super::values::ANY;
use super::{Cost, Define, ValueId, Values};
use crate::broadcast::{broadcast, result_dims};
use crate::codec::fields;
use crate::limits::MAX_ACCUMULATOR;
use crate::run::{Backend, Run, RunError};
use crate::{Problem, Requantize, Tensor, TensorType};
use alloc::{vec, vec::Vec};

fields! {
    /// `y = requantize(a * b * multiplier)`, element by element, broadcast.
    Mul {
        a: ValueId,
        b: ValueId,
        multiplier: i16,
        output: Requantize,
    }
}

impl Define for Mul {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.a, self.b]
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let (a, b) = (values.get(self.a, ANY)?, values.get(self.b, ANY)?);
        if a.dtype.magnitude() * b.dtype.magnitude() > MAX_ACCUMULATOR {
            return Err(Problem::Overflow);
        }
        self.output.check()?;
        Ok(TensorType { dtype: self.output.dtype, shape: result_dims(a, self.b, b)? })
    }

    fn cost(&self, _: &Values<'_>, result: &TensorType) -> Cost {
        Cost { macs: result.shape.elements() as u64, scratch: 0 }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let (a, b) = (run.tensor(self.a)?, run.tensor(self.b)?);
        let shapes = [run.type_of(self.a).shape.clone(), run.type_of(self.b).shape.clone()];
        let multiplier = i64::from(self.multiplier);
        Ok(broadcast([&a, &b], [&shapes[0], &shapes[1]], result, |a, b| self.output.apply(a * b * multiplier)))
    }
}
