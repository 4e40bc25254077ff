//! Functions of one number, and factors as multipliers and shifts.

use super::graph::Function;

impl Function {
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Self::Erf => libm::erf(x),
            Self::Gelu => x / 2.0 * (1.0 + libm::erf(x / core::f64::consts::SQRT_2)),
            Self::GeluTanh => {
                x / 2.0 * (1.0 + ((2.0 / core::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh())
            }
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Self::Tanh => x.tanh(),
        }
    }
}

/// Shift that leaves a remainder of 16 bits, which is one range check in a proof.
const USUAL_SHIFT: u8 = 16;
/// Multipliers below are too coarse: the step between two is more than 1.6 %.
const LEAST_MULTIPLIER: f64 = 64.0;

/// The shift with which multipliers for factors up to `largest` are neither too large for 16 bits nor too coarse.
pub(super) fn shift_for(largest: f64) -> Option<u8> {
    shift_between(largest, LEAST_MULTIPLIER)
}

/// The shift with which multipliers for factors up to `largest` are as exact as 16 bits allow.
pub(super) fn finest_shift_for(largest: f64) -> Option<u8> {
    shift_between(largest, 16_000.0)
}

fn shift_between(largest: f64, least: f64) -> Option<u8> {
    let fits = |shift: &u8| (least..=32_000.0).contains(&(largest * 2f64.powi((*shift).into())));
    Some(USUAL_SHIFT).filter(fits).or_else(|| (0..=crate::limits::MAX_SHIFT - 8).find(fits))
}

/// A multiplier for `factor`, not below it.
pub(super) fn multiplier_for(factor: f64, shift: u8) -> i16 {
    // One more than the largest that `shift_between` lets through still fits.
    ((factor * 2f64.powi(shift.into())).ceil() as i16).max(1)
}

/// What a multiplier and a shift stand for.
pub(super) fn factor_of(multiplier: i16, shift: u8) -> f64 {
    f64::from(multiplier) / 2f64.powi(shift.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn factors_are_met_from_above(exponent in -30f64..10.0) {
            let factor = exponent.exp2();
            let shift = shift_for(factor).unwrap();
            let met = factor_of(multiplier_for(factor, shift), shift);
            prop_assert!((factor..=factor * 1.016).contains(&met));
            let shift = finest_shift_for(factor).unwrap();
            let met = factor_of(multiplier_for(factor, shift), shift);
            prop_assert!((factor..=factor * 1.0001).contains(&met));
        }
    }

    #[test]
    fn functions_at_known_points() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        near(Function::Gelu.apply(1.0), 0.841_344_746);
        near(Function::GeluTanh.apply(1.0), 0.841_191_990);
        near(Function::Erf.apply(0.5), 0.520_499_878);
        near(Function::Sigmoid.apply(-2.0), 0.119_202_922);
    }
}
