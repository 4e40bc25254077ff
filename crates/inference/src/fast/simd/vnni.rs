//! AVX-512 VNNI: products of a group of elements, four of 8 bits or two of 16, are added to 32 bits at once.

use super::{PANEL, ROWS, Sums};
use std::arch::asm;
use std::arch::x86_64::*;

/// Defines a function for up to [`ROWS`] rows, from its operands, the elements of a group, how those of all columns are loaded, and
/// what multiplies them.
macro_rules! kernel {
    ($name:ident, $left:ty, $right:ty, $group:literal, $load:ident, $multiply:ident) => {
        pub(super) fn $name(left: &[$left], right: &[$right], depth: usize, out: &mut Sums) {
            /// `left` has `R` rows of `depth`, and `right` has `depth` rows of [`PANEL`].
            #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
            unsafe fn sums<const R: usize>(left: &[$left], right: &[$right], depth: usize, out: &mut Sums) {
                // Two sums for each row: a product takes five cycles, in which ten others can begin.
                let mut sums = [[_mm512_setzero_si512(); 2]; R];
                let right = right.as_ptr();
                let rows: [*const $left; R] = std::array::from_fn(|row| left[row * depth..].as_ptr());
                let mut k = 0;
                while k + 2 * $group <= depth {
                    // SAFETY: both groups are within the depth.
                    let weights = unsafe { ($load(right.add(k * PANEL)), $load(right.add((k + $group) * PANEL))) };
                    for (row, sums) in rows.iter().zip(&mut sums) {
                        // SAFETY: as above, within the row.
                        let groups = unsafe {
                            (
                                row.add(k).cast::<i32>().read_unaligned(),
                                row.add(k + $group).cast::<i32>().read_unaligned(),
                            )
                        };
                        sums[0] = $multiply(sums[0], _mm512_set1_epi32(groups.0), weights.0);
                        sums[1] = $multiply(sums[1], _mm512_set1_epi32(groups.1), weights.1);
                    }
                    k += 2 * $group;
                }
                if k < depth {
                    // SAFETY: the depth is a multiple of a group.
                    let weights = unsafe { $load(right.add(k * PANEL)) };
                    for (row, sums) in rows.iter().zip(&mut sums) {
                        // SAFETY: as above.
                        let group = unsafe { row.add(k).cast::<i32>().read_unaligned() };
                        sums[0] = $multiply(sums[0], _mm512_set1_epi32(group), weights);
                    }
                }
                for (sums, out) in sums.iter().zip(out) {
                    // SAFETY: `out` has 16 elements of 32 bits.
                    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), _mm512_add_epi32(sums[0], sums[1])) };
                }
            }

            let rows = left.len() / depth;
            assert!(depth.is_multiple_of($group) && rows <= ROWS && right.len() >= depth * PANEL);
            // SAFETY: callers come here only where the instructions were detected, and the slices are as long as just checked.
            unsafe {
                match rows {
                    1 => sums::<1>(left, right, depth, out),
                    2 => sums::<2>(left, right, depth, out),
                    3 => sums::<3>(left, right, depth, out),
                    4 => sums::<4>(left, right, depth, out),
                    5 => sums::<5>(left, right, depth, out),
                    6 => sums::<6>(left, right, depth, out),
                    7 => sums::<7>(left, right, depth, out),
                    8 => sums::<8>(left, right, depth, out),
                    _ => {}
                }
            }
        }
    };
}

kernel!(sums_u8, u8, i8, 4, load, _mm512_dpbusd_epi32);
kernel!(sums_i8, i16, i8, 2, widen, add_pairs);
kernel!(sums_i16, i16, i16, 2, load, add_pairs);

/// `_mm512_dpwssd_epi32`, of which the compiler would make two instructions: one that multiplies, one that adds.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn add_pairs(mut sums: __m512i, left: __m512i, right: __m512i) -> __m512i {
    // SAFETY: it does what it says, to registers.
    unsafe {
        asm!(
            "vpdpwssd {}, {}, {}",
            inout(zmm_reg) sums, in(zmm_reg) left, in(zmm_reg) right,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    sums
}

/// 64 bytes.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load<T>(right: *const T) -> __m512i {
    // SAFETY: the caller's.
    unsafe { _mm512_loadu_si512(right.cast()) }
}

/// 32 bytes, as 16-bit integers.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn widen(right: *const i8) -> __m512i {
    // SAFETY: the caller's.
    _mm512_cvtepi8_epi16(unsafe { _mm256_loadu_si256(right.cast()) })
}
