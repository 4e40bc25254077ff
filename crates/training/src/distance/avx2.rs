//! AVX2, tiles of two rows by four so that each load serves several pairs. Blocks of small coordinates go through 16 bits.

use super::{Distances, kernel};
use crate::limits::BLOCK;
use crate::updates::Block;
use std::arch::x86_64::*;

/// Rows of a tile, and rows that each is compared with.
const LEFT: usize = 2;
const RIGHT: usize = 4;
/// Largest coordinate of blocks that go through 16 bits. Differences are below 2^14, sums of two squares below 2^29.
const NARROW: u32 = (1 << 13) - 1;
/// As many of those sums fit 32 bits.
const GROUP: usize = 8;

const _: () = {
    let difference = 2 * NARROW as u64;
    assert!(2 * difference * difference * GROUP as u64 <= u32::MAX as u64);
};

pub(super) fn scratch(workers: usize) -> Vec<i16> {
    vec![0; workers * BLOCK]
}

pub(super) fn add_block(block: &Block, scratch: &mut [i16], distances: &mut Distances) {
    let workers = block.workers();
    let rows = scratch.as_chunks_mut::<BLOCK>().0;
    for (index, narrow) in rows.iter_mut().enumerate() {
        // SAFETY: this kernel is chosen only where AVX2 was detected.
        if unsafe { pack(block.row(index), narrow) } > NARROW {
            let tile = |left, right| unsafe { wide_tile(left, right) };
            return add_tiles(workers, distances, |index| block.row(index), tile);
        }
    }
    // SAFETY: as above.
    add_tiles(workers, distances, |index| &rows[index], |left, right| unsafe { narrow_tile(left, right) });
}

pub(super) fn row_sums(row: &[i32; BLOCK], aggregate: &[i32; BLOCK]) -> (u64, u64, i64) {
    #[target_feature(enable = "avx2")]
    fn vectorized(row: &[i32; BLOCK], aggregate: &[i32; BLOCK]) -> (u64, u64, i64) {
        kernel::row_sums(row, aggregate)
    }
    // SAFETY: this kernel is chosen only where AVX2 was detected.
    unsafe { vectorized(row, aggregate) }
}

/// The low halves, and the largest absolute value.
#[target_feature(enable = "avx2")]
fn pack(wide: &[i32; BLOCK], narrow: &mut [i16; BLOCK]) -> u32 {
    let mut largest = 0;
    for (narrow, wide) in narrow.iter_mut().zip(wide) {
        *narrow = *wide as i16;
        largest = largest.max(wide.unsigned_abs());
    }
    largest
}

/// Every pair in a tile. At the edges a tile has rows twice, or pairs below the diagonal, whose sums are not used.
#[inline]
fn add_tiles<'a, T: 'a>(
    workers: usize,
    distances: &mut Distances,
    row: impl Fn(usize) -> &'a [T; BLOCK],
    sums: impl Fn([&'a [T; BLOCK]; LEFT], [&'a [T; BLOCK]; RIGHT]) -> [[u64; RIGHT]; LEFT],
) {
    for left in (0..workers).step_by(LEFT) {
        for right in (left + 1..workers).step_by(RIGHT) {
            let index = |start: usize, offset: usize| (start + offset).min(workers - 1);
            let lefts = std::array::from_fn(|offset| row(index(left, offset)));
            let rights = std::array::from_fn(|offset| row(index(right, offset)));
            for (one, sums) in (left..workers).zip(sums(lefts, rights)) {
                for (other, squares) in (right..workers).zip(sums) {
                    if one < other {
                        distances.add(one, other, squares);
                    }
                }
            }
        }
    }
}

#[target_feature(enable = "avx2")]
fn wide_tile(left: [&[i32; BLOCK]; LEFT], right: [&[i32; BLOCK]; RIGHT]) -> [[u64; RIGHT]; LEFT] {
    let mut sums = [[_mm256_setzero_si256(); RIGHT]; LEFT];
    for at in (0..BLOCK).step_by(8) {
        // SAFETY: eight elements are there, as BLOCK is a multiple of eight.
        let load = |row: &[i32; BLOCK]| unsafe { _mm256_loadu_si256(row.as_ptr().add(at).cast()) };
        let left = left.map(load);
        for (column, right) in right.iter().enumerate() {
            let right = load(right);
            for (row, left) in left.iter().enumerate() {
                let difference = _mm256_sub_epi32(*left, right);
                let odd = _mm256_srli_epi64::<32>(difference);
                let even = _mm256_mul_epi32(difference, difference);
                let squares = _mm256_add_epi64(even, _mm256_mul_epi32(odd, odd));
                sums[row][column] = _mm256_add_epi64(sums[row][column], squares);
            }
        }
    }
    sums.map(|sums| sums.map(|sum| total(sum)))
}

#[target_feature(enable = "avx2")]
fn narrow_tile(left: [&[i16; BLOCK]; LEFT], right: [&[i16; BLOCK]; RIGHT]) -> [[u64; RIGHT]; LEFT] {
    let mut sums = [[_mm256_setzero_si256(); RIGHT]; LEFT];
    let low = _mm256_set1_epi64x(0xffff_ffff);
    for group in (0..BLOCK).step_by(16 * GROUP) {
        let mut short = [[_mm256_setzero_si256(); RIGHT]; LEFT];
        for at in (group..group + 16 * GROUP).step_by(16) {
            // SAFETY: sixteen elements are there, as BLOCK is a multiple of a group.
            let load = |row: &[i16; BLOCK]| unsafe { _mm256_loadu_si256(row.as_ptr().add(at).cast()) };
            let left = left.map(load);
            for (column, right) in right.iter().enumerate() {
                let right = load(right);
                for (row, left) in left.iter().enumerate() {
                    let difference = _mm256_sub_epi16(*left, right);
                    let squares = _mm256_madd_epi16(difference, difference);
                    short[row][column] = _mm256_add_epi32(short[row][column], squares);
                }
            }
        }
        for (sums, short) in sums.iter_mut().flatten().zip(short.iter().flatten()) {
            let pairs = _mm256_add_epi64(_mm256_and_si256(*short, low), _mm256_srli_epi64::<32>(*short));
            *sums = _mm256_add_epi64(*sums, pairs);
        }
    }
    sums.map(|sums| sums.map(|sum| total(sum)))
}

#[target_feature(enable = "avx2")]
fn total(sum: __m256i) -> u64 {
    let pair = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    (_mm_extract_epi64::<0>(pair) as u64).wrapping_add(_mm_extract_epi64::<1>(pair) as u64)
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
        for most in [MAX_COORDINATE, NARROW as i32, NARROW as i32 + 1, 32_767] {
            let rows: Vec<Vec<i32>> =
                (0..5).map(|row| vec![if row % 2 == 0 { most } else { -most }; 2 * BLOCK]).collect();
            same(&rows);
        }
    }
}
