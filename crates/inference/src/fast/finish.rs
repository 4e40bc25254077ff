//! From sums of products to elements.

use super::pack::PANEL;
use super::simd::{Level, Window, finish};
use crate::Requantize;
use crate::tensor::Element;

/// `output((sum + bias) * multiplier)` for sums that fit 32 bits.
#[derive(Debug)]
pub(super) struct Finish {
    output: Requantize,
    /// What is added to each sum, filled up to whole panels.
    offsets: Vec<i64>,
    multipliers: Vec<i32>,
    /// The offsets, where every sum with its offset fits 32 bits.
    short: Option<Vec<i32>>,
}

impl Finish {
    /// Of `count` sums that are no larger than `largest`; single multipliers are for all of them.
    pub fn new(output: Requantize, mut offsets: Vec<i64>, multipliers: &[i16], count: usize, largest: i64) -> Self {
        let filled = count.next_multiple_of(PANEL);
        offsets.resize(filled, 0);
        let mut multipliers: Vec<i32> = multipliers.iter().map(|multiplier| i32::from(*multiplier)).collect();
        multipliers.resize(filled, if multipliers.len() == 1 { multipliers[0] } else { 0 });
        let fits = offsets.iter().all(|offset| largest.saturating_add(offset.abs()) <= i64::from(i32::MAX));
        let short = fits.then(|| offsets.iter().map(|offset| *offset as i32).collect());
        Self { output, offsets, multipliers, short }
    }

    /// Elements from rows of sums, where every column has its own offset and multiplier, from `first` on.
    pub fn columns<Y: Element>(&self, level: Level, sums: &[[i32; PANEL]], first: usize, window: Window<'_, Y>) {
        let multipliers = panel(&self.multipliers, first);
        match &self.short {
            Some(offsets) => finish(level, sums, (panel(offsets, first), multipliers), &self.output, window),
            None => {
                let offsets = panel(&self.offsets, first);
                for (sums, y) in sums.iter().zip(window.y.chunks_mut(window.stride)) {
                    let elements = y[..window.width].iter_mut().zip(sums).zip(offsets).zip(multipliers);
                    elements.for_each(|(((y, sum), offset), multiplier)| *y = self.element(*sum, *offset, *multiplier));
                }
            }
        }
    }

    /// Elements from the sums of a panel that share the offset and multiplier at `index`.
    pub fn row<Y: Element>(&self, level: Level, sums: &[i32; PANEL], index: usize, y: &mut [Y]) {
        let multiplier = self.multipliers[index];
        match &self.short {
            Some(offsets) => {
                let (stride, width) = (y.len(), y.len());
                let factors = (&[offsets[index]; PANEL], &[multiplier; PANEL]);
                finish(level, std::slice::from_ref(sums), factors, &self.output, Window { y, stride, width });
            }
            None => {
                let offset = self.offsets[index];
                y.iter_mut().zip(sums).for_each(|(y, sum)| *y = self.element(*sum, offset, multiplier));
            }
        }
    }

    /// The element of a sum of any size.
    pub fn element<Y: Element>(&self, sum: impl Into<i64>, offset: i64, multiplier: i32) -> Y {
        Y::from_i64(self.output.apply((sum.into() + offset) * i64::from(multiplier)))
    }

    /// As [`Self::element`], with the offset and multiplier at `index`.
    pub fn wide<Y: Element>(&self, sum: i64, index: usize) -> Y {
        self.element(sum, self.offsets[index], self.multipliers[index])
    }
}

/// Those of a panel.
fn panel<T>(values: &[T], first: usize) -> &[T; PANEL] {
    values[first..].first_chunk().expect("filled up to whole panels")
}
