//! Aggregation of updates in memory by several threads, each with coordinates of its own.

use crate::aggregate::{Aggregate, combine, weights};
use crate::clip::{Clip, Clipped};
use crate::distance::{Distances, Kernel};
use crate::limits::BLOCK;
use crate::rules::{Rule, RuleError};
use crate::score::ScoreSums;
use crate::updates::{Slices, Updates};
use std::convert::Infallible;
use std::num::NonZero;

/// As [`aggregate`](crate::aggregate) over [`Clipped`] updates, to the last bit; returns the aggregate too. Takes memory
/// for it, and for each thread a block of each update and a number for each pair.
pub fn aggregate_in_threads(
    rule: Rule,
    clip: Option<Clip>,
    updates: Slices<'_>,
    points: &[u32],
    threads: NonZero<usize>,
) -> Result<(Vec<i32>, Aggregate), RuleError> {
    let weights = weights(rule, updates.workers(), points)?;
    let norms = if clip.is_some() { updates.squared_norms() } else { vec![0; updates.workers()] };
    let mut out = vec![0; updates.length()];
    let part = updates.length().div_ceil(threads.get()).next_multiple_of(BLOCK).max(BLOCK);
    let clipped = |index: usize, length: usize| Clipped::new(updates.part(index * part, length), clip, &norms);

    let mut distances = Distances::zero(updates.workers());
    if rule.needs_distances() {
        let measured = in_parallel(out.chunks_mut(part), |index, out| {
            let Ok(distances) = Distances::measure(Kernel::detect(), &mut clipped(index, out.len()));
            distances
        });
        measured.iter().for_each(|measured| distances.merge(measured));
    }
    let accepted = rule.select(&distances);
    let combined = in_parallel(out.chunks_mut(part), |index, out| {
        let mut rest = out;
        let length = rest.len();
        let Ok(sums) = combine(rule, &mut clipped(index, length), &accepted, &weights, &mut |block| {
            let (head, tail) = std::mem::take(&mut rest).split_at_mut(block.len());
            head.copy_from_slice(block);
            rest = tail;
            Ok::<(), Infallible>(())
        });
        sums
    });
    let mut sums = ScoreSums::new(updates.workers());
    combined.iter().for_each(|part| sums.merge(part));
    Ok((out, Aggregate { accepted, scores: sums.scores() }))
}

fn in_parallel<'a, T: Send>(
    parts: impl Iterator<Item = &'a mut [i32]>,
    work: impl Fn(usize, &'a mut [i32]) -> T + Sync,
) -> Vec<T> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = parts.enumerate().map(|(index, part)| scope.spawn(move || work(index, part))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no arithmetic here can fail")).collect()
    })
}
