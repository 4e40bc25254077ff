//! The one rounding of the numerics.

use crate::{DType, Problem, limits::MAX_SHIFT};

/// `floor((v + 2^(shift - 1)) / 2^shift)`; `v` itself for no shift.
#[inline(always)]
pub const fn rounding_shift(v: i64, shift: u8) -> i64 {
    if shift == 0 { v } else { (v + (1 << (shift - 1))) >> shift }
}

/// How a wide integer becomes an element: a rounding shift, then saturation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requantize {
    pub dtype: DType,
    pub shift: u8,
    pub low: i32,
    pub high: i32,
}

impl Requantize {
    /// Saturates to what `dtype` holds.
    pub const fn full(dtype: DType, shift: u8) -> Self {
        Self { dtype, shift, low: dtype.min() as i32, high: dtype.max() as i32 }
    }

    #[inline(always)]
    pub fn apply(&self, v: i64) -> i64 {
        rounding_shift(v, self.shift).clamp(i64::from(self.low), i64::from(self.high))
    }

    pub(crate) fn check(&self) -> Result<(), Problem> {
        if self.shift > MAX_SHIFT {
            return Err(Problem::Parameter("shift"));
        }
        let held = self.dtype.min()..=self.dtype.max();
        if self.low > self.high || !held.contains(&self.low.into()) || !held.contains(&self.high.into()) {
            return Err(Problem::Parameter("saturation bounds"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quotient_and_remainder_are_the_only_ones(v in -(1i64 << 62)..1 << 62, shift in 1u8..=MAX_SHIFT) {
            let q = rounding_shift(v, shift);
            let remainder = i128::from(v) + (1 << (shift - 1)) - (i128::from(q) << shift);
            prop_assert!((0..1i128 << shift).contains(&remainder));
        }
    }

    #[test]
    fn halves_go_up() {
        assert_eq!([-3, -1, 1, 3].map(|v| rounding_shift(v, 1)), [-1, 0, 1, 2]);
        assert_eq!(Requantize::full(DType::I8, 1).apply(1_000), 127);
        assert_eq!(Requantize { low: 0, ..Requantize::full(DType::I8, 0) }.apply(-5), 0);
    }
}
