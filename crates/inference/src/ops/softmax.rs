//! Softmax over the last dimension, from tables of the exponential function.

use super::values::NARROW;
use super::{Cost, Define, ValueId, Values};
use crate::codec::fields;
use crate::run::{Backend, Run, RunError};
use crate::{DType, Problem, Tensor, TensorType};
use alloc::{boxed::Box, vec, vec::Vec};

fields! {
    /// For each row, all exact:
    ///
    /// ```text
    /// d[i] = min(max(x) - x[i], 256 * length(coarse) - 1)
    /// e[i] = coarse[d[i] / 256] * fine[d[i] mod 256]        t = sum e[i]
    /// y[i] = floor((2 * e[i] * one + t) / (2 * t))
    /// ```
    Softmax {
        /// `[.., n]`
        x: ValueId,
        /// A byte for its length, 1 to 255, then the entries. The first is not 0.
        coarse: Vec<u16>,
        /// 256 entries. The first is not 0.
        fine: Box<[u16; 256]>,
        /// What stands for 1 in `y`.
        one: i16,
        /// Of `y`: int8 or int16.
        dtype: DType,
    }
}

/// Largest row: sums stay within 56 bits.
const MAX_ROW: usize = 1 << 24;

impl Define for Softmax {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.x]
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let x = values.get(self.x, NARROW)?;
        if x.shape.last() > MAX_ROW {
            return Err(Problem::Overflow);
        }
        if self.coarse.first().is_none_or(|first| *first == 0) || self.fine[0] == 0 {
            return Err(Problem::Parameter("table: the largest element must count"));
        }
        if !NARROW.contains(&self.dtype) || self.one < 1 || i64::from(self.one) > self.dtype.max() {
            return Err(Problem::Parameter("unit or type of the result"));
        }
        Ok(TensorType { dtype: self.dtype, shape: x.shape.clone() })
    }

    fn cost(&self, _: &Values<'_>, result: &TensorType) -> Cost {
        Cost { macs: 3 * result.shape.elements() as u64, scratch: 8 * result.shape.last() as u64 }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let x = run.tensor(self.x)?;
        let n = result.shape.last();
        let farthest = 256 * self.coarse.len() as i64 - 1;
        let mut y = Tensor::zeros(result.dtype, x.len());
        let mut exponentials = vec![0u64; n];
        for start in (0..x.len()).step_by(n) {
            let row = (start..start + n).map(|index| x.get(index));
            let largest = row.clone().fold(i64::MIN, i64::max);
            let mut total = 0;
            for (e, x) in exponentials.iter_mut().zip(row) {
                let distance = (largest - x).min(farthest) as usize;
                *e = u64::from(self.coarse[distance >> 8]) * u64::from(self.fine[distance & 255]);
                total += *e;
            }
            for (index, e) in exponentials.iter().enumerate() {
                y.set(start + index, ((2 * e * self.one as u64 + total) / (2 * total)) as i64);
            }
        }
        Ok(y)
    }
}
