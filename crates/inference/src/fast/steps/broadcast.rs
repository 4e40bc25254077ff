//! Element-wise operations on tensors of different shapes.

use super::super::part::{Part, each_part};
use super::super::simd::{Level, Short, add, scale};
use super::{BadIndex, Step};
use crate::tensor::{Element, each_dtype};
use crate::{DType, Requantize, Shape, Tensor};
use std::sync::Arc;

/// What is done with a pair of elements before it is rounded.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Combine {
    /// `a * m[0] + b * m[1]`
    Add([i16; 2]),
    /// `a * b * m`
    Mul(i16),
    /// `a * m`; the second operand is the first one again.
    Scale(i16),
}

#[derive(Debug)]
pub(in super::super) struct Broadcast {
    level: Level,
    combine: Combine,
    output: Requantize,
    /// For 32-bit arithmetic.
    short: Option<Short>,
    /// Sizes of the axes of the result, and the steps of both operands along them. Axes that are walked alike are one.
    axes: Vec<Axis>,
}

#[derive(Clone, Copy, Debug)]
struct Axis {
    size: usize,
    steps: [usize; 2],
}

impl Broadcast {
    pub fn new(
        level: Level,
        combine: Combine,
        output: Requantize,
        dtypes: [DType; 2],
        shapes: [&Shape; 2],
        result: &Shape,
    ) -> Self {
        let [a, b] = dtypes.map(DType::magnitude);
        let size = |factor: i16| i64::from(factor).abs();
        let short = match combine {
            Combine::Add(factors) => Short::new(&output, a * size(factors[0]) + b * size(factors[1])),
            Combine::Mul(_) => None,
            Combine::Scale(factor) => Short::new(&output, a * size(factor)),
        };
        Self { level, combine, output, short, axes: axes(shapes, result) }
    }

    /// A run of elements along the last axis; an operand that is repeated has a single one.
    fn run<A: Element, B: Element, Y: Element>(&self, a: &[A], b: &[B], y: &mut [Y]) {
        let wide = |x: i64, factor: i16| x * i64::from(factor);
        match (self.combine, self.short) {
            (Combine::Scale(factor), Some(short)) if a.len() == y.len() => {
                scale(self.level, a, factor.into(), 0, short, y);
            }
            (Combine::Add(factors), Some(short)) => match (a, b) {
                (a, b) if a.len() == b.len() => add(self.level, a, b, factors.map(i32::from), short, y),
                (&[a], b) => scale(self.level, b, factors[1].into(), wide(a.into(), factors[0]) as i32, short, y),
                (a, b) => scale(self.level, a, factors[0].into(), wide(b[0].into(), factors[1]) as i32, short, y),
            },
            (combine, _) => {
                let (a, b) = (a.iter().copied().cycle(), b.iter().copied().cycle());
                for ((y, a), b) in y.iter_mut().zip(a.map(Into::into)).zip(b.map(Into::into)) {
                    *y = Y::from_i64(self.output.apply(match combine {
                        Combine::Add(factors) => wide(a, factors[0]) + wide(b, factors[1]),
                        Combine::Mul(factor) => wide(a * b, factor),
                        Combine::Scale(factor) => wide(a, factor),
                    }));
                }
            }
        }
    }

    fn walk<A: Element, B: Element, Y: Element>(&self, a: &[A], b: &[B], start: usize, y: &mut [Y]) {
        let inner = self.axes[self.axes.len() - 1];
        let mut done = 0;
        while done < y.len() {
            let (mut rest, offset) = ((start + done) / inner.size, (start + done) % inner.size);
            let mut at = inner.steps.map(|step| step * offset);
            for axis in self.axes[..self.axes.len() - 1].iter().rev() {
                let position = rest % axis.size;
                (rest, at) = (rest / axis.size, [at[0] + position * axis.steps[0], at[1] + position * axis.steps[1]]);
            }
            let len = (inner.size - offset).min(y.len() - done);
            let lens = inner.steps.map(|step| if step == 0 { 1 } else { len });
            self.run(&a[at[0]..at[0] + lens[0]], &b[at[1]..at[1] + lens[1]], &mut y[done..done + len]);
            done += len;
        }
    }
}

/// Axes of the result from the outermost on, those walked alike made one. The innermost steps are 0 or 1.
fn axes(shapes: [&Shape; 2], result: &Shape) -> Vec<Axis> {
    let strides = shapes.map(Shape::strides);
    let step = |operand: usize, axis: usize| {
        let shape = shapes[operand];
        let own = (axis + shape.rank()).checked_sub(result.rank());
        own.filter(|own| shape.dim(*own) > 1).map_or(0, |own| strides[operand][own])
    };
    let mut axes: Vec<Axis> = Vec::new();
    for axis in (0..result.rank()).filter(|axis| result.dim(*axis) > 1) {
        let (size, steps) = (result.dim(axis), [step(0, axis), step(1, axis)]);
        match axes.last_mut() {
            Some(outer) if outer.steps == steps.map(|step| step * size) => {
                *outer = Axis { size: outer.size * size, steps };
            }
            _ => axes.push(Axis { size, steps }),
        }
    }
    if axes.is_empty() {
        axes.push(Axis { size: 1, steps: [0, 0] });
    }
    axes
}

impl Step for Broadcast {
    fn granule(&self) -> usize {
        1
    }

    fn is_local(&self, operand: usize) -> bool {
        self.axes.iter().all(|axis| axis.steps[operand] > 0)
    }

    fn work(&self) -> usize {
        self.axes.iter().map(|axis| axis.size).product::<usize>() * if self.short.is_some() { 1 } else { 8 } / 2
    }

    fn compute(&self, operands: &[Arc<Tensor>], start: usize, out: Part<'_>) -> Result<(), BadIndex> {
        let (a, b) = (&*operands[0], &**operands.get(1).unwrap_or(&operands[0]));
        each_part!(out, y => each_dtype!(a, a => each_dtype!(b, b => self.walk(a, b, start, y))));
        Ok(())
    }
}
