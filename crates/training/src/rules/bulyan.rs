//! Bulyan: Krum again and again, then in each coordinate the values around the median.

use super::columns::{each_column, rounded_quotient};
use super::krum;
use crate::distance::Distances;
use crate::limits::BLOCK;
use crate::updates::Block;
use alloc::vec::Vec;

/// `n - 2 faults` workers: one after the other the one that Krum takes among those who are left, of which its score then
/// counts the `left - faults - 2` nearest, or the nearest one where that is less.
pub(super) fn select(distances: &Distances, faults: usize) -> Vec<usize> {
    let mut left: Vec<usize> = (0..distances.workers()).collect();
    let mut selected = Vec::new();
    for _ in 2 * faults..distances.workers() {
        let scores = krum::scores(distances, &left, left.len().saturating_sub(faults + 2).max(1));
        let best = (0..left.len()).min_by_key(|at| (scores[*at], left[*at]));
        // There are more workers than faults can take.
        selected.extend(best.map(|at| left.remove(at)));
    }
    selected.sort_unstable();
    selected
}

/// In each coordinate the mean of the `n - 2 faults` values that are the nearest to the median.
pub(super) fn combine(block: &Block, faults: usize, out: &mut [i32; BLOCK]) {
    each_column(block, out, |values| {
        let near = nearest_to_median(values, values.len() - 2 * faults);
        rounded_quotient(near.iter().map(|x| i64::from(*x)).sum(), near.len() as i64)
    });
}

/// Of sorted values, the `count` nearest to the lower median; of two equally near ones the lower.
fn nearest_to_median(values: &[i32], count: usize) -> &[i32] {
    let middle = (values.len() - 1) / 2;
    let (mut start, mut end) = (middle, middle + 1);
    while end - start < count {
        let below = start.checked_sub(1).map(|at| values[middle].abs_diff(values[at]));
        let above = values.get(end).map(|value| value.abs_diff(values[middle]));
        match (below, above) {
            (Some(below), Some(above)) if above < below => end += 1,
            (Some(_), _) => start -= 1,
            (None, _) => end += 1,
        }
    }
    &values[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_around_the_median() {
        assert_eq!(nearest_to_median(&[1, 5, 6, 7, 100], 3), [5, 6, 7]);
        assert_eq!(nearest_to_median(&[-100, 5, 6, 90, 100], 3), [5, 6, 90]);
        assert_eq!(nearest_to_median(&[0, 2, 4], 2), [0, 2], "of equally near ones the lower");
        assert_eq!(nearest_to_median(&[1, 2, 3, 9], 1), [2]);
        assert_eq!(nearest_to_median(&[7], 1), [7]);
    }
}
