//! Layer normalisation over the last dimension.

use super::super::part::{Part, each_part};
use super::super::simd::{Level, moments, normalize};
use super::{BadIndex, Step};
use crate::ops::reciprocal_square_root;
use crate::tensor::{Element, each_dtype};
use crate::{Requantize, Tensor};
use std::sync::Arc;

#[derive(Debug)]
pub(in super::super) struct LayerNorm {
    pub level: Level,
    pub rows: usize,
    pub gamma: Vec<i16>,
    /// Shifted.
    pub beta: Vec<i64>,
    pub epsilon: u64,
    pub precision: u8,
    pub output: Requantize,
}

impl LayerNorm {
    fn row<X: Element, Y: Element>(&self, x: &[X], y: &mut [Y]) {
        let n = x.len() as i64;
        let (sum, squares) = moments(self.level, x);
        let w = (n * squares - sum * sum) as u64 + self.epsilon;
        let root = reciprocal_square_root(w, self.precision) as i64;
        normalize(self.level, x, [n, sum, root], &self.gamma, &self.beta, self.output, y);
    }
}

impl Step for LayerNorm {
    fn granule(&self) -> usize {
        self.gamma.len()
    }

    fn is_local(&self, _: usize) -> bool {
        true
    }

    fn work(&self) -> usize {
        self.rows * self.gamma.len() * 3
    }

    fn compute(&self, operands: &[Arc<Tensor>], start: usize, out: Part<'_>) -> Result<(), BadIndex> {
        let n = self.gamma.len();
        each_part!(out, y => each_dtype!(&*operands[0], x => {
            x[start..start + y.len()].chunks_exact(n).zip(y.chunks_exact_mut(n)).for_each(|(x, y)| self.row(x, y));
        }));
        Ok(())
    }
}
