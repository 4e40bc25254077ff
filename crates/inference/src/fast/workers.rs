//! Threads that share a product.

use std::ops::Range;

/// How many threads work, and on how much at least.
#[derive(Clone, Copy, Debug)]
pub(super) struct Workers {
    threads: usize,
}

/// Multiply-accumulates below which a second thread is not worth its start.
const WORTHWHILE: usize = 1 << 20;

impl Workers {
    pub fn new(threads: usize) -> Self {
        Self { threads: threads.max(1) }
    }

    /// Applies `work` to parts of `0..count` and returns the results in order.
    pub fn split<T: Send>(&self, count: usize, macs: usize, work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
        let parts = self.threads.min(count).min(macs / WORTHWHILE + 1).max(1);
        let part = |index: usize| count * index / parts..count * (index + 1) / parts;
        if parts == 1 {
            return vec![work(part(0))];
        }
        std::thread::scope(|scope| {
            let work = &work;
            let others: Vec<_> = (1..parts).map(|index| scope.spawn(move || work(part(index)))).collect();
            let own = work(part(0));
            let join = |other: std::thread::ScopedJoinHandle<'_, T>| other.join().expect("products do not panic");
            std::iter::once(own).chain(others.into_iter().map(join)).collect()
        })
    }
}
