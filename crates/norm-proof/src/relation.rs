//! The one equation that a proof shows: squares sum up to the bound's, and projections are what was said.

use crate::Terms;
use crate::projection::{Projection, ROWS};
use alloc::vec::Vec;
use curve25519_dalek::Scalar;

/// Squares that fill up what the update leaves of the bound.
pub(crate) const SQUARES: usize = 9;
/// They, and what hides each projection.
pub(crate) const TAIL: usize = SQUARES + ROWS;

/// Numbers whose squares sum up to `rest`, which is below 2^62: each time the largest that fits.
pub(crate) fn squares(mut rest: u64) -> [i64; SQUARES] {
    core::array::from_fn(|_| {
        let root = rest.isqrt();
        rest -= root * root;
        root as i64
    })
}

/// Without dependence of time on the number, which is less than 2^62 either way.
pub(crate) fn scalar(number: i64) -> Scalar {
    const SHIFT: u64 = 1 << 62;
    Scalar::from(SHIFT.wrapping_add_signed(number)) - Scalar::from(SHIFT)
}

/// `Q`, `Q'` and `c` for one challenge.
pub(crate) struct Relation {
    /// `a_k` for `k < N`
    pub vector: Vec<Scalar>,
    squares: Vec<Scalar>,
    rows: [Scalar; ROWS],
}

impl Relation {
    pub fn new(terms: &Terms, projection: &Projection, challenge: Scalar) -> Self {
        let mut power = Scalar::ONE;
        let rows = core::array::from_fn(|_| {
            power *= challenge;
            power
        });
        let mut vector = projection.combine(&rows);
        let squares = vector.split_off(terms.padded());
        Self { vector, squares, rows }
    }

    /// `c`: what the relation's value must be.
    pub fn constant(&self, terms: &Terms, projections: &[u128; ROWS]) -> Scalar {
        let rows = self.rows.iter().zip(projections).map(|(power, projection)| power * Scalar::from(*projection));
        rows.sum::<Scalar>() + Scalar::from(terms.squared_bound())
    }

    /// `Q`
    pub fn vector_value(&self, y: &[Scalar]) -> Scalar {
        quadratic(y, &self.vector)
    }

    /// `Q'`
    pub fn tail_value(&self, tail: &[Scalar]) -> Scalar {
        let (squares, floods) = tail.split_at(SQUARES);
        quadratic(squares, &self.squares) + inner(floods, &self.rows)
    }

    /// The coefficient of `e` in `Q(x + es) + Q'(q + es')`.
    pub fn mixed(&self, x: [&[Scalar]; 2], s: [&[Scalar]; 2]) -> Scalar {
        let sum =
            |left: &[Scalar], right: &[Scalar]| -> Vec<Scalar> { left.iter().zip(right).map(|(l, r)| l + r).collect() };
        let value = |vector: &[Scalar], tail: &[Scalar]| self.vector_value(vector) + self.tail_value(tail);
        let both = value(&sum(x[0], s[0]), &sum(x[1], s[1]));
        both - value(x[0], x[1]) - self.pure(s)
    }

    /// The coefficient of `e²`.
    pub fn pure(&self, s: [&[Scalar]; 2]) -> Scalar {
        inner(s[0], s[0]) + inner(&s[1][..SQUARES], &s[1][..SQUARES])
    }
}

fn quadratic(y: &[Scalar], a: &[Scalar]) -> Scalar {
    y.iter().zip(a).map(|(y, a)| y * (y + a)).sum()
}

pub(crate) fn inner(left: &[Scalar], right: &[Scalar]) -> Scalar {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn squares_fill_up(rest in prop_oneof![0u64..1 << 62, 0u64..5_000_000]) {
            prop_assert_eq!(squares(rest).iter().map(|root| (root * root) as u64).sum::<u64>(), rest);
        }

        #[test]
        fn scalars_of_negative_numbers(number in -(1i64 << 61)..1 << 61) {
            prop_assert_eq!(scalar(number) + scalar(-number), Scalar::ZERO);
            prop_assert_eq!(scalar(number.abs()), Scalar::from(number.unsigned_abs()));
        }
    }

    /// The smallest number that takes nine squares found this way; the next takes ten, and is far above all that is left of a bound.
    #[test]
    fn nine_are_needed_and_enough() {
        let worst = (1..SQUARES).fold(1, |rest, _| squares_before(rest));
        let roots = squares(worst);
        assert_eq!(roots.iter().map(|root| (root * root) as u64).sum::<u64>(), worst);
        assert_eq!(roots[SQUARES - 1], 1);
        let most = u64::from(crate::MAX_BOUND).pow(2);
        assert!(worst < most && u128::from(worst / 2).pow(2) > u128::from(most));
    }

    /// The smallest number whose square root leaves `rest`.
    fn squares_before(rest: u64) -> u64 {
        let root = rest.div_ceil(2);
        root * root + rest
    }
}
