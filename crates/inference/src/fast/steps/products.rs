//! Sums of products that may not fit 32 bits: rare, and slow.

use super::super::pack::PANEL;

/// Sums of a row and the columns of a panel whose elements come in groups of `step`.
pub(super) fn wide_sums<A: Copy + Into<i64>, W: Copy + Into<i64>>(
    left: &[A],
    right: &[W],
    step: usize,
) -> [i64; PANEL] {
    let mut sums = [0; PANEL];
    for (left, right) in left.chunks_exact(step).zip(right.chunks_exact(step * PANEL)) {
        for (sum, right) in sums.iter_mut().zip(right.chunks_exact(step)) {
            *sum += left.iter().zip(right).map(|(a, w)| (*a).into() * (*w).into()).sum::<i64>();
        }
    }
    sums
}
