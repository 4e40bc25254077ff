//! What worker and watcher have in common: steps, and work in the background between them.

use crate::ComputeError;
use std::future::Future;

/// Something that works for a market.
pub trait Role {
    /// Does all that is due now.
    fn step(&mut self) -> impl Future<Output = Result<(), ComputeError>>;

    /// Whether anything goes on in the background; [`Role::run_ends`] waits for it.
    fn is_computing(&self) -> bool;

    /// Waits for the end of something in the background, for ever when there is nothing, and starts the next.
    fn run_ends(&mut self) -> impl Future<Output = Result<(), ComputeError>>;
}
