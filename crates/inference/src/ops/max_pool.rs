//! Largest element of each window.

use super::values::{ANY, result_shape};
use super::{Cost, Define, ValueId, Values, Window};
use crate::codec::fields;
use crate::run::{Backend, Run, RunError};
use crate::{Problem, Tensor, TensorType};
use alloc::{vec, vec::Vec};

fields! {
    /// `y[b, c, i, j]` = the largest `x[b, c, i', j']` in the window. Padding counts for nothing; the dilation is 1.
    MaxPool {
        /// `[batch, channels, height, width]`
        x: ValueId,
        window: Window,
    }
}

/// Type of the result of a pooling operation; `output` is its elements' type.
pub(super) fn pooled(window: &Window, value: ValueId, values: &Values<'_>) -> Result<TensorType, Problem> {
    let x = values.get(value, ANY)?;
    let [height, width] = window.results(value, x)?;
    if window.dilation != [1, 1] {
        return Err(Problem::Parameter("dilation: it must be 1"));
    }
    let shape = result_shape(vec![x.shape.dims()[0], x.shape.dims()[1], height, width])?;
    Ok(TensorType { dtype: x.dtype, shape })
}

/// Folds the elements of each window, padding left out.
pub(super) fn fold_windows(
    window: &Window,
    x: &Tensor,
    [height, width]: [usize; 2],
    result: &TensorType,
    start: i64,
    fold: impl Fn(i64, i64) -> i64,
    finish: impl Fn(i64) -> i64,
) -> Tensor {
    let (rows, columns) = (result.shape.dim(2), result.shape.dim(3));
    let [kernel_height, kernel_width] = window.kernel.map(|size| size as usize);
    let elements = (0..result.shape.elements()).map(|index| {
        let (image, position) = (index / (rows * columns), index % (rows * columns));
        let (i, j) = (position / columns, position % columns);
        let mut folded = start;
        for row in (0..kernel_height).filter_map(|u| window.source(0, i, u, height)) {
            for column in (0..kernel_width).filter_map(|v| window.source(1, j, v, width)) {
                folded = fold(folded, x.get((image * height + row) * width + column));
            }
        }
        finish(folded)
    });
    Tensor::from_values(result.dtype, elements)
}

impl Define for MaxPool {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.x]
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        pooled(&self.window, self.x, values)
    }

    fn cost(&self, _: &Values<'_>, result: &TensorType) -> Cost {
        Cost { macs: result.shape.elements() as u64 * self.window.area() as u64, scratch: 0 }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let x = run.tensor(self.x)?;
        let size = [2, 3].map(|axis| run.type_of(self.x).shape.dim(axis));
        Ok(fold_windows(&self.window, &x, size, result, i64::MIN, i64::max, |largest| largest))
    }
}
