//! Work that can wait.

use crate::NodeError;
use lux_dispute::DisputeError;
use std::thread;
use tokio::sync::oneshot;

/// Does work that takes long on a thread that leaves the processor to every other, as far as the system lets it.
pub(crate) async fn run_in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NodeError> + Send + 'static,
) -> Result<T, NodeError> {
    let stopped = |reason: String| NodeError::from(DisputeError::Stopped(reason));
    let (sender, result) = oneshot::channel();
    let quiet = move || {
        yield_to_others();
        // Nobody waits for it any more when this fails.
        let _ = sender.send(work());
    };
    thread::Builder::new().name("background".into()).spawn(quiet).map_err(|error| stopped(error.to_string()))?;
    result.await.unwrap_or_else(|error| Err(stopped(error.to_string())))
}

/// On Linux a priority belongs to a thread and to those that it starts, elsewhere to the process.
#[cfg(target_os = "linux")]
fn yield_to_others() {
    /// Under full load, about a tenth of what a thread of normal priority gets: late, but never starved.
    const NICE: i32 = 10;
    const MAX_NICE: i32 = 19;
    let nice = rustix::process::getpriority_process(None).unwrap_or_default();
    if let Err(error) = rustix::process::setpriority_process(None, (nice + NICE).min(MAX_NICE)) {
        tracing::debug!(%error, "background work keeps its priority");
    }
}

#[cfg(not(target_os = "linux"))]
const fn yield_to_others() {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn only_the_thread_of_the_work_yields() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let before = nice();
        let inside = run_in_background(move || Ok((nice(), thread::scope(|scope| scope.spawn(nice).join().unwrap()))));
        assert_eq!(inside.await.unwrap(), ((before + 10).min(19), (before + 10).min(19)));
        assert_eq!(nice(), before);
    }

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let work: fn() -> Result<(), NodeError> = || panic!("as work may");
        assert!(run_in_background(work).await.is_err());
    }
}
