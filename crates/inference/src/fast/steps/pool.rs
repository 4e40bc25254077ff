//! One number for each window.

use super::super::part::{Part, each_part};
use super::{BadIndex, Step};
use crate::ops::Window;
use crate::tensor::{Element, each_dtype};
use crate::{Requantize, Tensor, TensorType};
use std::ops::Range;
use std::sync::Arc;

#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Fold {
    Largest,
    /// `output(multiplier * sum)`
    Mean(i16, Requantize),
}

#[derive(Debug)]
pub(in super::super) struct Pool {
    fold: Fold,
    image: [usize; 2],
    /// What each row and each column of the result sees.
    rows: Vec<Range<usize>>,
    columns: Vec<Range<usize>>,
    work: usize,
}

impl Pool {
    pub fn new(fold: Fold, window: &Window, x: &TensorType, result: &TensorType) -> Self {
        let seen = |axis: usize| {
            let (size, kernel) = (x.shape.dim(2 + axis), window.kernel[axis] as usize);
            let (stride, padding) = (window.stride[axis] as usize, window.padding[axis] as usize);
            let range =
                move |at: usize| (at * stride).saturating_sub(padding)..(at * stride + kernel - padding).min(size);
            (0..result.shape.dim(2 + axis)).map(range).collect()
        };
        let image = [x.shape.dim(2), x.shape.dim(3)];
        let work = result.shape.elements() * (window.area() + 4);
        Self { fold, image, rows: seen(0), columns: seen(1), work }
    }

    fn plane<X: Element + Ord, Y: Element>(&self, x: &[X], y: &mut [Y]) {
        let [_, width] = self.image;
        for (rows, y) in self.rows.iter().zip(y.chunks_exact_mut(self.columns.len())) {
            for (columns, y) in self.columns.iter().zip(y) {
                let lines = rows.clone().map(|row| &x[row * width..][columns.clone()]);
                *y = match self.fold {
                    Fold::Largest => {
                        let largest = lines.filter_map(|line| line.iter().max()).max();
                        Y::from_i64(largest.map_or(0, |x| (*x).into()))
                    }
                    Fold::Mean(multiplier, output) => {
                        let sum = lines.map(|line| line.iter().map(|x| (*x).into()).sum::<i64>()).sum::<i64>();
                        Y::from_i64(output.apply(sum * i64::from(multiplier)))
                    }
                };
            }
        }
    }
}

impl Step for Pool {
    fn granule(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    fn is_local(&self, _: usize) -> bool {
        true
    }

    fn work(&self) -> usize {
        self.work
    }

    fn compute(&self, operands: &[Arc<Tensor>], start: usize, out: Part<'_>) -> Result<(), BadIndex> {
        let (plane, size) = (start / self.granule(), self.image.iter().product::<usize>());
        each_part!(out, y => each_dtype!(&*operands[0], x => {
            let planes = x[plane * size..].chunks_exact(size).zip(y.chunks_exact_mut(self.granule()));
            planes.for_each(|(x, y)| self.plane(x, y));
        }));
        Ok(())
    }
}
