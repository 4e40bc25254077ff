//! AVX-512 VNNI: products of a group of elements, four of 8 bits or two of 16, are added to 32 bits at once.

use super::{PANEL, ROWS, SHIFTS, Sums};
use crate::Requantize;
use crate::tensor::Element;
use std::arch::asm;
use std::arch::x86_64::*;

/// Panels that [`ROWS`] rows are multiplied with together: each element that is loaded of a row serves all of them, and their sums fit the registers.
pub(super) const TOGETHER: usize = 3;

/// Defines a function for up to [`ROWS`] rows and one or [`TOGETHER`] panels, from its operands, the elements of a group, how those of all
/// columns are loaded, and what multiplies them.
macro_rules! kernel {
    ($name:ident, $left:ty, $right:ty, $group:literal, $load:ident, $multiply:ident) => {
        pub(super) fn $name(left: &[$left], right: &[$right], depth: usize, out: &mut [Sums]) {
            /// `left` has `R` rows of `depth`, and `right` has `depth` rows of [`PANEL`].
            #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
            unsafe fn one<const R: usize>(left: &[$left], right: &[$right], depth: usize, out: &mut [Sums]) {
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
                        let groups = unsafe { (group(row.add(k)), group(row.add(k + $group))) };
                        sums[0] = $multiply(sums[0], groups.0, weights.0);
                        sums[1] = $multiply(sums[1], groups.1, weights.1);
                    }
                    k += 2 * $group;
                }
                if k < depth {
                    // SAFETY: the depth is a multiple of a group.
                    let weights = unsafe { $load(right.add(k * PANEL)) };
                    for (row, sums) in rows.iter().zip(&mut sums) {
                        // SAFETY: as above.
                        sums[0] = $multiply(sums[0], unsafe { group(row.add(k)) }, weights);
                    }
                }
                for (sums, out) in sums.iter().zip(&mut out[0]) {
                    store(_mm512_add_epi32(sums[0], sums[1]), out);
                }
            }

            /// The same, where `right` has [`TOGETHER`] panels one after the other.
            #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
            unsafe fn together<const R: usize>(left: &[$left], right: &[$right], depth: usize, out: &mut [Sums]) {
                let mut sums = [[_mm512_setzero_si512(); TOGETHER]; R];
                let panels: [*const $right; TOGETHER] =
                    std::array::from_fn(|panel| right[panel * depth * PANEL..].as_ptr());
                let rows: [*const $left; R] = std::array::from_fn(|row| left[row * depth..].as_ptr());
                for k in (0..depth).step_by($group) {
                    // SAFETY: the group is within the depth, which is a multiple of it.
                    let weights = panels.map(|panel| unsafe { $load(panel.add(k * PANEL)) });
                    for (row, sums) in rows.iter().zip(&mut sums) {
                        // SAFETY: as above, within the row.
                        let group = unsafe { group(row.add(k)) };
                        for (sum, weights) in sums.iter_mut().zip(weights) {
                            *sum = $multiply(*sum, group, weights);
                        }
                    }
                }
                for (row, sums) in sums.iter().enumerate() {
                    for (panel, sum) in sums.iter().enumerate() {
                        store(*sum, &mut out[panel][row]);
                    }
                }
            }

            let (rows, panels) = (left.len() / depth, out.len());
            assert!(depth.is_multiple_of($group) && rows <= ROWS && right.len() >= panels * depth * PANEL);
            // SAFETY: callers come here only where the instructions were detected, and the slices are as long as just checked.
            unsafe {
                match (panels, rows) {
                    (TOGETHER, 4) => together::<4>(left, right, depth, out),
                    (TOGETHER, 5) => together::<5>(left, right, depth, out),
                    (TOGETHER, 6) => together::<6>(left, right, depth, out),
                    (TOGETHER, 7) => together::<7>(left, right, depth, out),
                    (TOGETHER, 8) => together::<8>(left, right, depth, out),
                    _ => {
                        for (right, out) in right.chunks_exact(depth * PANEL).zip(out.chunks_mut(1)) {
                            match rows {
                                1 => one::<1>(left, right, depth, out),
                                2 => one::<2>(left, right, depth, out),
                                3 => one::<3>(left, right, depth, out),
                                4 => one::<4>(left, right, depth, out),
                                5 => one::<5>(left, right, depth, out),
                                6 => one::<6>(left, right, depth, out),
                                7 => one::<7>(left, right, depth, out),
                                8 => one::<8>(left, right, depth, out),
                                _ => {}
                            }
                        }
                    }
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

/// A group of a row, for every column.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn group<T>(row: *const T) -> __m512i {
    // SAFETY: the caller's.
    _mm512_set1_epi32(unsafe { row.cast::<i32>().read_unaligned() })
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

#[inline]
#[target_feature(enable = "avx512f")]
fn store(sums: __m512i, out: &mut [i32; PANEL]) {
    // SAFETY: 16 elements of 32 bits.
    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), sums) };
}

