//! Products from packed weights.

use super::pack::{PANEL, Packed, Panels};
use super::simd::{self, ROWS};
use super::workers::Workers;
use crate::Tensor;
use crate::run::Product;
use crate::tensor::each_dtype;

/// Computes `product`, whose right operand is `packed`, and whose sums fit 32 bits ([`Packed::takes`]).
pub(super) fn multiply_packed(workers: &Workers, packed: &Packed, product: &Product<'_>, y: &mut Tensor) {
    let left = Left::new(packed, product);
    let panels = packed.columns.div_ceil(PANEL);
    let macs = product.rows * product.columns * product.depth;
    let parts = workers.split(panels, macs, |panels| {
        let columns = panels.start * PANEL..(panels.end * PANEL).min(packed.columns);
        let mut out = Tensor::zeros(product.output.dtype, columns.len() * product.rows);
        let (mut sums, mut part) = ([[0; PANEL]; ROWS], *product);
        // Its own columns, one after the other.
        (part.start, part.row_stride, part.column_stride) = (0, 1, product.rows);
        part.bias = product.bias.get(columns.clone()).unwrap_or_default();
        part.multipliers = product.multipliers.get(columns.clone()).unwrap_or(product.multipliers);
        for panel in panels {
            let first = panel * PANEL;
            for row in (0..product.rows).step_by(ROWS) {
                let rows = (product.rows - row).min(ROWS);
                left.sums(packed, panel, row, rows, &mut sums);
                for column in first..(first + PANEL).min(columns.end) {
                    let correction = left.correction(packed, column);
                    for (index, sums) in sums[..rows].iter().enumerate() {
                        let sum = i64::from(sums[column - first]) - correction;
                        part.store(&mut out, row + index, column - columns.start, sum);
                    }
                }
            }
        }
        (columns, out)
    });
    for (columns, out) in parts {
        let start = product.start + columns.start * product.column_stride;
        for column in 0..columns.len() {
            for row in 0..product.rows {
                let at = start + column * product.column_stride + row * product.row_stride;
                y.set(at, out.get(column * product.rows + row));
            }
        }
    }
}

/// A left operand: rows filled up with zeros to the depth of the right one.
enum Left {
    Unsigned(Vec<u8>),
    Signed(Vec<i16>),
}

impl Left {
    fn new(packed: &Packed, product: &Product<'_>) -> Self {
        let (depth, start, len) = (product.depth, product.left.start, product.rows * product.depth);
        match product.left.tensor {
            Tensor::I8(elements) if packed.level.unsigned_left() => {
                let elements = &elements[start..start + len];
                // What the depth is filled up with meets weights that are zero.
                Self::Unsigned(filled(elements, depth, packed.depth, |x| (x as u8) ^ 0x80))
            }
            tensor => each_dtype!(tensor, elements => {
                Self::Signed(filled(&elements[start..start + len], depth, packed.depth, |x| i64::from(x) as i16))
            }),
        }
    }

    fn sums(&self, packed: &Packed, panel: usize, row: usize, rows: usize, out: &mut [[i32; PANEL]; ROWS]) {
        let (depth, size) = (packed.depth, packed.depth * PANEL);
        let (of_rows, of_panel) = (row * depth..(row + rows) * depth, panel * size..(panel + 1) * size);
        match (self, &packed.panels) {
            (Self::Unsigned(left), Panels::I8(right)) => {
                simd::sums_u8(packed.level, &left[of_rows], &right[of_panel], depth, out);
            }
            (Self::Signed(left), Panels::I8(right)) => {
                simd::sums_i16(packed.level, &left[of_rows], &right[of_panel], depth, out);
            }
            (Self::Signed(left), Panels::I16(right)) => {
                simd::sums_i16(packed.level, &left[of_rows], &right[of_panel], depth, out);
            }
            (Self::Unsigned(_), Panels::I16(_)) => unreachable!("wide weights have signed left operands"),
        }
    }

    fn correction(&self, packed: &Packed, column: usize) -> i64 {
        match self {
            Self::Unsigned(_) => packed.corrections[column].into(),
            Self::Signed(_) => 0,
        }
    }
}

fn filled<E: Copy, F: Copy + Default>(rows: &[E], depth: usize, filled: usize, f: impl Fn(E) -> F) -> Vec<F> {
    let mut out = Vec::with_capacity(rows.len() / depth * filled);
    for row in rows.chunks_exact(depth) {
        out.extend(row.iter().map(|element| f(*element)));
        out.resize(out.len() + filled - depth, F::default());
    }
    out
}
