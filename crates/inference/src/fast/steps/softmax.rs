//! Softmax over the last dimension.

use super::super::part::{Part, each_part};
use super::super::simd::{Level, largest, shares};
use super::{BadIndex, Step};
use crate::Tensor;
use crate::tensor::{Element, each_dtype};
use std::sync::Arc;

/// Rows up to which every number of `shares` is below 2^52.
const EXACT: usize = 1 << 19;

#[derive(Debug)]
pub(in super::super) struct Softmax {
    pub level: Level,
    pub rows: usize,
    pub columns: usize,
    pub coarse: Vec<u16>,
    pub fine: Box<[u16; 256]>,
    pub one: i16,
}

impl Softmax {
    /// `exponentials` is as long as the row.
    fn row<X: Element + Ord, Y: Element>(&self, x: &[X], exponentials: &mut [f64], y: &mut [Y]) {
        let farthest = 256 * self.coarse.len() as i64 - 1;
        let largest = largest(self.level, x);
        let mut total = 0u64;
        for (e, x) in exponentials.iter_mut().zip(x) {
            let distance = (largest - (*x).into()).min(farthest) as usize;
            let exact = u64::from(self.coarse[distance >> 8]) * u64::from(self.fine[distance & 255]);
            total += exact;
            // Of 32 bits.
            *e = exact as f64;
        }
        if x.len() <= EXACT {
            return shares(self.level, exponentials, self.one.into(), total as f64, y);
        }
        for (y, e) in y.iter_mut().zip(exponentials) {
            *y = Y::from_i64(((2 * *e as u64 * self.one as u64 + total) / (2 * total)) as i64);
        }
    }
}

impl Step for Softmax {
    fn granule(&self) -> usize {
        self.columns
    }

    fn is_local(&self, _: usize) -> bool {
        true
    }

    fn work(&self) -> usize {
        self.rows * self.columns * 4
    }

    fn compute(&self, operands: &[Arc<Tensor>], start: usize, out: Part<'_>) -> Result<(), BadIndex> {
        let mut exponentials = vec![0.0; self.columns];
        each_part!(out, y => each_dtype!(&*operands[0], x => {
            let rows = x[start..start + y.len()].chunks_exact(self.columns);
            rows.zip(y.chunks_exact_mut(self.columns)).for_each(|(x, y)| self.row(x, &mut exponentials, y));
        }));
        Ok(())
    }
}
