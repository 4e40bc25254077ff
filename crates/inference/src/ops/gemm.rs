//! Activations times constant weights.

use super::values::{NARROW, result_shape, shape_problem};
use super::{Cost, Define, ValueId, Values};
use crate::codec::fields;
use crate::limits::MAX_ACCUMULATOR;
use crate::run::{Backend, Matrix, Product, Run, RunError};
use crate::{DType, Problem, Requantize, Tensor, TensorType};
use alloc::{vec, vec::Vec};

fields! {
    /// `y[.., n] = requantize((sum_k x[.., k] * weights[n, k] + bias[n]) * multipliers[n])`
    Gemm {
        /// `[.., K]`
        x: ValueId,
        /// Constant, `[N, K]`: a row per output.
        weights: ValueId,
        /// Constant, int32, `[N]`
        bias: ValueId,
        /// Constant, int16, `[N]`
        multipliers: ValueId,
        output: Requantize,
    }
}

/// Fails when a sum of `depth` products and a bias could overflow.
pub(super) fn check_accumulator(depth: usize, a: DType, b: DType) -> Result<(), Problem> {
    let terms = i64::try_from(depth).ok().and_then(|depth| depth.checked_mul(a.magnitude() * b.magnitude()));
    match terms {
        Some(terms) if terms <= MAX_ACCUMULATOR - DType::I32.magnitude() => Ok(()),
        _ => Err(Problem::Overflow),
    }
}

/// Buffers for one row of weights, as bytes and as numbers.
pub(super) fn weight_buffers(weights: &TensorType) -> u64 {
    let outputs = weights.shape.dim(0);
    (2 * weights.bytes() / outputs) as u64
}

impl Define for Gemm {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.x, self.weights, self.bias, self.multipliers]
    }

    fn streamed(&self) -> Option<ValueId> {
        Some(self.weights)
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let (x, weights) = (values.get(self.x, NARROW)?, values.constant(self.weights, NARROW)?);
        if weights.shape.rank() != 2 || weights.shape.dim(1) != x.shape.last() {
            return Err(shape_problem(self.weights, weights, "not [outputs, last dimension of x]"));
        }
        let outputs = weights.shape.dim(0);
        values.vector(self.bias, DType::I32, outputs, "not [outputs]")?;
        values.vector(self.multipliers, DType::I16, outputs, "not [outputs]")?;
        check_accumulator(x.shape.last(), x.dtype, weights.dtype)?;
        self.output.check()?;
        let mut dims = x.shape.dims().to_vec();
        dims[x.shape.rank() - 1] = outputs as u32;
        Ok(TensorType { dtype: self.output.dtype, shape: result_shape(dims)? })
    }

    fn cost(&self, values: &Values<'_>, result: &TensorType) -> Cost {
        let weights = &values.types[usize::from(self.weights)];
        let macs = result.shape.elements() as u64 * weights.shape.dim(1) as u64;
        Cost { macs, scratch: weight_buffers(weights) }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let x = run.tensor(self.x)?;
        let (bias, multipliers) = (run.i32s(self.bias)?, run.i16s(self.multipliers)?);
        let (columns, depth) = (bias.len(), run.type_of(self.x).shape.last());
        let product = Product {
            left: Matrix { tensor: &x, start: 0 },
            right: run.weights(self.weights, 0),
            rows: x.len() / depth,
            columns,
            depth,
            bias: &bias,
            multipliers: &multipliers,
            output: self.output,
            start: 0,
            row_stride: columns,
            column_stride: 1,
        };
        let mut y = Tensor::zeros(result.dtype, result.shape.elements());
        run.multiply(&product, &mut y)?;
        Ok(y)
    }
}
