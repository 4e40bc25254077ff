//! Sums of multiples of group elements, on several threads.

use alloc::vec::Vec;
use core::num::NonZero;
use curve25519_dalek::traits::{Identity, MultiscalarMul, VartimeMultiscalarMul};
use curve25519_dalek::{RistrettoPoint, Scalar};

/// Elements that are worth a thread.
const PIECE: usize = 512;
/// Elements whose tables are in memory at once, 5 MiB, where time must not depend on scalars.
const SECRET_PIECE: usize = 4_096;

/// In a time that depends on the scalars: for what everybody may know.
pub(crate) fn multiply(scalars: &[Scalar], points: &[RistrettoPoint], threads: NonZero<usize>) -> RistrettoPoint {
    in_pieces(scalars, points, threads, |scalars, points| RistrettoPoint::vartime_multiscalar_mul(scalars, points))
}

/// In a time that does not depend on the scalars.
pub(crate) fn multiply_secret(
    scalars: &[Scalar],
    points: &[RistrettoPoint],
    threads: NonZero<usize>,
) -> RistrettoPoint {
    in_pieces(scalars, points, threads, |scalars, points| {
        let pieces = scalars.chunks(SECRET_PIECE).zip(points.chunks(SECRET_PIECE));
        pieces.map(|(scalars, points)| RistrettoPoint::multiscalar_mul(scalars, points)).sum()
    })
}

/// `low + factor · high` of each pair, in a time that depends on the factor.
pub(crate) fn fold_points(
    low: &[RistrettoPoint],
    high: &[RistrettoPoint],
    factor: Scalar,
    threads: NonZero<usize>,
) -> Vec<RistrettoPoint> {
    let one = |(low, high): (&RistrettoPoint, &RistrettoPoint)| {
        // The library's fastest multiplication by a public scalar is this one, with nothing of the base point.
        low + RistrettoPoint::vartime_double_scalar_mul_basepoint(&factor, high, &Scalar::ZERO)
    };
    let size = piece(low.len(), threads);
    let pieces =
        in_threads(low.chunks(size).zip(high.chunks(size)), |(low, high)| low.iter().zip(high).map(one).collect());
    pieces.into_iter().flat_map(|piece: Vec<_>| piece).collect()
}

/// In the machine there is one.
#[cfg(not(feature = "std"))]
pub(crate) fn in_threads<T, R>(items: impl Iterator<Item = T>, work: impl Fn(T) -> R) -> Vec<R> {
    items.map(work).collect()
}

/// One thread for each item.
#[cfg(feature = "std")]
pub(crate) fn in_threads<T: Send, R: Send>(items: impl Iterator<Item = T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let mut items = items.peekable();
    std::thread::scope(|scope| {
        let work = &work;
        let mut running = Vec::new();
        while let Some(item) = items.next() {
            // The last one is this thread's own.
            if items.peek().is_none() {
                let last = work(item);
                let mut results: Vec<R> = running
                    .into_iter()
                    .map(|thread: std::thread::ScopedJoinHandle<'_, R>| {
                        thread.join().expect("arithmetic does not panic")
                    })
                    .collect();
                results.push(last);
                return results;
            }
            running.push(scope.spawn(move || work(item)));
        }
        Vec::new()
    })
}

fn in_pieces(
    scalars: &[Scalar],
    points: &[RistrettoPoint],
    threads: NonZero<usize>,
    sum: impl Fn(&[Scalar], &[RistrettoPoint]) -> RistrettoPoint + Sync,
) -> RistrettoPoint {
    assert_eq!(scalars.len(), points.len(), "a scalar for each element");
    let size = piece(points.len(), threads);
    let sums = in_threads(scalars.chunks(size).zip(points.chunks(size)), |(scalars, points)| sum(scalars, points));
    sums.into_iter().fold(RistrettoPoint::identity(), |sum, part| sum + part)
}

pub(crate) fn piece(length: usize, threads: NonZero<usize>) -> usize {
    length.div_ceil(threads.get()).max(PIECE)
}
