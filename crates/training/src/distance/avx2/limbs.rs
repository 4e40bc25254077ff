//! Rows of a block as limbs of 16 bits.

use crate::limits::{BLOCK, MAX_COORDINATE};
use crate::updates::Block;
use std::arch::x86_64::*;

/// Largest coordinates of blocks whose rows are their own limbs, and of those that are split in the middle of 22 bits.
pub(super) const NARROW: u32 = (1 << 13) - 1;
pub(super) const MEDIUM: u32 = (1 << 22) - 1;
/// How many sums of two products fit 31 bits.
pub(super) const NARROW_GROUP: usize = 8;
pub(super) const MEDIUM_GROUP: usize = BLOCK / 16;
pub(super) const WIDE_GROUP: usize = 4;

const MEDIUM_BITS: i32 = 11;
const WIDE_BITS: i32 = 13;

const _: () = {
    const fn fits(largest: u64, group: usize) -> bool {
        largest <= i16::MAX as u64 && 2 * largest * largest * (group as u64) < 1 << 31
    }
    /// Of both limbs' sum: the lower one is at most half of its range.
    const fn sum(largest: u32, bits: i32) -> u64 {
        let half = 1 << (bits - 1);
        half + ((largest as u64 + half) >> bits)
    }
    assert!(fits(NARROW as u64, NARROW_GROUP));
    assert!(fits(sum(MEDIUM, MEDIUM_BITS), MEDIUM_GROUP));
    assert!(fits(sum(MAX_COORDINATE as u32, WIDE_BITS), WIDE_GROUP));
};

/// How many bits the lower limb has.
#[derive(Clone, Copy)]
pub(super) enum Split {
    None,
    Medium,
    Wide,
}

impl Split {
    /// The one with the fewest instructions for these coordinates.
    pub fn of(block: &Block) -> Self {
        // SAFETY: this kernel is chosen only where AVX2 was detected.
        let largest = (0..block.workers()).map(|row| unsafe { largest(block.row(row)) }).max();
        match largest {
            Some(largest) if largest > MEDIUM => Self::Wide,
            Some(largest) if largest > NARROW => Self::Medium,
            _ => Self::None,
        }
    }

    /// The product of two rows from those of their lower limbs, their higher ones and the sums of both (Karatsuba), modulo 2^64.
    #[inline]
    pub const fn product(self, [low, high, sum]: [u64; 3]) -> u64 {
        let bits = match self {
            Self::None => return low,
            Self::Medium => MEDIUM_BITS,
            Self::Wide => WIDE_BITS,
        };
        let cross = sum.wrapping_sub(high).wrapping_sub(low);
        low.wrapping_add(cross << bits).wrapping_add(high << (2 * bits))
    }
}

#[target_feature(enable = "avx2")]
fn largest(row: &[i32; BLOCK]) -> u32 {
    row.iter().fold(0, |largest, x| largest.max(x.unsigned_abs()))
}

/// Bytes of a cache line. No load crosses two where rows begin with one.
const LINE: usize = 64;

pub(super) fn scratch(workers: usize) -> Vec<i16> {
    vec![0; 3 * workers * BLOCK + LINE / size_of::<i16>()]
}

/// Of each row the lower limbs, the higher ones, and the sums of both; without a split the coordinates alone. All in one order, which is not
/// that of the coordinates.
pub(super) struct Limbs<'a> {
    pub split: Split,
    planes: [&'a [[i16; BLOCK]]; 3],
}

impl<'a> Limbs<'a> {
    pub fn fill(block: &Block, split: Split, scratch: &'a mut [i16]) -> Self {
        let start = scratch.as_ptr().align_offset(LINE).min(LINE / size_of::<i16>());
        let scratch = &mut scratch[start..][..3 * block.workers() * BLOCK];
        let (low, rest) = scratch.as_chunks_mut::<BLOCK>().0.split_at_mut(block.workers());
        let (high, sum) = rest.split_at_mut(block.workers());
        for (index, ((low, high), sum)) in low.iter_mut().zip(&mut *high).zip(&mut *sum).enumerate() {
            // SAFETY: this kernel is chosen only where AVX2 was detected.
            unsafe {
                match split {
                    Split::None => pack(block.row(index), low),
                    Split::Medium => split_row::<MEDIUM_BITS>(block.row(index), [low, high, sum]),
                    Split::Wide => split_row::<WIDE_BITS>(block.row(index), [low, high, sum]),
                }
            }
        }
        Self { split, planes: [low, high, sum] }
    }

    pub fn workers(&self) -> usize {
        self.planes[0].len()
    }

    /// Those in use.
    pub fn planes(&self) -> impl Iterator<Item = &'a [[i16; BLOCK]]> {
        self.planes.into_iter().take(if matches!(self.split, Split::None) { 1 } else { 3 })
    }
}

/// Rows of small coordinates.
#[target_feature(enable = "avx2")]
fn pack(row: &[i32; BLOCK], out: &mut [i16; BLOCK]) {
    for (out, [first, second]) in out.as_chunks_mut().0.iter_mut().zip(pairs(row)) {
        store(out, _mm256_packs_epi32(load(first), load(second)));
    }
}

/// `x = high · 2^BITS + low`, the lower limb at most `2^(BITS - 1)` in absolute value.
#[target_feature(enable = "avx2")]
fn split_row<const BITS: i32>(row: &[i32; BLOCK], [low, high, sum]: [&mut [i16; BLOCK]; 3]) {
    let half = _mm256_set1_epi32(1 << (BITS - 1));
    let outs = low.as_chunks_mut().0.iter_mut().zip(high.as_chunks_mut().0).zip(sum.as_chunks_mut().0);
    for (((low, high), sum), [first, second]) in outs.zip(pairs(row)) {
        let (first, second) = (load(first), load(second));
        let upper = |x| _mm256_srai_epi32::<BITS>(_mm256_add_epi32(x, half));
        let lower = |x, upper| _mm256_sub_epi32(x, _mm256_slli_epi32::<BITS>(upper));
        let uppers = [upper(first), upper(second)];
        let packed_low = _mm256_packs_epi32(lower(first, uppers[0]), lower(second, uppers[1]));
        let packed_high = _mm256_packs_epi32(uppers[0], uppers[1]);
        store(low, packed_low);
        store(high, packed_high);
        store(sum, _mm256_add_epi16(packed_low, packed_high));
    }
}

/// Eight coordinates and the next eight.
fn pairs(row: &[i32; BLOCK]) -> impl Iterator<Item = [&[i32; 8]; 2]> {
    row.as_chunks().0.as_chunks().0.iter().map(|[first, second]| [first, second])
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(coordinates: &[i32; 8]) -> __m256i {
    // SAFETY: eight coordinates are there.
    unsafe { _mm256_loadu_si256(coordinates.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(out: &mut [i16; 16], limbs: __m256i) {
    // SAFETY: sixteen limbs have room there.
    unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), limbs) }
}
