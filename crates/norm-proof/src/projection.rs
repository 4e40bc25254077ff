//! Random zeros and ones by which all coordinates are shown to be small at once.

use crate::hash::Stream;
use alloc::vec::Vec;
use curve25519_dalek::Scalar;

/// Each halves the chance of a liar.
pub(crate) const ROWS: usize = 128;
/// Bits of a projection that is accepted.
pub(crate) const BITS: u32 = 114;

/// 128 rows, column by column: bit `j mod 8` of byte `j / 8` is row `j`'s.
pub(crate) struct Projection(Vec<[u8; ROWS / 8]>);

impl Projection {
    pub fn new(seed: [u8; 32], columns: usize) -> Self {
        let mut stream = Stream::new(seed.into());
        Self((0..columns).map(|_| stream.array()).collect())
    }

    /// Of each row, the sum of the values in whose columns it has a one.
    pub fn apply(&self, values: impl Iterator<Item = i64>) -> [i64; ROWS] {
        let mut sums = [0; ROWS];
        for (column, value) in self.0.iter().zip(values) {
            for (byte, sums) in column.iter().zip(sums.as_chunks_mut::<8>().0) {
                for (bit, sum) in sums.iter_mut().enumerate() {
                    *sum += value * i64::from(byte >> bit & 1);
                }
            }
        }
        sums
    }

    /// Of each column, the sum of the weights of those rows that have a one in it.
    pub fn combine(&self, weights: &[Scalar; ROWS]) -> Vec<Scalar> {
        let tables: Vec<[Scalar; 256]> = weights.as_chunks::<8>().0.iter().map(subset_sums).collect();
        let column = |column: &[u8; ROWS / 8]| {
            let (first, rest) = (tables[0][usize::from(column[0])], column.iter().zip(&tables).skip(1));
            rest.fold(first, |sum, (byte, table)| sum + table[usize::from(*byte)])
        };
        self.0.iter().map(column).collect()
    }
}

fn subset_sums(weights: &[Scalar; 8]) -> [Scalar; 256] {
    let mut sums = [Scalar::ZERO; 256];
    for subset in 1usize..256 {
        let lowest = subset.trailing_zeros() as usize;
        sums[subset] = sums[subset & (subset - 1)] + weights[lowest];
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The combination of the projections is the projection by the combination.
        #[test]
        fn rows_and_columns(seed: [u8; 32], values in proptest::collection::vec(0i64..1 << 31, 1..200)) {
            let projection = Projection::new(seed, values.len());
            let weights = std::array::from_fn(|row| Scalar::from(row as u64 * row as u64 + 3));
            let rows = projection.apply(values.iter().copied());
            let by_rows: Scalar = rows.iter().zip(weights).map(|(sum, weight)| Scalar::from(*sum as u64) * weight).sum();
            let columns = projection.combine(&weights);
            let by_columns: Scalar = columns.iter().zip(&values).map(|(a, x)| a * Scalar::from(*x as u64)).sum();
            prop_assert_eq!(by_rows, by_columns);
        }
    }

    /// Half of all bits, in every row.
    #[test]
    fn rows_are_random() {
        let sums = Projection::new([7; 32], 10_000).apply(std::iter::repeat_n(1, 10_000));
        assert!(sums.iter().all(|sum| (4_700..5_300).contains(sum)), "{sums:?}");
    }
}
