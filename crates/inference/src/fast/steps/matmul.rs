//! Products of activations.

use super::super::finish::Finish;
use super::super::left::Left;
use super::super::pack::{PANEL, pack_panel};
use super::super::part::{Part, each_part};
use super::super::simd::{Level, ROWS, Window, magnitude, sums_i16};
use super::products::wide_sums;
use super::{BadIndex, Step, blocks};
use crate::tensor::{Element, each_dtype};
use crate::{DType, Requantize, Tensor};
use std::sync::Arc;

#[derive(Debug)]
pub(in super::super) struct MatMul {
    level: Level,
    batches: usize,
    rows: usize,
    columns: usize,
    depth: usize,
    transposed: bool,
    /// For sums that fit 32 bits.
    finish: Finish,
}

impl MatMul {
    /// `shape` is that of the result, `[batches, rows, columns]`.
    pub fn new(
        level: Level,
        shape: [usize; 3],
        depth: usize,
        transposed: bool,
        multiplier: i16,
        output: Requantize,
    ) -> Self {
        let ([batches, rows, columns], level) = (shape, level.wide());
        let finish = Finish::new(output, Vec::new(), &[multiplier], columns, i32::MAX.into());
        Self { level, batches, rows, columns, depth, transposed, finish }
    }

    /// Rows of the result from `row` on, of one batch.
    fn multiply<Y: Element>(&self, a: &Tensor, b: &Tensor, batch: usize, row: usize, rows: usize, out: &mut [Y]) {
        let (columns, depth) = (self.columns, self.depth);
        let filled = depth.next_multiple_of(2);
        let start = (batch * self.rows + row) * depth;
        let left = Left::new(self.level, a, start, rows, depth, filled);
        let Left::Signed(left) = left else { unreachable!("the level is one of signed operands") };
        let steps = if self.transposed { [depth, 1] } else { [1, columns] };
        let (mut panel, mut sums) = (vec![0; filled * PANEL], [[[0; PANEL]; ROWS]]);
        let right = batch * depth * columns..(batch + 1) * depth * columns;
        let fits = self.fits(a.dtype(), b.dtype(), || {
            [magnitude(self.level, &left), each_dtype!(b, b => magnitude(self.level, &b[right.clone()]))]
        });
        for first in (0..columns).step_by(PANEL) {
            let width = PANEL.min(columns - first);
            let start = right.start + first * steps[0];
            each_dtype!(b, b => pack_panel(&b[start..], width, depth, steps, &mut panel));
            let at = |row: usize| row * columns + first..row * columns + first + width;
            if !fits {
                for (row, left) in left.chunks_exact(filled).enumerate() {
                    let sums = wide_sums(left, &panel, 2);
                    let elements = out[at(row)].iter_mut().zip(sums).enumerate();
                    elements.for_each(|(index, (y, sum))| *y = self.finish.wide(sum, first + index));
                }
                continue;
            }
            blocks(rows, self.level.rows(), |start, count| {
                sums_i16(self.level, &left[start * filled..(start + count) * filled], &panel, filled, &mut sums);
                let window = Window { y: &mut out[start * columns + first..], stride: columns, width };
                self.finish.columns(self.level, &sums[0][..count], first, window);
            });
        }
    }

    /// Whether all sums fit 32 bits: by the types, or by how large the elements are.
    fn fits(&self, a: DType, b: DType, largest: impl FnOnce() -> [i64; 2]) -> bool {
        let fits = |[a, b]: [i64; 2]| self.depth as i64 * a * b <= i64::from(i32::MAX);
        fits([a.magnitude(), b.magnitude()]) || fits(largest())
    }
}

impl Step for MatMul {
    fn granule(&self) -> usize {
        self.columns * if self.batches == 1 { 1 } else { self.rows }
    }

    /// Of one batch, rows of the result take rows of `a` and all of `b`.
    fn is_local(&self, operand: usize) -> bool {
        self.batches > 1 || operand == 0
    }

    fn work(&self) -> usize {
        self.batches * self.columns * self.depth * (self.rows / 16 + 1)
    }

    fn compute(&self, operands: &[Arc<Tensor>], start: usize, out: Part<'_>) -> Result<(), BadIndex> {
        let row = start / self.columns;
        each_part!(out, y => {
            let each = self.rows.min(y.len() / self.columns);
            for (index, y) in y.chunks_exact_mut(each * self.columns).enumerate() {
                let row = row + index * each;
                self.multiply(&operands[0], &operands[1], row / self.rows, row % self.rows, each, y);
            }
        });
        Ok(())
    }
}
