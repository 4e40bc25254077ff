//! Activations times constant weights.

use super::super::finish::Finish;
use super::super::left::Left;
use super::super::pack::{PANEL, Packed, Panels};
use super::super::part::{Part, each_part};
use super::super::simd::{Level, ROWS, Sums, Window, sums_i16, sums_u8};
use super::products::wide_sums;
use super::{BadIndex, Step, blocks};
use crate::tensor::Element;
use crate::{DType, Requantize, Tensor};
use std::ops::Range;
use std::sync::Arc;

#[derive(Debug)]
pub(in super::super) struct Gemm {
    packed: Packed,
    finish: Finish,
    rows: usize,
    columns: usize,
    depth: usize,
    fits: bool,
}

impl Gemm {
    /// Of `rows` rows of type `left`.
    pub fn new(
        level: Level,
        (left, rows): (DType, usize),
        weights: &Tensor,
        bias: &[i32],
        multipliers: &[i16],
        output: Requantize,
    ) -> Self {
        let (columns, depth) = (bias.len(), weights.len() / bias.len());
        let packed = Packed::new(level, left, weights, depth);
        let offsets = bias.iter().zip(&packed.corrections).map(|(bias, correction)| i64::from(*bias) - correction);
        let largest = packed.largest(left);
        let finish = Finish::new(output, offsets.collect(), multipliers, columns, largest);
        Self { packed, finish, rows, columns, depth, fits: largest <= i32::MAX.into() }
    }

    /// Of rows and panels, one after the other, as many as `out` has.
    fn sums(&self, left: &Left<'_>, rows: Range<usize>, panel: usize, out: &mut [Sums]) {
        let (level, depth) = (self.packed.level, self.packed.depth);
        let size = depth * PANEL;
        let (rows, panels) = (rows.start * depth..rows.end * depth, panel * size..(panel + out.len()) * size);
        match (left, &self.packed.panels) {
            (Left::Unsigned(left), Panels::I8(right)) => sums_u8(level, &left[rows], &right[panels], depth, out),
            (Left::Signed(left), Panels::I8(right)) => sums_i16(level, &left[rows], &right[panels], depth, out),
            (Left::Signed(left), Panels::I16(right)) => sums_i16(level, &left[rows], &right[panels], depth, out),
            (Left::Unsigned(_), Panels::I16(_)) => unreachable!("wide weights have signed left operands"),
        }
    }

    fn wide_sums(&self, left: &Left<'_>, row: usize, panel: usize) -> [i64; PANEL] {
        let (step, depth) = (self.packed.level.step(), self.packed.depth);
        let (row, panel) = (row * depth..(row + 1) * depth, panel * depth * PANEL..(panel + 1) * depth * PANEL);
        match (left, &self.packed.panels) {
            (Left::Unsigned(left), Panels::I8(right)) => wide_sums(&left[row], &right[panel], step),
            (Left::Signed(left), Panels::I8(right)) => wide_sums(&left[row], &right[panel], step),
            (Left::Signed(left), Panels::I16(right)) => wide_sums(&left[row], &right[panel], step),
            (Left::Unsigned(_), Panels::I16(_)) => unreachable!("wide weights have signed left operands"),
        }
    }

    /// Rows of the result, or of its columns from a multiple of [`PANEL`] on.
    fn multiply<Y: Element>(&self, left: &Left<'_>, rows: usize, first: usize, columns: usize, out: &mut [Y]) {
        if !self.fits {
            return self.multiply_wide(left, first, columns, out);
        }
        let level = self.packed.level;
        let mut sums = vec![[[0; PANEL]; ROWS]; level.panels()];
        for offset in (0..columns).step_by(level.panels() * PANEL) {
            let panels = (columns - offset).div_ceil(PANEL).min(level.panels());
            blocks(rows, level.rows(), |start, count| {
                self.sums(left, start..start + count, (first + offset) / PANEL, &mut sums[..panels]);
                for (sums, offset) in sums[..panels].iter().zip((offset..).step_by(PANEL)) {
                    let width = PANEL.min(columns - offset);
                    let window = Window { y: &mut out[start * columns + offset..], stride: columns, width };
                    self.finish.columns(level, &sums[..count], first + offset, window);
                }
            });
        }
    }

    fn multiply_wide<Y: Element>(&self, left: &Left<'_>, first: usize, columns: usize, out: &mut [Y]) {
        for (row, y) in out.chunks_exact_mut(columns).enumerate() {
            for (y, column) in y.chunks_mut(PANEL).zip((first..).step_by(PANEL)) {
                let sums = self.wide_sums(left, row, column / PANEL);
                let elements = y.iter_mut().zip(sums).enumerate();
                elements.for_each(|(index, (y, sum))| *y = self.finish.wide(sum, column + index));
            }
        }
    }
}

impl Step for Gemm {
    /// Whole rows, which are parts of `x` too; of a single row, panels.
    fn granule(&self) -> usize {
        if self.rows == 1 { PANEL } else { self.columns }
    }

    fn is_local(&self, _: usize) -> bool {
        self.rows > 1
    }

    fn work(&self) -> usize {
        self.rows * self.columns * self.depth / 16
    }

    fn compute(&self, operands: &[Arc<Tensor>], start: usize, out: Part<'_>) -> Result<(), BadIndex> {
        let (row, rows, first, columns) = match self.rows {
            1 => (0, 1, start, out.len()),
            _ => (start / self.columns, out.len() / self.columns, 0, self.columns),
        };
        let start = row * self.depth;
        let left = Left::new(self.packed.level, &operands[0], start, rows, self.depth, self.packed.depth);
        each_part!(out, y => self.multiply(&left, rows, first, columns, y));
        Ok(())
    }
}
