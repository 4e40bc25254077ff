//! Clipping to a Euclidean norm.

use crate::limits::{BLOCK, MAX_CLIP};
use crate::updates::Updates;
use alloc::vec::Vec;

/// A bound of Euclidean norms, 1 to [`MAX_CLIP`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clip(u64);

impl Clip {
    pub const fn new(norm: u64) -> Option<Self> {
        if norm == 0 || norm > MAX_CLIP { None } else { Some(Self(norm)) }
    }

    pub const fn norm(self) -> u64 {
        self.0
    }

    /// What a vector of this squared norm is divided by after multiplication with the bound: its norm, rounded up, so that
    /// the result is never longer than the bound. `None` for vectors that stay as they are.
    pub(crate) fn divisor(self, squared_norm: u128) -> Option<u64> {
        (squared_norm > u128::from(self.0).pow(2)).then(|| {
            let root = squared_norm.isqrt();
            // Norms are below 2^40.
            (root + u128::from(root * root < squared_norm)) as u64
        })
    }

    /// Scales a vector down to the bound; each coordinate is rounded towards zero.
    pub fn apply(self, coordinates: &mut [i32]) {
        if let Some(divisor) = self.divisor(squared_norm(coordinates)) {
            scale(coordinates, self.0, divisor);
        }
    }
}

/// Sum of squares.
pub(crate) fn squared_norm(coordinates: &[i32]) -> u128 {
    let square = |x: &i32| u64::from(x.unsigned_abs()).pow(2);
    coordinates.chunks(BLOCK).map(|block| u128::from(block.iter().map(square).sum::<u64>())).sum()
}

fn scale(coordinates: &mut [i32], norm: u64, divisor: u64) {
    for x in coordinates {
        // Not larger than it was.
        *x = (i64::from(*x) * norm as i64 / divisor as i64) as i32;
    }
}

/// Updates as they are after clipping.
#[derive(Clone, Debug)]
pub struct Clipped<U> {
    inner: U,
    clip: Option<Clip>,
    divisors: Vec<Option<u64>>,
}

impl<U: Updates> Clipped<U> {
    /// `squared_norms` are those of the updates; without a clip, nothing changes.
    pub fn new(inner: U, clip: Option<Clip>, squared_norms: &[u128]) -> Self {
        let divisors = squared_norms.iter().map(|norm| clip.and_then(|clip| clip.divisor(*norm))).collect();
        Self { inner, clip, divisors }
    }
}

impl<U: Updates> Updates for Clipped<U> {
    type Error = U::Error;

    fn workers(&self) -> usize {
        self.inner.workers()
    }

    fn length(&self) -> usize {
        self.inner.length()
    }

    fn read(&mut self, worker: usize, start: usize, out: &mut [i32]) -> Result<(), U::Error> {
        self.inner.read(worker, start, out)?;
        if let (Some(clip), Some(divisor)) = (self.clip, self.divisors[worker]) {
            scale(out, clip.norm(), divisor);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_COORDINATE;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_longer_than_the_bound_and_hardly_shorter(
            mut x in proptest::collection::vec(-MAX_COORDINATE..=MAX_COORDINATE, 1..3000), norm in 1u64..1 << 30,
        ) {
            let (before, length) = (squared_norm(&x), x.len() as u128);
            let original = x.clone();
            let bound = u128::from(norm);
            Clip::new(norm).unwrap().apply(&mut x);
            let after = squared_norm(&x);
            if before <= bound * bound {
                prop_assert_eq!(x, original);
            } else {
                prop_assert!(after <= bound * bound);
                // Rounding takes less than one from each coordinate, and the divisor's less than one more.
                prop_assert!((after.isqrt() + length.isqrt() + 3 + norm as u128 / before.isqrt()) >= bound);
                prop_assert!(x.iter().zip(&original).all(|(x, y)| x.signum() * y.signum() >= 0));
            }
        }
    }

    #[test]
    fn extremes() {
        let mut x = [-MAX_COORDINATE, MAX_COORDINATE];
        Clip::new(MAX_CLIP).unwrap().apply(&mut x);
        assert_eq!(x, [-MAX_COORDINATE, MAX_COORDINATE]);
        Clip::new(1).unwrap().apply(&mut x);
        assert_eq!(x, [0, 0]);
        let mut x = alloc::vec![MAX_COORDINATE; 1 << 21];
        Clip::new(MAX_CLIP).unwrap().apply(&mut x);
        // The norm was 2^36 times the root of two.
        assert_eq!(x[0], 47_453_132);
        assert_eq!(Clip::new(0), None);
        assert_eq!(Clip::new(MAX_CLIP + 1), None);
    }
}
