//! Convolutions: weights times what each position sees.

use super::super::finish::Finish;
use super::super::left::widened;
use super::super::pack::PANEL;
use super::super::part::{Part, each_part};
use super::super::simd::{Level, ROWS, sums_i16};
use super::products::wide_sums;
use super::{BadIndex, Step, blocks};
use crate::ops::Window;
use crate::tensor::{Element, each_dtype};
use crate::{Requantize, Tensor, TensorType};
use std::ops::Range;
use std::sync::Arc;

#[derive(Debug)]
pub(in super::super) struct Conv {
    level: Level,
    window: Window,
    /// `[channels of a group, height, width]` of `x`, and the size with padding.
    image: [usize; 3],
    padded: [usize; 2],
    /// `[channels, height, width]` of the result.
    result: [usize; 3],
    groups: usize,
    /// A row of `filled` elements for each channel of the result.
    weights: Vec<i16>,
    filled: usize,
    /// Where the elements under the kernel are in a padded image, from its first one on.
    under: Vec<usize>,
    finish: Finish,
    fits: bool,
    work: usize,
}

impl Conv {
    pub fn new(
        level: Level,
        (x, result): (&TensorType, &TensorType),
        (window, groups): (&Window, usize),
        weights: &Tensor,
        (bias, multipliers): (&[i32], &[i16]),
        output: Requantize,
    ) -> Self {
        let (level, dim) = (level.wide(), |axis: usize| x.shape.dim(axis));
        let image = [dim(1) / groups, dim(2), dim(3)];
        let [top, left, bottom, right] = window.padding.map(|padding| padding as usize);
        let padded = [dim(2) + top + bottom, dim(3) + left + right];
        let under = under(window, image[0], padded);
        let (depth, filled) = (under.len(), under.len().next_multiple_of(2));
        let sum = |row: &[i16]| row.iter().map(|w| i64::from(*w).abs()).sum::<i64>();
        let weights = each_dtype!(weights, weights => widened(level, weights, bias.len(), depth, filled));
        let largest = weights.chunks_exact(filled).map(sum).max().unwrap_or_default() * x.dtype.magnitude();
        let offsets = bias.iter().map(|bias| i64::from(*bias)).collect();
        Self {
            level,
            window: window.clone(),
            image,
            padded,
            result: [1, 2, 3].map(|axis| result.shape.dim(axis)),
            groups,
            weights,
            filled,
            under,
            finish: Finish::new(output, offsets, multipliers, bias.len(), largest),
            fits: largest <= i32::MAX.into(),
            work: result.shape.elements() * depth / 16,
        }
    }

    /// The channels that a group sees, with their padding, as 16-bit elements.
    fn padded<E: Element>(&self, x: &[E]) -> Vec<i16> {
        let ([channels, height, width], [rows, columns]) = (self.image, self.padded);
        if [height, width] == self.padded {
            return widened(self.level, x, 1, x.len(), x.len());
        }
        let (top, left) = (self.window.padding[0] as usize, self.window.padding[1] as usize);
        let mut out = vec![0; channels * rows * columns];
        for (row, x) in x.chunks_exact(width).enumerate() {
            let at = (row / height * rows + row % height + top) * columns + left;
            out[at..at + width].iter_mut().zip(x).for_each(|(out, x)| *out = Into::<i64>::into(*x) as i16);
        }
        out
    }

    /// What the positions from `first` on see, a panel of them.
    fn pack(&self, image: &[i16], first: usize, count: usize, panel: &mut [i16]) {
        let [_, _, width] = self.result;
        let stride = self.window.stride.map(|stride| stride as usize);
        let start = |n: usize| {
            // Those beyond the last position see what it sees, for nobody.
            let position = first + n.min(count - 1);
            position / width * stride[0] * self.padded[1] + position % width * stride[1]
        };
        let starts: [usize; PANEL] = std::array::from_fn(start);
        for (under, pairs) in self.under.chunks(2).zip(panel.as_chunks_mut::<{ 2 * PANEL }>().0) {
            let (first, second) = (&image[under[0]..], under.get(1).map(|at| &image[*at..]));
            for (pair, start) in pairs.as_chunks_mut::<2>().0.iter_mut().zip(starts) {
                *pair = [first[start], second.map_or(0, |second| second[start])];
            }
        }
    }

    /// Channels of the result that are of one group, from the padded image.
    fn multiply<Y: Element>(&self, image: &[i16], channels: Range<usize>, out: &mut [Y]) {
        let (positions, filled) = (self.result[1] * self.result[2], self.filled);
        let (mut panel, mut sums) = (vec![0; filled * PANEL], [[[0; PANEL]; ROWS]]);
        for first in (0..positions).step_by(PANEL) {
            let count = PANEL.min(positions - first);
            self.pack(image, first, count, &mut panel);
            let at = |row: usize| row * positions + first..row * positions + first + count;
            if !self.fits {
                for (row, channel) in channels.clone().enumerate() {
                    let sums = wide_sums(&self.weights[channel * filled..(channel + 1) * filled], &panel, 2);
                    out[at(row)].iter_mut().zip(sums).for_each(|(y, sum)| *y = self.finish.wide(sum, channel));
                }
                continue;
            }
            blocks(channels.len(), self.level.rows(), |start, count| {
                let channel = channels.start + start;
                let weights = &self.weights[channel * filled..(channel + count) * filled];
                sums_i16(self.level, weights, &panel, filled, &mut sums);
                for (row, sums) in (start..).zip(&sums[0][..count]) {
                    self.finish.row(self.level, sums, channels.start + row, &mut out[at(row)]);
                }
            });
        }
    }
}

/// Offsets of what is under the kernel, channel by channel.
fn under(window: &Window, channels: usize, [height, width]: [usize; 2]) -> Vec<usize> {
    let [rows, columns] = window.kernel.map(|size| size as usize);
    let dilation = window.dilation.map(|dilation| dilation as usize);
    let mut out = Vec::with_capacity(channels * rows * columns);
    for channel in 0..channels {
        for row in 0..rows {
            let start = (channel * height + row * dilation[0]) * width;
            out.extend((0..columns).map(|column| start + column * dilation[1]));
        }
    }
    out
}

impl Step for Conv {
    fn granule(&self) -> usize {
        self.result[1] * self.result[2]
    }

    fn is_local(&self, _: usize) -> bool {
        false
    }

    fn work(&self) -> usize {
        self.work
    }

    fn compute(&self, operands: &[Arc<Tensor>], start: usize, mut out: Part<'_>) -> Result<(), BadIndex> {
        let (channels, positions) = (self.result[0], self.granule());
        let each = channels / self.groups;
        let (mut plane, end) = (start / positions, (start + out.len()) / positions);
        let (mut done, size) = (0, self.image.iter().product::<usize>());
        while plane < end {
            // As far as the group goes.
            let (group, last) = (plane / each, (plane / each + 1) * each);
            let count = last.min(end) - plane;
            let image = each_dtype!(&*operands[0], x => self.padded(&x[group * size..(group + 1) * size]));
            let channel = plane % channels;
            each_part!(&mut out, y => {
                let y = &mut y[done..done + count * positions];
                self.multiply(&image, channel..channel + count, y);
            });
            (plane, done) = (plane + count, done + count * positions);
        }
        Ok(())
    }
}
