//! Elements in another order, and the position of the largest.

use super::super::part::Part;
use super::{BadIndex, Step};
use crate::tensor::each_dtype;
use crate::{Tensor, TensorType};
use std::sync::Arc;

#[derive(Debug)]
pub(in super::super) struct Transpose {
    /// Sizes of the result's axes, and the steps of `x` along them.
    axes: Vec<(usize, usize)>,
}

impl Transpose {
    pub fn new(permutation: &[u8], x: &TensorType) -> Self {
        let strides = x.shape.strides();
        let mut axes: Vec<(usize, usize)> = Vec::new();
        for axis in permutation.iter().map(|axis| usize::from(*axis)).filter(|axis| x.shape.dim(*axis) > 1) {
            let (size, step) = (x.shape.dim(axis), strides[axis]);
            match axes.last_mut() {
                // Neighbours before and after.
                Some(outer) if outer.1 == size * step => *outer = (outer.0 * size, step),
                _ => axes.push((size, step)),
            }
        }
        if axes.is_empty() {
            axes.push((1, 1));
        }
        Self { axes }
    }

    fn walk<E: Copy>(&self, x: &[E], start: usize, y: &mut [E]) {
        let (inner, step) = self.axes[self.axes.len() - 1];
        for (row, y) in y.chunks_exact_mut(inner).enumerate() {
            let (mut rest, mut at) = (start / inner + row, 0);
            for (size, step) in self.axes[..self.axes.len() - 1].iter().rev() {
                at += rest % size * step;
                rest /= size;
            }
            if step == 1 {
                y.copy_from_slice(&x[at..at + inner]);
            } else {
                y.iter_mut().zip(x[at..].iter().step_by(step)).for_each(|(y, x)| *y = *x);
            }
        }
    }
}

impl Step for Transpose {
    fn granule(&self) -> usize {
        self.axes[self.axes.len() - 1].0
    }

    fn is_local(&self, _: usize) -> bool {
        false
    }

    fn work(&self) -> usize {
        self.axes.iter().map(|(size, _)| size).product()
    }

    fn compute(&self, operands: &[Arc<Tensor>], start: usize, out: Part<'_>) -> Result<(), BadIndex> {
        match (&*operands[0], out) {
            (Tensor::I8(x), Part::I8(y)) => self.walk(x, start, y),
            (Tensor::I16(x), Part::I16(y)) => self.walk(x, start, y),
            (Tensor::I32(x), Part::I32(y)) => self.walk(x, start, y),
            _ => unreachable!("checked: the type stays"),
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(in super::super) struct Gather {
    /// Elements of a row.
    pub row: usize,
    /// Rows of the table.
    pub table: usize,
}

impl Step for Gather {
    fn granule(&self) -> usize {
        self.row
    }

    fn is_local(&self, operand: usize) -> bool {
        operand == 1
    }

    /// Little: it copies.
    fn work(&self) -> usize {
        0
    }

    fn compute(&self, operands: &[Arc<Tensor>], start: usize, mut out: Part<'_>) -> Result<(), BadIndex> {
        let first = start / self.row;
        for index in 0..out.len() / self.row {
            let row = operands[1].get(first + index);
            let at = usize::try_from(row).ok().filter(|at| *at < self.table).ok_or(row)? * self.row;
            let range = index * self.row..(index + 1) * self.row;
            match &mut out {
                Part::I8(y) => Part::I8(&mut y[range]).copy(&operands[0], at),
                Part::I16(y) => Part::I16(&mut y[range]).copy(&operands[0], at),
                Part::I32(y) => Part::I32(&mut y[range]).copy(&operands[0], at),
            }
        }
        Ok(())
    }
}

/// Lowest index of the largest element of each row of `x`.
#[derive(Debug)]
pub(in super::super) struct ArgMax {
    pub row: usize,
    pub rows: usize,
}

impl Step for ArgMax {
    fn granule(&self) -> usize {
        1
    }

    fn is_local(&self, _: usize) -> bool {
        true
    }

    fn work(&self) -> usize {
        self.row * self.rows
    }

    fn compute(&self, operands: &[Arc<Tensor>], start: usize, out: Part<'_>) -> Result<(), BadIndex> {
        let Part::I32(y) = out else { unreachable!("checked: positions are int32") };
        each_dtype!(&*operands[0], x => {
            for (y, x) in y.iter_mut().zip(x[start * self.row..].chunks_exact(self.row)) {
                *y = (0..self.row).fold(0, |best, at| if x[at] > x[best] { at } else { best }) as i32;
            }
        });
        Ok(())
    }
}
