//! AVX2: pairs of 16-bit elements are multiplied and added to 32 bits.

use super::{Level, PANEL, SHIFTS, Sums};
use crate::Requantize;
use crate::tensor::Element;
use std::arch::x86_64::*;

/// A pair of elements of 16 columns, as 16-bit integers.
type Pairs = (__m256i, __m256i);

pub(super) fn sums_i8(left: &[i16], right: &[i8], depth: usize, out: &mut Sums) {
    // SAFETY: callers come here only where AVX2 was detected. 32 bytes are readable at the pointer.
    unsafe { dispatch(left, right, depth, out, |right| widen(right)) }
}

pub(super) fn sums_i16(left: &[i16], right: &[i16], depth: usize, out: &mut Sums) {
    // SAFETY: as above; 32 elements are readable at the pointer.
    unsafe { dispatch(left, right, depth, out, |right| load(right)) }
}

#[inline]
#[target_feature(enable = "avx2")]
unsafe fn widen(right: *const i8) -> Pairs {
    // SAFETY: the caller's 32 bytes.
    unsafe {
        let halves = (_mm_loadu_si128(right.cast()), _mm_loadu_si128(right.add(16).cast()));
        (_mm256_cvtepi8_epi16(halves.0), _mm256_cvtepi8_epi16(halves.1))
    }
}

#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load(right: *const i16) -> Pairs {
    // SAFETY: the caller's 32 elements.
    unsafe { (_mm256_loadu_si256(right.cast()), _mm256_loadu_si256(right.add(16).cast())) }
}

#[inline]
#[target_feature(enable = "avx2")]
unsafe fn dispatch<W>(left: &[i16], right: &[W], depth: usize, out: &mut Sums, pairs: impl Fn(*const W) -> Pairs) {
    let rows = left.len() / depth;
    assert!(depth.is_multiple_of(2) && rows <= Level::Avx2.rows() && right.len() >= depth * PANEL);
    // SAFETY: the slices are as long as was just checked.
    unsafe {
        match rows {
            1 => sums::<W, 1>(left, right, depth, out, pairs),
            2 => sums::<W, 2>(left, right, depth, out, pairs),
            3 => sums::<W, 3>(left, right, depth, out, pairs),
            4 => sums::<W, 4>(left, right, depth, out, pairs),
            5 => sums::<W, 5>(left, right, depth, out, pairs),
            6 => sums::<W, 6>(left, right, depth, out, pairs),
            _ => {}
        }
    }
}

/// `left` has `R` rows of `depth`, and `right` has `depth` rows of [`PANEL`].
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn sums<W, const R: usize>(
    left: &[i16],
    right: &[W],
    depth: usize,
    out: &mut Sums,
    pairs: impl Fn(*const W) -> Pairs,
) {
    let mut sums = [[_mm256_setzero_si256(); 2]; R];
    let right = right.as_ptr();
    // A pointer for each row: otherwise addresses are computed again for every pair.
    let rows: [*const i16; R] = std::array::from_fn(|row| left[row * depth..].as_ptr());
    for k in (0..depth).step_by(2) {
        // SAFETY: `k + 1 < depth`, which is even.
        let (first, second) = pairs(unsafe { right.add(k * PANEL) });
        for (row, sums) in rows.iter().zip(&mut sums) {
            // SAFETY: as above, within the row.
            let pair = unsafe { row.add(k).cast::<i32>().read_unaligned() };
            let pair = _mm256_set1_epi32(pair);
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(pair, first));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(pair, second));
        }
    }
    for (sums, out) in sums.iter().zip(out) {
        // SAFETY: `out` has 16 elements of 32 bits.
        unsafe {
            _mm256_storeu_si256(out.as_mut_ptr().cast(), sums[0]);
            _mm256_storeu_si256(out.as_mut_ptr().add(8).cast(), sums[1]);
        }
    }
}

pub(super) fn finish<'a, Y: Element + 'a>(
    sums: &[[i32; PANEL]],
    offsets: &[i32; PANEL],
    multipliers: &[i32; PANEL],
    output: &Requantize,
    rows: impl Iterator<Item = &'a mut [Y]>,
) {
    assert!(SHIFTS.contains(&output.shift));
    for (sums, y) in sums.iter().zip(rows) {
        // SAFETY: callers come here only where AVX2 was detected.
        unsafe { finish_row(sums, offsets, multipliers, output, y) };
    }
}

#[target_feature(enable = "avx2")]
fn finish_row<Y: Element>(
    sums: &[i32; PANEL],
    offsets: &[i32; PANEL],
    multipliers: &[i32; PANEL],
    output: &Requantize,
    y: &mut [Y],
) {
    let shift = _mm_cvtsi32_si128(output.shift.into());
    let back = _mm_cvtsi32_si128(32 - i32::from(output.shift));
    let round = _mm256_set1_epi64x(1 << (output.shift - 1));
    let (low, high) = (_mm256_set1_epi32(output.low), _mm256_set1_epi32(output.high));
    let mut out = [0; PANEL];
    for half in [0, 8] {
        // SAFETY: 16 elements each.
        let (sum, offset, multiplier) = unsafe {
            (
                _mm256_loadu_si256(sums.as_ptr().add(half).cast()),
                _mm256_loadu_si256(offsets.as_ptr().add(half).cast()),
                _mm256_loadu_si256(multipliers.as_ptr().add(half).cast()),
            )
        };
        let sum = _mm256_add_epi32(sum, offset);
        // Every other element: the products of the lower halves of 64 bits.
        let even = _mm256_add_epi64(_mm256_mul_epi32(sum, multiplier), round);
        let (sum, multiplier) = (_mm256_srli_epi64::<32>(sum), _mm256_srli_epi64::<32>(multiplier));
        let odd = _mm256_add_epi64(_mm256_mul_epi32(sum, multiplier), round);
        // The lower half of one and the upper half of the other are the results.
        let results = _mm256_blend_epi32::<0b1010_1010>(_mm256_srl_epi64(even, shift), _mm256_sll_epi64(odd, back));
        let results = _mm256_min_epi32(_mm256_max_epi32(results, low), high);
        // SAFETY: as above.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().add(half).cast(), results) };
    }
    match <&mut [Y; PANEL]>::try_from(&mut *y) {
        Ok(y) => y.iter_mut().zip(out).for_each(|(y, v)| *y = Y::from_i64(v.into())),
        Err(_) => y.iter_mut().zip(out).for_each(|(y, v)| *y = Y::from_i64(v.into())),
    }
}
