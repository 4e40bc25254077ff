//! Loops over many elements. The only unsafe code of the crate is in the files below: vector instructions exist only on some
//! processors, and they read through pointers.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod avx2;
#[allow(unsafe_code)]
mod loops;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod vnni;

use super::pack::PANEL;
use crate::Requantize;
use crate::tensor::Element;
pub(super) use loops::{Short, add, largest, magnitude, moments, normalize, scale, shares, widen};

/// Left rows that are computed together, at most.
pub(super) const ROWS: usize = 8;

/// Sums of the rows, a column each.
pub(super) type Sums = [[i32; PANEL]; ROWS];

/// Instructions to compute with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 16-bit products of AVX-512 VNNI.
    #[cfg(target_arch = "x86_64")]
    VnniWide,
    /// Its 8-bit products, whose left operand is unsigned.
    #[cfg(target_arch = "x86_64")]
    Vnni,
}

impl Level {
    /// The fastest that this processor has.
    pub fn detect() -> Self {
        Self::available().pop().unwrap_or(Self::Plain)
    }

    /// All that this processor has, the fastest last.
    pub fn available() -> Vec<Self> {
        let mut levels = vec![Self::Plain];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            levels.push(Self::Avx2);
            if has_avx512() && is_x86_feature_detected!("avx512vnni") {
                levels.extend([Self::VnniWide, Self::Vnni]);
            }
        }
        levels
    }

    /// The same for elements of 16 bits.
    pub fn wide(self) -> Self {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => Self::VnniWide,
            level => level,
        }
    }

    /// Left rows whose sums fit the registers.
    pub fn rows(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::VnniWide | Self::Vnni => ROWS,
            _ => 6,
        }
    }

    /// Elements along the depth that an instruction takes together.
    pub fn step(self) -> usize {
        if self.unsigned_left() { 4 } else { 2 }
    }

    /// Whether left elements of 8 bits are shifted by 128.
    pub fn unsigned_left(self) -> bool {
        self != self.wide()
    }
}

/// The parts of AVX-512 that plain loops are compiled for.
#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
}

/// An element of a panel.
pub(super) trait Weight: Copy + Into<i32> {
    #[cfg(target_arch = "x86_64")]
    fn avx2(left: &[i16], right: &[Self], depth: usize, out: &mut Sums);
    #[cfg(target_arch = "x86_64")]
    fn vnni(left: &[i16], right: &[Self], depth: usize, out: &mut Sums);
}

#[cfg(target_arch = "x86_64")]
impl Weight for i8 {
    fn avx2(left: &[i16], right: &[Self], depth: usize, out: &mut Sums) {
        avx2::sums_i8(left, right, depth, out);
    }

    fn vnni(left: &[i16], right: &[Self], depth: usize, out: &mut Sums) {
        vnni::sums_i8(left, right, depth, out);
    }
}

#[cfg(target_arch = "x86_64")]
impl Weight for i16 {
    fn avx2(left: &[i16], right: &[Self], depth: usize, out: &mut Sums) {
        avx2::sums_i16(left, right, depth, out);
    }

    fn vnni(left: &[i16], right: &[Self], depth: usize, out: &mut Sums) {
        vnni::sums_i16(left, right, depth, out);
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl Weight for i8 {}

#[cfg(not(target_arch = "x86_64"))]
impl Weight for i16 {}

/// `out[m][n] = sum_k left[m * depth + k] * right[k, n]`, with `right` a panel and at most [`ROWS`] rows.
pub(super) fn sums_i16<W: Weight>(level: Level, left: &[i16], right: &[W], depth: usize, out: &mut Sums) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => W::avx2(left, right, depth, out),
        #[cfg(target_arch = "x86_64")]
        Level::VnniWide | Level::Vnni => W::vnni(left, right, depth, out),
        Level::Plain => plain(left, right, depth, level.step(), out),
    }
}

/// As [`sums_i16`].
pub(super) fn sums_u8(level: Level, left: &[u8], right: &[i8], depth: usize, out: &mut Sums) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Vnni => vnni::sums_u8(left, right, depth, out),
        level => plain(left, right, depth, level.step(), out),
    }
}

fn plain<A: Copy + Into<i32>, W: Copy + Into<i32>>(left: &[A], right: &[W], depth: usize, step: usize, out: &mut Sums) {
    for (left, sums) in left.chunks_exact(depth).zip(out) {
        *sums = [0; PANEL];
        for (left, right) in left.chunks_exact(step).zip(right.chunks_exact(step * PANEL)) {
            for (sum, right) in sums.iter_mut().zip(right.chunks_exact(step)) {
                *sum += left.iter().zip(right).map(|(a, w)| (*a).into() * (*w).into()).sum::<i32>();
            }
        }
    }
}

/// `y = output((sum + offset) * multiplier)` for at most a panel, where the sums with their offsets fit 32 bits.
pub(super) fn finish<Y: Element>(
    level: Level,
    sums: &[i32; PANEL],
    offsets: &[i32],
    multipliers: &[i32],
    output: &Requantize,
    y: &mut [Y],
) {
    #[cfg(target_arch = "x86_64")]
    if level != Level::Plain && avx2::SHIFTS.contains(&output.shift) {
        return avx2::finish(sums, offsets, multipliers, output, y);
    }
    loops::finish_plain(level, sums, offsets, multipliers, *output, y);
}

#[cfg(test)]
mod tests;
