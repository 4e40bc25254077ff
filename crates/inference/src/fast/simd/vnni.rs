//! AVX-512 VNNI: four products of an unsigned and a signed byte are added to 32 bits at once.

use super::{PANEL, ROWS, Sums};
use std::arch::x86_64::*;

pub(super) fn sums(left: &[u8], right: &[i8], depth: usize, out: &mut Sums) {
    let rows = left.len() / depth;
    assert!(depth.is_multiple_of(4) && rows <= ROWS && right.len() >= depth * PANEL);
    // SAFETY: callers come here only where the instructions were detected, and the slices are as long as just checked.
    unsafe {
        match rows {
            1 => sums_of::<1>(left, right, depth, out),
            2 => sums_of::<2>(left, right, depth, out),
            3 => sums_of::<3>(left, right, depth, out),
            4 => sums_of::<4>(left, right, depth, out),
            5 => sums_of::<5>(left, right, depth, out),
            6 => sums_of::<6>(left, right, depth, out),
            _ => {}
        }
    }
}

/// `left` has `R` rows of `depth`, and `right` has `depth` rows of [`PANEL`].
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn sums_of<const R: usize>(left: &[u8], right: &[i8], depth: usize, out: &mut Sums) {
    let mut sums = [_mm512_setzero_si512(); R];
    let (left, right) = (left.as_ptr(), right.as_ptr());
    for k in (0..depth).step_by(4) {
        // SAFETY: `k + 3 < depth`, a multiple of 4.
        let weights = unsafe { _mm512_loadu_si512(right.add(k * PANEL).cast()) };
        for (row, sum) in sums.iter_mut().enumerate() {
            // SAFETY: as above, within row `row`.
            let four = unsafe { left.add(row * depth + k).cast::<i32>().read_unaligned() };
            *sum = _mm512_dpbusd_epi32(*sum, _mm512_set1_epi32(four), weights);
        }
    }
    for (sum, out) in sums.iter().zip(out) {
        // SAFETY: `out` has 16 elements of 32 bits.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), *sum) };
    }
}
