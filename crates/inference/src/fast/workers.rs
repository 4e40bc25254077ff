//! Threads that stay: they wait for work in their sleep, and for a moment awake after each piece of it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, Thread};

/// How often a thread looks for news before it sleeps: some tens of microseconds, longer than between two nodes of a run.
const PATIENCE: usize = 2_000;

/// Threads for jobs `J` with results `R`.
#[derive(Debug)]
pub(super) struct Workers<J, R> {
    threads: Vec<Served<J, R>>,
    lease: Mutex<()>,
}

/// A thread and its desk.
type Served<J, R> = (JoinHandle<()>, Arc<Desk<J, R>>);

/// Where a job is left for a thread, and its result for whoever gave it.
#[derive(Debug)]
struct Desk<J, R> {
    job: Mutex<Option<(J, Thread)>>,
    result: Mutex<Option<thread::Result<R>>>,
    /// Whether there may be a job; whether there is a result; whether the thread is to end.
    given: AtomicBool,
    done: AtomicBool,
    closed: AtomicBool,
}

impl<J: Send + 'static, R: Send + 'static> Workers<J, R> {
    /// `count` threads that do jobs with `work`.
    pub fn new(count: usize, work: fn(J) -> R) -> Self {
        let start = |_| {
            let desk = Arc::new(Desk {
                job: Mutex::new(None),
                result: Mutex::new(None),
                given: AtomicBool::new(false),
                done: AtomicBool::new(false),
                closed: AtomicBool::new(false),
            });
            let own = desk.clone();
            (thread::spawn(move || own.serve(work)), desk)
        };
        Self { threads: (0..count).map(start).collect(), lease: Mutex::new(()) }
    }

    /// The threads, unless others have them now.
    pub fn lease(&self) -> Option<Lease<'_, J, R>> {
        let guard = self.lease.try_lock().ok().filter(|_| !self.threads.is_empty())?;
        // They wake up while the first node is prepared.
        self.threads.iter().for_each(|(thread, _)| thread.thread().unpark());
        Some(Lease { workers: self, _guard: guard })
    }
}

impl<J, R> Drop for Workers<J, R> {
    fn drop(&mut self) {
        for (thread, desk) in self.threads.drain(..) {
            desk.closed.store(true, Ordering::Release);
            thread.thread().unpark();
            // Panics of jobs were passed on already.
            let _ = thread.join();
        }
    }
}

/// All threads, for one run.
pub(super) struct Lease<'a, J, R> {
    workers: &'a Workers<J, R>,
    _guard: MutexGuard<'a, ()>,
}

impl<J, R> Lease<'_, J, R> {
    pub fn threads(&self) -> usize {
        self.workers.threads.len()
    }

    /// Leaves a job for a thread.
    pub fn give(&self, thread: usize, job: J) {
        let (handle, desk) = &self.workers.threads[thread];
        *lock(&desk.job) = Some((job, thread::current()));
        desk.given.store(true, Ordering::Release);
        handle.thread().unpark();
    }

    /// The result of the job that was given to this thread. One that was not begun is done here, with `work`.
    pub fn result(&self, thread: usize, work: fn(J) -> R) -> R {
        let desk = &self.workers.threads[thread].1;
        if let Some((job, _)) = lock(&desk.job).take() {
            return work(job);
        }
        wait_for(&desk.done);
        desk.done.store(false, Ordering::Relaxed);
        let result = lock(&desk.result).take().expect("done means that there is a result");
        result.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl<J, R> Desk<J, R> {
    fn serve(&self, work: fn(J) -> R) {
        loop {
            wait_until(|| self.given.load(Ordering::Acquire) || self.closed.load(Ordering::Acquire));
            if self.closed.load(Ordering::Acquire) {
                return;
            }
            self.given.store(false, Ordering::Relaxed);
            let Some((job, client)) = lock(&self.job).take() else { continue };
            *lock(&self.result) = Some(catch_unwind(AssertUnwindSafe(|| work(job))));
            self.done.store(true, Ordering::Release);
            client.unpark();
        }
    }
}

fn wait_for(flag: &AtomicBool) {
    wait_until(|| flag.load(Ordering::Acquire));
}

fn wait_until(condition: impl Fn() -> bool) {
    let mut tries = 0;
    while !condition() {
        if tries < PATIENCE {
            tries += 1;
            std::hint::spin_loop();
        } else {
            thread::park();
        }
    }
}

/// What is locked is whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double(x: u64) -> u64 {
        assert!(x < 1_000, "too large");
        2 * x
    }

    #[test]
    fn every_job_is_done_once() {
        let workers = Workers::new(3, double);
        for round in 0..200 {
            let lease = workers.lease().unwrap();
            assert!(workers.lease().is_none());
            (0..lease.threads()).for_each(|thread| lease.give(thread, round + thread as u64));
            if round % 50 == 0 {
                thread::sleep(std::time::Duration::from_millis(2));
            }
            for thread in 0..lease.threads() {
                assert_eq!(lease.result(thread, double), 2 * (round + thread as u64));
            }
        }
    }

    #[test]
    fn panics_reach_the_client_and_the_thread_goes_on() {
        let workers = Workers::new(1, double);
        let lease = workers.lease().unwrap();
        lease.give(0, 5_000);
        thread::sleep(std::time::Duration::from_millis(2));
        assert!(catch_unwind(AssertUnwindSafe(|| lease.result(0, double))).is_err());
        lease.give(0, 3);
        assert_eq!(lease.result(0, double), 6);
    }
}
