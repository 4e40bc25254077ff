//! Right operands in the order that vector instructions take them.

use super::simd::Level;
use crate::tensor::Element;
use crate::{DType, Tensor};

/// Columns that are computed together.
pub(super) const PANEL: usize = 16;

/// Weights, cut into panels of [`PANEL`] columns. Within a panel, for each step of `level.step()` elements along
/// the depth, every column has its elements in a row. Columns and depth are filled up with zeros.
#[derive(Debug)]
pub(super) struct Packed {
    pub level: Level,
    /// Along the depth, filled up.
    pub depth: usize,
    pub panels: Panels,
    /// For left operands that are shifted by 128 to make them unsigned: 128 times the sum of each column.
    pub corrections: Vec<i64>,
    /// Largest sum of absolute values in a column.
    largest_sum: i64,
}

#[derive(Debug)]
pub(super) enum Panels {
    I8(Vec<i8>),
    I16(Vec<i16>),
}

impl Packed {
    /// Of rows of `depth` elements, one for each column; `level` is for left operands of type `left`.
    pub fn new(level: Level, left: DType, tensor: &Tensor, depth: usize) -> Self {
        match tensor {
            Tensor::I8(elements) => {
                let level = if left == DType::I8 { level } else { level.wide() };
                Self::of(level, depth, Panels::I8(arrange(elements, depth, level.step())), elements)
            }
            Tensor::I16(elements) => {
                let level = level.wide();
                Self::of(level, depth, Panels::I16(arrange(elements, depth, level.step())), elements)
            }
            Tensor::I32(_) => unreachable!("checked: weights are narrow"),
        }
    }

    fn of<E: Element>(level: Level, depth: usize, panels: Panels, elements: &[E]) -> Self {
        let sum = |column: &[E]| column.iter().map(|element| (*element).into()).sum::<i64>();
        let absolute = |column: &[E]| column.iter().map(|element| (*element).into().abs()).sum::<i64>();
        let columns = elements.chunks_exact(depth);
        let corrections = columns.clone().map(|column| if level.unsigned_left() { 128 * sum(column) } else { 0 });
        let corrections = corrections.collect();
        let largest_sum = columns.map(absolute).max().unwrap_or_default();
        Self { level, depth: depth.next_multiple_of(level.step()), panels, corrections, largest_sum }
    }

    /// Largest absolute value of a sum, in every order, with left elements of this type.
    pub fn largest(&self, left: DType) -> i64 {
        self.largest_sum * if self.level.unsigned_left() { 255 } else { left.magnitude() }
    }
}

fn arrange<E: Copy + Default>(rows: &[E], depth: usize, step: usize) -> Vec<E> {
    let (panels, steps) = ((rows.len() / depth).div_ceil(PANEL), depth.div_ceil(step));
    let mut out = vec![E::default(); panels * steps * step * PANEL];
    for (column, row) in rows.chunks_exact(depth).enumerate() {
        let panel = column / PANEL * steps * step * PANEL;
        for (k, element) in row.iter().enumerate() {
            out[panel + (k / step * PANEL + column % PANEL) * step + k % step] = *element;
        }
    }
    out
}

/// A panel of activations, in pairs of 16-bit elements: column `n` at depth `k` is `x[n * column + k * row]`.
pub(super) fn pack_panel<E: Element>(
    x: &[E],
    columns: usize,
    depth: usize,
    [column, row]: [usize; 2],
    out: &mut [i16],
) {
    let narrow = |x: E| -> i16 { Into::<i64>::into(x) as i16 };
    if columns < PANEL || !depth.is_multiple_of(2) {
        out.fill(0);
    }
    for (k, pairs) in out.chunks_exact_mut(2 * PANEL).enumerate() {
        let (first, second) = (&x[2 * k * row..], x.get((2 * k + 1) * row..).filter(|_| 2 * k + 1 < depth));
        for n in 0..columns {
            pairs[2 * n] = narrow(first[n * column]);
        }
        if let Some(second) = second {
            for n in 0..columns {
                pairs[2 * n + 1] = narrow(second[n * column]);
            }
        }
    }
}
