//! What a run needs: weights, and products of matrices.

use crate::{DType, Requantize, Tensor};
use core::fmt::{Debug, Display};

/// Rows of a tensor, from an element on.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    pub tensor: &'a Tensor,
    pub start: usize,
}

/// Right operand of a product: a row per column of the result.
#[derive(Clone, Copy, Debug)]
pub enum Right<'a> {
    Activations(Matrix<'a>),
    /// Rows of the constant at this position among the values, from `first_row` on.
    Weights {
        constant: usize,
        dtype: DType,
        first_row: usize,
    },
}

/// `y[start + m * row_stride + n * column_stride] = output((sum_k left[m, k] * right[n, k] + bias[n]) * multipliers[n])`
#[derive(Clone, Copy, Debug)]
pub struct Product<'a> {
    pub left: Matrix<'a>,
    pub right: Right<'a>,
    pub rows: usize,
    pub columns: usize,
    pub depth: usize,
    /// None is zeros.
    pub bias: &'a [i32],
    /// A single one is for all columns.
    pub multipliers: &'a [i16],
    pub output: Requantize,
    pub start: usize,
    pub row_stride: usize,
    pub column_stride: usize,
}

impl Product<'_> {
    /// Writes an element from its sum of products.
    #[inline(always)]
    pub(crate) fn store(&self, y: &mut Tensor, row: usize, column: usize, sum: i64) {
        let bias = self.bias.get(column).copied().unwrap_or_default();
        let multiplier = self.multipliers.get(column).unwrap_or(&self.multipliers[0]);
        let element = self.output.apply((sum + i64::from(bias)) * i64::from(*multiplier));
        y.set(self.start + row * self.row_stride + column * self.column_stride, element);
    }
}

/// Where weights come from and how products are computed.
pub trait Backend: Sized {
    type Error: Debug + Display;

    /// Bytes of a constant from `offset` on.
    fn read(&mut self, constant: usize, offset: usize, out: &mut [u8]) -> Result<(), Self::Error>;

    /// Computes a product. Every implementation gives the same elements.
    fn multiply(&mut self, product: &Product<'_>, y: &mut Tensor) -> Result<(), Self::Error> {
        super::multiply(self, product, y)
    }
}
