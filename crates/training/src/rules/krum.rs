//! Krum: the updates that have many others near them.

use crate::distance::Distances;
use alloc::vec::Vec;

/// The `selected` workers with the lowest scores. A score is the sum of the distances to the `n - faults - 2` nearest
/// others; among equal ones the lower index comes first.
pub(super) fn select(distances: &Distances, faults: usize, selected: usize) -> Vec<usize> {
    let all: Vec<usize> = (0..distances.workers()).collect();
    let scores = scores(distances, &all, distances.workers() - faults - 2);
    let mut order = all;
    order.sort_unstable_by_key(|worker| (scores[*worker], *worker));
    order.truncate(selected);
    order.sort_unstable();
    order
}

/// Of each of `among`, the sum of the distances to its `nearest` others of them.
pub(super) fn scores(distances: &Distances, among: &[usize], nearest: usize) -> Vec<u128> {
    let mut others = Vec::with_capacity(among.len());
    let score = |worker: &usize| {
        others.clear();
        others.extend(among.iter().filter(|other| *other != worker).map(|other| distances.between(*worker, *other)));
        if nearest < others.len() {
            others.select_nth_unstable(nearest);
        }
        others.iter().take(nearest).sum()
    };
    among.iter().map(score).collect()
}
