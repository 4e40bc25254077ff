//! Left operands in the form that vector instructions take them.

use super::simd::{Level, widen};
use crate::Tensor;
use std::borrow::Cow;

/// Rows of one depth, filled up with zeros.
pub(super) enum Left<'a> {
    /// Shifted by 128.
    Unsigned(Vec<u8>),
    Signed(Cow<'a, [i16]>),
}

impl<'a> Left<'a> {
    /// Of `rows` rows of `depth` elements from `start` on, filled up to `filled`, for weights packed for `level`.
    pub fn new(level: Level, tensor: &'a Tensor, start: usize, rows: usize, depth: usize, filled: usize) -> Self {
        let range = start..start + rows * depth;
        match tensor {
            Tensor::I8(x) if level.unsigned_left() => {
                let mut out = vec![0; rows * filled];
                // What the depth is filled up with meets weights that are zero.
                for (out, x) in out.chunks_exact_mut(filled).zip(x[range].chunks_exact(depth)) {
                    out.iter_mut().zip(x).for_each(|(out, x)| *out = *x as u8 ^ 0x80);
                }
                Self::Unsigned(out)
            }
            Tensor::I8(x) => Self::Signed(widened(level, &x[range], rows, depth, filled).into()),
            Tensor::I16(x) if depth == filled => Self::Signed(x[range].into()),
            Tensor::I16(x) => Self::Signed(widened(level, &x[range], rows, depth, filled).into()),
            Tensor::I32(_) => unreachable!("checked: left operands are narrow"),
        }
    }
}

/// Rows of 16-bit elements.
pub(super) fn widened<E: crate::tensor::Element>(
    level: Level,
    x: &[E],
    rows: usize,
    depth: usize,
    filled: usize,
) -> Vec<i16> {
    let mut out = vec![0; rows * filled];
    if depth == filled {
        widen(level, x, &mut out);
    } else {
        out.chunks_exact_mut(filled).zip(x.chunks_exact(depth)).for_each(|(out, x)| widen(level, x, out));
    }
    out
}
