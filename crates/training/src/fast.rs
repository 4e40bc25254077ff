//! Updates in memory by several threads, each with coordinates of its own.

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
    let distances = match rule.needs_distances() {
        true => distances_in_threads(clip, updates, threads),
        false => Distances::zero(updates.workers()),
    };
    let accepted = rule.select(&distances);
    let mut out = vec![0; updates.length()];
    let size = part_size(updates.length(), threads);
    let combined = in_parallel(updates.parts(size).zip(out.chunks_mut(size)), |(part, out)| {
        let mut rest = out;
        let Ok(sums) = combine(rule, &mut Clipped::new(part, clip, &norms), &accepted, &weights, &mut |block| {
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

/// Of updates as they are after clipping.
pub fn distances_in_threads(clip: Option<Clip>, updates: Slices<'_>, threads: NonZero<usize>) -> Distances {
    let norms = if clip.is_some() { updates.squared_norms() } else { vec![0; updates.workers()] };
    let measured = in_parallel(updates.parts(part_size(updates.length(), threads)), |part| {
        let Ok(distances) = Distances::measure(Kernel::detect(), &mut Clipped::new(part, clip, &norms));
        distances
    });
    let mut distances = Distances::zero(updates.workers());
    measured.iter().for_each(|measured| distances.merge(measured));
    distances
}

/// Coordinates of each thread, whole blocks.
fn part_size(length: usize, threads: NonZero<usize>) -> usize {
    length.div_ceil(threads.get()).next_multiple_of(BLOCK).max(BLOCK)
}

fn in_parallel<P: Send, T: Send>(parts: impl Iterator<Item = P>, work: impl Fn(P) -> T + Sync) -> Vec<T> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no arithmetic here can fail")).collect()
    })
}
