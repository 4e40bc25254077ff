//! Products of rows of 16 bits.

use crate::limits::BLOCK;
use std::arch::x86_64::*;

/// Rows of a tile, and rows that each is multiplied with: their sums and what is loaded fit the registers.
pub(super) const LEFT: usize = 2;
pub(super) const RIGHT: usize = 4;

/// Sums are widened after `GROUP` instructions of each pair, before they overflow; all of them are modulo 2^64.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn tile<const LEFT: usize, const RIGHT: usize, const GROUP: usize>(
    left: [&[i16; BLOCK]; LEFT],
    right: [&[i16; BLOCK]; RIGHT],
) -> [[u64; RIGHT]; LEFT] {
    let mut sums = [[_mm256_setzero_si256(); RIGHT]; LEFT];
    for group in (0..BLOCK).step_by(16 * GROUP) {
        let mut short = [[_mm256_setzero_si256(); RIGHT]; LEFT];
        for at in (group..group + 16 * GROUP).step_by(16) {
            // SAFETY: sixteen elements are there, as BLOCK is a multiple of a group.
            let load = |row: &[i16; BLOCK]| unsafe { _mm256_loadu_si256(row.as_ptr().add(at).cast()) };
            let left = left.map(load);
            for (column, right) in right.iter().enumerate() {
                let right = load(right);
                for (row, left) in left.iter().enumerate() {
                    short[row][column] = _mm256_add_epi32(short[row][column], _mm256_madd_epi16(*left, right));
                }
            }
        }
        for (sum, short) in sums.as_flattened_mut().iter_mut().zip(short.as_flattened()) {
            *sum = _mm256_add_epi64(*sum, widen(*short));
        }
    }
    // Not by `map`, which is compiled without these instructions.
    let mut totals = [[0; RIGHT]; LEFT];
    for (total, sum) in totals.as_flattened_mut().iter_mut().zip(sums.as_flattened()) {
        *total = add_up(*sum);
    }
    totals
}

/// Of a row and the aggregate: squared distance, squared norm of the row, and product, modulo 2^64.
#[target_feature(enable = "avx2")]
pub(super) fn row_sums(row: &[i32; BLOCK], aggregate: &[i32; BLOCK]) -> [u64; 3] {
    let mut sums = [_mm256_setzero_si256(); 3];
    for (row, aggregate) in row.as_chunks::<8>().0.iter().zip(aggregate.as_chunks::<8>().0) {
        // SAFETY: eight coordinates are there.
        let load = |coordinates: &[i32; 8]| unsafe { _mm256_loadu_si256(coordinates.as_ptr().cast()) };
        let (row, aggregate) = (load(row), load(aggregate));
        let difference = _mm256_sub_epi32(row, aggregate);
        for (sum, (x, y)) in sums.iter_mut().zip([(difference, difference), (row, row), (row, aggregate)]) {
            let odd = _mm256_mul_epi32(_mm256_srli_epi64::<32>(x), _mm256_srli_epi64::<32>(y));
            *sum = _mm256_add_epi64(*sum, _mm256_add_epi64(_mm256_mul_epi32(x, y), odd));
        }
    }
    let mut totals = [0; 3];
    for (total, sum) in totals.iter_mut().zip(sums) {
        *total = add_up(sum);
    }
    totals
}

/// Eight signed sums of 32 bits as four of 64.
#[inline]
#[target_feature(enable = "avx2")]
fn widen(short: __m256i) -> __m256i {
    let signs = _mm256_srai_epi32::<31>(short);
    _mm256_add_epi64(_mm256_unpacklo_epi32(short, signs), _mm256_unpackhi_epi32(short, signs))
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_up(sum: __m256i) -> u64 {
    let pair = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    (_mm_extract_epi64::<0>(pair) as u64).wrapping_add(_mm_extract_epi64::<1>(pair) as u64)
}
