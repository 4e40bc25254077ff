//! AVX2. A squared distance is `|x|² + |y|² - 2xy`, which is exact in integers, so that all work is that of a matrix product. Its
//! instruction multiplies 16 pairs of 16 bits at once; coordinates that do not fit are split in two limbs. All sums are modulo 2^64, below which
//! the distances over a block are.

mod limbs;
mod products;

use super::Distances;
use crate::limits::BLOCK;
use crate::updates::Block;
use limbs::{Limbs, Split};
use products::{LEFT, RIGHT, tile};

/// Rows on the left that others are multiplied with while both are in the fastest cache.
const STRIP: usize = 4 * LEFT;

pub(super) fn scratch(workers: usize) -> Vec<i16> {
    limbs::scratch(workers)
}

pub(super) fn add_block(block: &Block, scratch: &mut [i16], distances: &mut Distances) {
    let split = Split::of(block);
    let limbs = Limbs::fill(block, split, scratch);
    // SAFETY: this kernel is chosen only where AVX2 was detected.
    unsafe {
        match split {
            Split::None => add_squares::<{ limbs::NARROW_GROUP }>(&limbs, distances),
            Split::Medium => add_squares::<{ limbs::MEDIUM_GROUP }>(&limbs, distances),
            Split::Wide => add_squares::<{ limbs::WIDE_GROUP }>(&limbs, distances),
        }
    }
}

#[target_feature(enable = "avx2")]
fn add_squares<const GROUP: usize>(limbs: &Limbs<'_>, distances: &mut Distances) {
    let workers = limbs.workers();
    let mut norms = vec![[0; 3]; workers];
    for (plane, rows) in limbs.planes().enumerate() {
        for (norm, row) in norms.iter_mut().zip(rows) {
            norm[plane] = tile::<1, 1, GROUP>([row], [row])[0][0];
        }
    }
    let norms: Vec<u64> = norms.into_iter().map(|norm| limbs.split.product(norm)).collect();
    let mut products = [const { Vec::new() }; 3];
    products.iter_mut().for_each(|products| products.resize(STRIP * workers, 0));
    for start in (0..workers).step_by(STRIP) {
        for (rows, products) in limbs.planes().zip(&mut products) {
            multiply_strip::<GROUP>(rows, start, products);
        }
        for (place, one) in (start..workers).take(STRIP).enumerate() {
            let later = place * workers + one + 1..(place + 1) * workers;
            let [low, high, sum] = products.each_ref().map(|products| &products[later.clone()]);
            let products =
                low.iter().zip(high).zip(sum).map(|((low, high), sum)| limbs.split.product([*low, *high, *sum]));
            let norms = norms[one + 1..].iter().map(|norm| norm.wrapping_add(norms[one]));
            distances.add_later(one, norms.zip(products).map(|(norms, product)| norms.wrapping_sub(product << 1)));
        }
    }
}

impl Distances {
    /// Adds the squares of differences between this worker and each one after it.
    fn add_later(&mut self, worker: usize, squares: impl Iterator<Item = u64>) {
        if worker + 1 < self.workers {
            let start = self.index(worker, worker + 1);
            self.pairs[start..].iter_mut().zip(squares).for_each(|(sum, squares)| *sum += u128::from(squares));
        }
    }
}

/// Products of the rows from `start` on with those behind them, a tile at a time. At the edges a tile has rows twice, and pairs that are not
/// used.
#[target_feature(enable = "avx2")]
fn multiply_strip<const GROUP: usize>(rows: &[[i16; BLOCK]], start: usize, products: &mut [u64]) {
    let workers = rows.len();
    let row = |start: usize, offset: usize| &rows[(start + offset).min(workers - 1)];
    for right in (start + 1..workers).step_by(RIGHT) {
        let end = (start + STRIP).min(right + RIGHT - 1);
        for left in (start..end).step_by(LEFT) {
            let lefts = std::array::from_fn(|offset| row(left, offset));
            let rights = std::array::from_fn(|offset| row(right, offset));
            let tile = tile::<LEFT, RIGHT, GROUP>(lefts, rights);
            for (offset, tile) in tile.into_iter().enumerate() {
                let products = &mut products[(left - start + offset) * workers..][..workers][right..];
                products.iter_mut().zip(tile).for_each(|(product, sum)| *product = sum);
            }
        }
    }
}

pub(super) fn row_sums(row: &[i32; BLOCK], aggregate: &[i32; BLOCK]) -> (u64, u64, i64) {
    // SAFETY: this kernel is chosen only where AVX2 was detected.
    let [distance, norm, product] = unsafe { products::row_sums(row, aggregate) };
    (distance, norm, product as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::Kernel;
    use crate::limits::MAX_COORDINATE;
    use crate::updates::Slices;
    use proptest::prelude::*;

    fn same(rows: &[Vec<i32>]) {
        let rows: Vec<&[i32]> = rows.iter().map(Vec::as_slice).collect();
        let mut updates = Slices::new(&rows).unwrap();
        let Ok(expected) = Distances::measure(Kernel::Portable, &mut updates);
        let Ok(fast) = Distances::measure(Kernel::detect(), &mut updates);
        assert_eq!(expected, fast);
        for one in 0..rows.len() {
            let blocks = [one, 0].map(|row| rows[row].as_chunks::<BLOCK>().0);
            for (row, aggregate) in blocks[0].iter().zip(blocks[1]) {
                assert_eq!(Kernel::detect().row_sums(row, aggregate), Kernel::Portable.row_sums(row, aggregate));
            }
            for other in 0..rows.len() {
                let squares = rows[one].iter().zip(rows[other]).map(|(x, y)| i128::from(x - y).pow(2));
                assert_eq!(fast.between(one, other), squares.sum::<i128>() as u128);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn as_the_portable_kernel(workers in 0usize..12, length in 0usize..2_500, bits in 1u32..27, seed: u64) {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as i32 % (1 << bits) - (1 << (bits - 1))
            };
            let rows: Vec<Vec<i32>> = (0..workers).map(|_| (0..length).map(|_| next()).collect()).collect();
            same(&rows);
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        // Ends of each split, and the coordinates whose limbs have the largest sums.
        let ends = [limbs::NARROW, limbs::MEDIUM, MAX_COORDINATE as u32].map(|most| most as i32);
        let sums = [limbs::MEDIUM as i32 - (1 << 10), MAX_COORDINATE - (1 << 12)];
        for most in [ends.as_slice(), &ends[..2].iter().map(|most| most + 1).collect::<Vec<_>>(), &sums].concat() {
            let rows: Vec<Vec<i32>> =
                (0..5).map(|row| vec![if row % 2 == 0 { most } else { -most }; 2 * BLOCK]).collect();
            same(&rows);
        }
    }
}
