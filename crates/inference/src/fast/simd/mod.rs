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

    /// Panels that are worth multiplying with together.
    pub fn panels(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::VnniWide | Self::Vnni => vnni::TOGETHER,
            _ => 1,
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
    fn vnni(left: &[i16], right: &[Self], depth: usize, out: &mut [Sums]);
}

#[cfg(target_arch = "x86_64")]
impl Weight for i8 {
    fn avx2(left: &[i16], right: &[Self], depth: usize, out: &mut Sums) {
        avx2::sums_i8(left, right, depth, out);
    }

    fn vnni(left: &[i16], right: &[Self], depth: usize, out: &mut [Sums]) {
        vnni::sums_i8(left, right, depth, out);
    }
}

#[cfg(target_arch = "x86_64")]
impl Weight for i16 {
    fn avx2(left: &[i16], right: &[Self], depth: usize, out: &mut Sums) {
        avx2::sums_i16(left, right, depth, out);
    }

    fn vnni(left: &[i16], right: &[Self], depth: usize, out: &mut [Sums]) {
        vnni::sums_i16(left, right, depth, out);
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl Weight for i8 {}

#[cfg(not(target_arch = "x86_64"))]
impl Weight for i16 {}

/// `out[p][m][n] = sum_k left[m * depth + k] * right[p][k, n]`, with a panel of `right` for each of `out`, and at most [`ROWS`] rows.
pub(super) fn sums_i16<W: Weight>(level: Level, left: &[i16], right: &[W], depth: usize, out: &mut [Sums]) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => each_panel(right, depth, out, |right, out| W::avx2(left, right, depth, out)),
        #[cfg(target_arch = "x86_64")]
        Level::VnniWide | Level::Vnni => W::vnni(left, right, depth, out),
        Level::Plain => each_panel(right, depth, out, |right, out| plain(left, right, depth, level.step(), out)),
    }
}

/// As [`sums_i16`].
pub(super) fn sums_u8(level: Level, left: &[u8], right: &[i8], depth: usize, out: &mut [Sums]) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Vnni => vnni::sums_u8(left, right, depth, out),
        level => each_panel(right, depth, out, |right, out| plain(left, right, depth, level.step(), out)),
    }
}

fn each_panel<W>(right: &[W], depth: usize, out: &mut [Sums], mut f: impl FnMut(&[W], &mut Sums)) {
    right.chunks_exact(depth * PANEL).zip(out).for_each(|(right, out)| f(right, out));
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

/// Where the elements of a panel, or of the first columns of one, go: the first, and how far apart rows are.
pub(super) struct Window<'a, Y> {
    pub y: &'a mut [Y],
    pub stride: usize,
    pub width: usize,
}

/// `y = output((sum + offset) * multiplier)` for each row of sums, which fit 32 bits with their offsets; every column has its own offset and
/// multiplier.
pub(super) fn finish<Y: Element>(
    level: Level,
    sums: &[[i32; PANEL]],
    (offsets, multipliers): (&[i32; PANEL], &[i32; PANEL]),
    output: &Requantize,
    window: Window<'_, Y>,
) {
    assert!((1..=PANEL).contains(&window.width));
    let rows = window.y.chunks_mut(window.stride).map(|row| &mut row[..window.width]);
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 if SHIFTS.contains(&output.shift) => avx2::finish(sums, offsets, multipliers, output, rows),
        #[cfg(target_arch = "x86_64")]
        Level::VnniWide | Level::Vnni => vnni::finish(sums, offsets, multipliers, output, rows),
        level => sums.iter().zip(rows).for_each(|(sums, y)| {
            loops::finish_plain(level, sums, offsets, multipliers, *output, y);
        }),
    }
}

/// `y = table[x + 128]`
pub(super) fn lookup<Y: Element>(table: &[Y; 256], x: &[i8], y: &mut [Y]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y = table[usize::from(*x as u8 ^ 0x80)]);
}

/// As [`lookup`].
pub(super) fn lookup_bytes(level: Level, table: &[i8; 256], x: &[i8], y: &mut [i8]) {
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::VnniWide | Level::Vnni if is_x86_feature_detected!("avx512vbmi") => vnni::lookup(table, x, y),
        _ => lookup(table, x, y),
    }
}

/// Shifts after which 16 bits times 32 bits fit 32 bits again, and whose results are within the lower 32 bits of a logical shift too.
#[cfg(target_arch = "x86_64")]
const SHIFTS: std::ops::RangeInclusive<u8> = 16..=32;

#[cfg(test)]
mod tests;