pub(super) fn finish<'a, Y: Element + 'a>(
    sums: &[[i32; PANEL]],
    offsets: &[i32; PANEL],
    multipliers: &[i32; PANEL],
    output: &Requantize,
    rows: impl Iterator<Item = &'a mut [Y]>,
) {
    // SAFETY: callers come here only where the instructions were detected.
    unsafe {
        if SHIFTS.contains(&output.shift) {
            finish_rows::<Y, true>(sums, offsets, multipliers, output, rows);
        } else {
            finish_rows::<Y, false>(sums, offsets, multipliers, output, rows);
        }
    }
}

/// As for AVX2 if results fit 32 bits before they saturate.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn finish_rows<'a, Y: Element + 'a, const FIT: bool>(
    sums: &[[i32; PANEL]],
    offsets: &[i32; PANEL],
    multipliers: &[i32; PANEL],
    output: &Requantize,
    rows: impl Iterator<Item = &'a mut [Y]>,
) {
    let (shift, back) = (_mm_cvtsi32_si128(output.shift.into()), _mm_cvtsi32_si128(32 - i32::from(output.shift)));
    let round = _mm512_set1_epi64((1 << output.shift) >> 1);
    let (low, high) = (_mm512_set1_epi32(output.low), _mm512_set1_epi32(output.high));
    let (wide_low, wide_high) = (_mm512_set1_epi64(output.low.into()), _mm512_set1_epi64(output.high.into()));
    let clamp = |x| _mm512_min_epi64(_mm512_max_epi64(x, wide_low), wide_high);
    // SAFETY: 64 bytes each.
    let (offset, even) = unsafe { (load(offsets.as_ptr()), load(multipliers.as_ptr())) };
    let odd = _mm512_srli_epi64::<32>(even);
    for (sums, y) in sums.iter().zip(rows) {
        // SAFETY: as above.
        let sum = _mm512_add_epi32(unsafe { load(sums.as_ptr()) }, offset);
        let even = _mm512_add_epi64(_mm512_mul_epi32(sum, even), round);
        let odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64::<32>(sum), odd), round);
        let results = if FIT {
            let results = _mm512_mask_blend_epi32(0xaaaa, _mm512_srl_epi64(even, shift), _mm512_sll_epi64(odd, back));
            _mm512_min_epi32(_mm512_max_epi32(results, low), high)
        } else {
            let (even, odd) = (clamp(_mm512_sra_epi64(even, shift)), clamp(_mm512_sra_epi64(odd, shift)));
            _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64::<32>(odd))
        };
        let columns = u16::MAX >> (PANEL - y.len());
        let y = y.as_mut_ptr();
        // SAFETY: as many elements as `y` has are written, of its size; they are within the bounds of its type.
        unsafe {
            match size_of::<Y>() {
                1 => _mm512_mask_cvtepi32_storeu_epi8(y.cast(), columns, results),
                2 => _mm512_mask_cvtepi32_storeu_epi16(y.cast(), columns, results),
                _ => _mm512_mask_storeu_epi32(y.cast(), columns, results),
            }
        }
    }
}

/// `y = table[x + 128]`
pub(super) fn lookup(table: &[i8; 256], x: &[i8], y: &mut [i8]) {
    assert_eq!(x.len(), y.len());
    // SAFETY: callers come here only where the instructions were detected, and both are as long as just checked.
    unsafe { lookup_bytes(table, x, y) };
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
unsafe fn lookup_bytes(table: &[i8; 256], x: &[i8], y: &mut [i8]) {
    // SAFETY: four times 64 bytes.
    let quarters: [__m512i; 4] = std::array::from_fn(|quarter| unsafe { load(table.as_ptr().add(64 * quarter)) });
    for start in (0..x.len()).step_by(64) {
        let some = u64::MAX >> (64 - (x.len() - start).min(64));
        // SAFETY: as many as there are.
        let x = unsafe { _mm512_maskz_loadu_epi8(some, x.as_ptr().add(start)) };
        // The lower half of the table is of negative numbers, and seven bits are the position in a half.
        let negative = _mm512_permutex2var_epi8(quarters[0], x, quarters[1]);
        let positive = _mm512_permutex2var_epi8(quarters[2], x, quarters[3]);
        let found = _mm512_mask_blend_epi8(_mm512_movepi8_mask(x), positive, negative);
        // SAFETY: as above.
        unsafe { _mm512_mask_storeu_epi8(y.as_mut_ptr().add(start), some, found) };
    }
}
