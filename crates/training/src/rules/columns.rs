//! Rules that look at each coordinate by itself.

use crate::limits::BLOCK;
use crate::updates::Block;
use alloc::vec::Vec;

/// The quotient to the nearest integer; halves go up.
pub(super) fn rounded_quotient(sum: i64, count: i64) -> i32 {
    // Between the least and the largest of what was summed.
    (2 * sum + count).div_euclid(2 * count) as i32
}

/// Mean of the rows, with weights or all alike.
pub(super) fn mean(block: &Block, weights: Option<&[u32]>, out: &mut [i32; BLOCK]) {
    let mut sums = [0i64; BLOCK];
    for index in 0..block.workers() {
        let weight = weights.map_or(1, |weights| weights[index]);
        for (sum, x) in sums.iter_mut().zip(block.row(index)) {
            *sum += i64::from(*x) * i64::from(weight);
        }
    }
    let all_alike = block.workers() as i64;
    let total = weights.map_or(all_alike, |weights| weights.iter().map(|weight| i64::from(*weight)).sum());
    out.iter_mut().zip(sums).for_each(|(out, sum)| *out = rounded_quotient(sum, total));
}

/// Mean without the `trim` lowest and highest values. The most that can be trimmed leaves the median.
pub(super) fn trimmed_mean(block: &Block, trim: usize, out: &mut [i32; BLOCK]) {
    each_column(block, out, |values| {
        let kept = &values[trim..values.len() - trim];
        rounded_quotient(kept.iter().map(|x| i64::from(*x)).sum(), kept.len() as i64)
    });
}

/// Gives the values of each coordinate in use to `f`, sorted.
pub(super) fn each_column(block: &Block, out: &mut [i32; BLOCK], f: impl Fn(&[i32]) -> i32) {
    let mut values = Vec::with_capacity(block.workers());
    out.fill(0);
    for (coordinate, out) in out[..block.len].iter_mut().enumerate() {
        values.clear();
        values.extend(block.column(coordinate));
        values.sort_unstable();
        *out = f(&values);
    }
}
