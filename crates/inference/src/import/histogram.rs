//! How large numbers are.

/// Bins for each doubling.
const FINENESS: f32 = 8.0;
/// Sizes of 2^-40 and less are in the first bin, those of 2^40 and more in the last.
const SMALLEST: f32 = -40.0;
const BINS: usize = 640;

/// Counts of sizes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Histogram {
    counts: Vec<u32>,
    largest: f32,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BINS], largest: 0.0 }
    }
}

impl Histogram {
    pub fn add(&mut self, size: f32) {
        self.largest = self.largest.max(size);
        let bin = (size.log2() - SMALLEST) * FINENESS;
        // Casts saturate: nothing is in the first bin too.
        let count = &mut self.counts[(bin as usize).min(BINS - 1)];
        *count = count.saturating_add(1);
    }

    pub fn largest(&self) -> f32 {
        self.largest
    }

    /// The range that `steps` steps on each side should cover: what is beyond saturates, and the rest is rounded.
    pub fn best_range(&self, steps: f64) -> f32 {
        let edges: Vec<f64> = (0..=BINS).map(|bin| f64::from(bin as f32 / FINENESS + SMALLEST).exp2()).collect();
        let total = self.counts.iter().map(|count| f64::from(*count)).sum::<f64>();
        let largest = f64::from(self.largest);
        let error = |range: f64| {
            let saturated = self.counts.iter().enumerate().map(|(bin, count)| {
                let beyond = (edges[bin + 1].min(largest) - range).max(0.0);
                f64::from(*count) * beyond * beyond
            });
            let rounded = total * (range / steps).powi(2) / 12.0;
            saturated.sum::<f64>() + rounded
        };
        let ranges = edges.iter().copied().filter(|range| *range < largest && *range > largest / 64.0);
        let better = |best: f64, range: f64| if error(range) < error(best) { range } else { best };
        ranges.fold(largest, better) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_large_numbers_saturate_and_common_ones_do_not() {
        let mut sizes = Histogram::default();
        (0..100_000).for_each(|index| sizes.add(index as f32 / 100_000.0));
        assert_eq!(sizes.best_range(127.0), sizes.largest());
        sizes.add(1.4);
        assert!((0.95..1.3).contains(&sizes.best_range(127.0)), "{}", sizes.best_range(127.0));
        assert_eq!(sizes.largest(), 1.4);
        assert_eq!(Histogram::default().best_range(127.0), 0.0);
    }
}
