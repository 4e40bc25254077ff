//! Products of activations.

use super::gemm::check_accumulator;
use super::values::{NARROW, result_shape, shape_problem};
use super::{Cost, Define, ValueId, Values};
use crate::codec::fields;
use crate::run::{Backend, Matrix, Product, Right, Run, RunError};
use crate::tensor::each_dtype;
use crate::{Problem, Requantize, Tensor, TensorType};
use alloc::{rc::Rc, vec, vec::Vec};

fields! {
    /// `y[.., m, n] = requantize(sum_k a[.., m, k] * b[.., k, n] * multiplier)`, with `b[.., n, k]` when transposed. All
    /// dimensions before the last two are the same.
    MatMul {
        a: ValueId,
        b: ValueId,
        /// Whether the last two dimensions of `b` are `[N, K]` rather than `[K, N]`.
        transposed: bool,
        multiplier: i16,
        output: Requantize,
    }
}

impl MatMul {
    fn columns(&self, b: &TensorType) -> usize {
        b.shape.dim(b.shape.rank() - if self.transposed { 2 } else { 1 })
    }
}

impl Define for MatMul {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.a, self.b]
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let (a, b) = (values.get(self.a, NARROW)?, values.get(self.b, NARROW)?);
        let rank = a.shape.rank();
        if rank < 2 {
            return Err(shape_problem(self.a, a, "not [.., m, k]"));
        }
        let batch = |t: &TensorType| t.shape.dims()[..rank - 2].to_vec();
        let depth = a.shape.last();
        if b.shape.rank() != rank
            || batch(b) != batch(a)
            || b.shape.dim(rank - if self.transposed { 1 } else { 2 }) != depth
        {
            return Err(shape_problem(self.b, b, "which does not fit the left operand"));
        }
        check_accumulator(depth, a.dtype, b.dtype)?;
        self.output.check()?;
        let mut dims = a.shape.dims().to_vec();
        dims[rank - 1] = self.columns(b) as u32;
        Ok(TensorType { dtype: self.output.dtype, shape: result_shape(dims)? })
    }

    fn cost(&self, values: &Values<'_>, result: &TensorType) -> Cost {
        let [a, b] = [self.a, self.b].map(|value| &values.types[usize::from(value)]);
        let macs = result.shape.elements() as u64 * a.shape.last() as u64;
        Cost { macs, scratch: if self.transposed { 0 } else { b.bytes() as u64 } }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let (a, mut b) = (run.tensor(self.a)?, run.tensor(self.b)?);
        let (shape, depth) = (&result.shape, run.type_of(self.a).shape.last());
        let (rows, columns) = (shape.dim(shape.rank() - 2), shape.last());
        if !self.transposed {
            b = Rc::new(each_dtype!(&*b, elements => transposed(elements, depth, columns).into()));
        }
        let mut y = Tensor::zeros(result.dtype, shape.elements());
        for batch in 0..shape.elements() / (rows * columns) {
            let product = Product {
                left: Matrix { tensor: &a, start: batch * rows * depth },
                right: Right::Activations(Matrix { tensor: &b, start: batch * depth * columns }),
                rows,
                columns,
                depth,
                bias: &[],
                multipliers: &[self.multiplier],
                output: self.output,
                start: batch * rows * columns,
                row_stride: columns,
                column_stride: 1,
            };
            run.multiply(&product, &mut y)?;
        }
        Ok(y)
    }
}

/// Each matrix of `rows x columns`, transposed.
fn transposed<E: Copy>(elements: &[E], rows: usize, columns: usize) -> Vec<E> {
    let mut out = Vec::with_capacity(elements.len());
    for matrix in elements.chunks_exact(rows * columns) {
        for column in 0..columns {
            out.extend(matrix.iter().skip(column).step_by(columns));
        }
    }
    out
}
