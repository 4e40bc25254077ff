//! Weights in the order that vector instructions take them.

use super::simd::Level;
use crate::{DType, Tensor};

/// Columns that are computed together.
pub(super) const PANEL: usize = 16;

/// A right operand, cut into panels of [`PANEL`] columns. Within a panel, for each step of `level.step()` elements along
/// the depth, every column has its elements in a row. Columns and depth are filled up with zeros.
#[derive(Debug)]
pub(super) struct Packed {
    pub level: Level,
    pub columns: usize,
    /// Along the depth, filled up.
    pub depth: usize,
    pub panels: Panels,
    /// For left operands that are shifted by 128 to make them unsigned: 128 times the sum of each column.
    pub corrections: Vec<i32>,
    /// Largest sum of absolute values in a column.
    largest_sum: i64,
}

#[derive(Debug)]
pub(super) enum Panels {
    I8(Vec<i8>),
    I16(Vec<i16>),
}

impl Packed {
    /// Of `columns` rows of `depth` elements from `start` on; `None` when there is no fast way.
    pub fn new(level: Level, tensor: &Tensor, start: usize, columns: usize, depth: usize) -> Option<Self> {
        let len = columns * depth;
        match tensor {
            Tensor::I8(elements) => {
                let elements = &elements[start..start + len];
                let panels = |level: Level| Panels::I8(arrange(elements, columns, depth, level.step()));
                Some(Self::of(level, columns, depth, panels(level), elements))
            }
            Tensor::I16(elements) => {
                let (elements, level) = (&elements[start..start + len], level.wide());
                let panels = Panels::I16(arrange(elements, columns, depth, level.step()));
                Some(Self::of(level, columns, depth, panels, elements))
            }
            Tensor::I32(_) => None,
        }
    }

    fn of<E: Copy + Into<i64>>(level: Level, columns: usize, depth: usize, panels: Panels, elements: &[E]) -> Self {
        let sum = |column: &[E]| column.iter().map(|element| (*element).into()).sum::<i64>();
        let absolute = |column: &[E]| column.iter().map(|element| (*element).into().abs()).sum::<i64>();
        let mut corrections: Vec<i32> = elements.chunks_exact(depth).map(|column| (128 * sum(column)) as i32).collect();
        corrections.resize(columns.next_multiple_of(PANEL), 0);
        let largest_sum = elements.chunks_exact(depth).map(absolute).max().unwrap_or_default();
        Self { level, columns, depth: depth.next_multiple_of(level.step()), panels, corrections, largest_sum }
    }

    /// Whether sums with left elements of this type fit 32 bits, in every order, with the shift by 128.
    pub fn takes(&self, left: DType) -> bool {
        let fits = self.largest_sum * 2 * left.magnitude() <= i64::from(i32::MAX);
        fits && match left {
            DType::I8 => true,
            DType::I16 => !self.level.unsigned_left(),
            DType::I32 => false,
        }
    }
}

fn arrange<E: Copy + Default>(rows: &[E], columns: usize, depth: usize, step: usize) -> Vec<E> {
    let (panels, steps) = (columns.div_ceil(PANEL), depth.div_ceil(step));
    let mut out = vec![E::default(); panels * steps * step * PANEL];
    for (column, row) in rows.chunks_exact(depth).enumerate() {
        let panel = column / PANEL * steps * step * PANEL;
        for (k, element) in row.iter().enumerate() {
            out[panel + (k / step * PANEL + column % PANEL) * step + k % step] = *element;
        }
    }
    out
}
