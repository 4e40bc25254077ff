//! Work in the background, by task.

use crate::ComputeError;
use alloy_primitives::B256;
use std::future::Future;
use tokio::task::JoinSet;

/// At most so many at a time. Work that panics is a failure of its task, and of nothing else.
pub(crate) struct Jobs<T> {
    set: JoinSet<(B256, Result<T, ComputeError>)>,
    limit: usize,
}

impl<T: Send + 'static> Jobs<T> {
    pub fn new(limit: usize) -> Self {
        Self { set: JoinSet::new(), limit }
    }

    pub fn has_room(&self) -> bool {
        self.set.len() < self.limit
    }

    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    pub fn start(&mut self, task: B256, work: impl Future<Output = Result<T, ComputeError>> + Send + 'static) {
        self.set.spawn(async move {
            let done = tokio::spawn(work).await;
            (task, done.unwrap_or_else(|error| Err(ComputeError::Config(format!("the work stopped: {error}")))))
        });
    }

    /// What ended.
    pub fn try_next(&mut self) -> Option<(B256, Result<T, ComputeError>)> {
        self.set.try_join_next()?.ok()
    }

    /// Waits for the next end; for ever when there is nothing under way.
    pub async fn next(&mut self) -> (B256, Result<T, ComputeError>) {
        loop {
            match self.set.join_next().await {
                Some(Ok(ended)) => return ended,
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }
}

/// Seconds until work that failed for want of data is tried again: longer each time.
pub(crate) const fn retry_seconds(failures: u32) -> u64 {
    const FIRST: u64 = 10;
    const MOST: u64 = 600;
    let shift = if failures > 6 { 6 } else { failures };
    let seconds = FIRST << shift;
    if seconds > MOST { MOST } else { seconds }
}
