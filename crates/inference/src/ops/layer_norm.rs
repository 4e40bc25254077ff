//! Layer normalisation over the last dimension, with an integer reciprocal square root.

use super::values::{NARROW, shape_problem};
use super::{Cost, Define, ValueId, Values};
use crate::codec::fields;
use crate::run::{Backend, Run, RunError};
use crate::{DType, Problem, Requantize, Tensor, TensorType};
use alloc::{vec, vec::Vec};

/// Largest row: `n^2 * magnitude^2` stays within 60 bits.
const MAX_ROW: usize = 1 << 15;
const MAX_EPSILON: u64 = 1 << 60;
const MAX_PRECISION: u8 = 40;
const MAX_BETA_SHIFT: u8 = 30;

fields! {
    /// For each row of `n` elements, all exact but the last step:
    ///
    /// ```text
    /// s = sum x[i]        c[i] = n * x[i] - s        w = n * sum x[i]^2 - s^2 + epsilon
    /// r : r^2 * w <= 2^(2 * precision) < (r + 1)^2 * w
    /// y[i] = requantize(c[i] * r * gamma[i] + beta[i] * 2^beta_shift)
    /// ```
    LayerNorm {
        /// `[.., n]`
        x: ValueId,
        /// Constant, int16, `[n]`
        gamma: ValueId,
        /// Constant, int32, `[n]`
        beta: ValueId,
        /// In units of `n^2` squared steps of `x`; at least 1.
        epsilon: u64,
        precision: u8,
        beta_shift: u8,
        output: Requantize,
    }
}

/// The only `r` with `r^2 * w <= 2^(2 * precision) < (r + 1)^2 * w`, for `w` of at least 1.
pub fn reciprocal_square_root(w: u64, precision: u8) -> u64 {
    ((1u128 << (2 * precision)) / u128::from(w)).isqrt() as u64
}

impl Define for LayerNorm {
    fn operands(&self) -> Vec<ValueId> {
        vec![self.x, self.gamma, self.beta]
    }

    fn check(&self, values: &Values<'_>) -> Result<TensorType, Problem> {
        let x = values.get(self.x, NARROW)?;
        let row = x.shape.last();
        if row > MAX_ROW {
            return Err(shape_problem(self.x, x, "whose last dimension is too large"));
        }
        values.vector(self.gamma, DType::I16, row, "not [last dimension of x]")?;
        values.vector(self.beta, DType::I32, row, "not [last dimension of x]")?;
        if !(1..=MAX_EPSILON).contains(&self.epsilon) {
            return Err(Problem::Parameter("epsilon"));
        }
        // |c * r| <= sqrt(n) * 2^precision: at most 8 + 40 bits, and gamma has 15.
        if self.precision > MAX_PRECISION || self.beta_shift > MAX_BETA_SHIFT {
            return Err(Problem::Parameter("precision or shift of beta"));
        }
        let root_bits = row.next_power_of_two().trailing_zeros().div_ceil(2);
        if u32::from(self.precision) + root_bits + 15 > 61 {
            return Err(Problem::Overflow);
        }
        self.output.check()?;
        Ok(TensorType { dtype: self.output.dtype, shape: x.shape.clone() })
    }

    fn cost(&self, _: &Values<'_>, result: &TensorType) -> Cost {
        Cost { macs: 3 * result.shape.elements() as u64, scratch: 0 }
    }

    fn run<B: Backend>(&self, run: &mut Run<'_, B>, result: &TensorType) -> Result<Tensor, RunError<B::Error>> {
        let x = run.tensor(self.x)?;
        let (gamma, beta) = (run.i16s(self.gamma)?, run.i32s(self.beta)?);
        let n = gamma.len();
        let mut y = Tensor::zeros(result.dtype, x.len());
        for start in (0..x.len()).step_by(n) {
            let row = (start..start + n).map(|index| x.get(index));
            let (sum, squares) = row.clone().fold((0, 0), |(sum, squares), x| (sum + x, squares + x * x));
            let w = (n as i64 * squares - sum * sum) as u64 + self.epsilon;
            let r = reciprocal_square_root(w, self.precision) as i64;
            for (index, x) in row.enumerate() {
                let scaled = (n as i64 * x - sum) * r * i64::from(gamma[index]);
                let shifted = i64::from(beta[index]) << self.beta_shift;
                y.set(start + index, self.output.apply(scaled + shifted));
            }
        }
        Ok(y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_root_is_pinned_by_its_inequality(bits in 0u32..62, low: u64, precision in 0u8..=MAX_PRECISION) {
            let w = (low & ((1 << bits) - 1)) | 1 << bits;
            let r = u128::from(reciprocal_square_root(w, precision));
            let (w, one) = (u128::from(w), 1u128 << (2 * precision));
            prop_assert!(r * r * w <= one);
            // (r + 1)^2 * w may exceed 128 bits only where it is far above `one`.
            prop_assert!((r + 1).checked_mul(r + 1).and_then(|square| square.checked_mul(w)).is_none_or(|v| v > one));
        }
    }
}
