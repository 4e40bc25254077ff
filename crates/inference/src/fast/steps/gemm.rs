//! Activations times constant weights.

use super::super::finish::Finish;
use super::super::left::Left;
use super::super::pack::{PANEL, Packed, Panels};
use super::super::part::{Part, each_part};
use super::super::simd::{Level, ROWS, Sums, sums_i16, sums_u8};
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

    fn sums(&self, left: &Left<'_>, rows: Range<usize>, panel: usize, out: &mut Sums) {
        let (level, depth) = (self.packed.level, self.packed.depth);
        let (rows, panel) = (rows.start * depth..rows.end * depth, panel * depth * PANEL..(panel + 1) * depth * PANEL);
        match (left, &self.packed.panels) {
            (Left::Unsigned(left), Panels::I8(right)) => sums_u8(level, &left[rows], &right[panel], depth, out),
            (Left::Signed(left), Panels::I8(right)) => sums_i16(level, &left[rows], &right[panel], depth, out),
            (Left::Signed(left), Panels::I16(right)) => sums_i16(level, &left[rows], &right[panel], depth, out),
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
        let mut sums = [[0; PANEL]; ROWS];
        for offset in (0..columns).step_by(PANEL) {
            let (column, width) = (first + offset, PANEL.min(columns - offset));
            let at = |row: usize| row * columns + offset..row * columns + offset + width;
            if !self.fits {
                for row in 0..rows {
                    let sums = self.wide_sums(left, row, column / PANEL);
                    let elements = out[at(row)].iter_mut().zip(sums).enumerate();
                    elements.for_each(|(index, (y, sum))| *y = self.finish.wide(sum, column + index));
                }
                continue;
            }
            blocks(rows, self.packed.level.rows(), |start, count| {
                self.sums(left, start..start + count, column / PANEL, &mut sums);
                for (row, sums) in (start..).zip(&sums[..count]) {
                    self.finish.columns(self.packed.level, sums, column, &mut out[at(row)]);
                }
            });
        }
    }
}

impl Step for Gemm {
    /// Whole rows, which are parts of `x` too; of a single row, panels.
    fn granule(&self) -> usize {
        if self.rows == 1 { PANEL } else { self.columns }
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
