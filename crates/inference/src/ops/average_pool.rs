//! Mean of each window; over the whole image, global average pooling.

use super::max_pool::{fold_windows, pooled};
use super::{Cost, Define, ValueId, Values, Window};
use crate::codec::fields;
use crate::limits::MAX_ACCUMULATOR;
use crate::run::{Backend, Run, RunError};
use crate::{Problem, Requantize, Tensor, TensorType};
use alloc::{vec, vec::Vec};

fields! {
    /// `y[b, c, i, j] = requantize(multiplier * sum of x[b, c, i', j'] in the window)`. Padding counts as zeros; the
    /// dilation is 1. The multiplier and the shift divide by the number of elements.
    AveragePool {
        /// `[batch, channels, height, width]`
        x: ValueId,
        window: Window,
        multiplier: i16,
        output: Requantize,
    }
}

impl Define for AveragePool {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.x]
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let pooled = pooled(&self.window, self.x, values)?;
        self.output.check()?;
        if (self.window.area() as i64).checked_mul(pooled.dtype.magnitude()).is_none_or(|sum| sum > MAX_ACCUMULATOR) {
            return Err(Problem::Overflow);
        }
        Ok(TensorType { dtype: self.output.dtype, ..pooled })
    }

    fn cost(&self, _: &Values<'_>, result: &TensorType) -> Cost {
        Cost { macs: result.shape.elements() as u64 * self.window.area() as u64, scratch: 0 }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let x = run.tensor(self.x)?;
        let size = [2, 3].map(|axis| run.type_of(self.x).shape.dim(axis));
        let finish = |sum| self.output.apply(sum * i64::from(self.multiplier));
        Ok(fold_windows(&self.window, &x, size, result, 0, |sum, x| sum + x, finish))
    }
}
