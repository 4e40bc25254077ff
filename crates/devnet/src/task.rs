//! Mining at a rate.

use crate::{Devnet, Mining};
use std::sync::Arc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

impl Devnet {
    /// Starts the task that mines blocks while the mode is [`Mining::Interval`]. Needs a tokio runtime. Ends with the last
    /// clone of the devnet, or when aborted.
    pub fn spawn_mining(&self) -> JoinHandle<()> {
        let mut mode = self.0.mining.subscribe();
        let devnet = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                let current = *mode.borrow_and_update();
                let Mining::Interval(period) = current else {
                    if mode.changed().await.is_err() {
                        return;
                    }
                    continue;
                };
                let mut ticks = interval_at(Instant::now() + period, period);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                loop {
                    tokio::select! {
                        changed = mode.changed() => match changed {
                            Ok(()) => break,
                            Err(_) => return,
                        },
                        _ = ticks.tick() => {
                            let Some(inner) = devnet.upgrade() else { return };
                            match spawn_blocking(move || Devnet(inner).mine(1, None)).await {
                                Ok(Ok(_)) => {}
                                Ok(Err(error)) => tracing::error!(%error, "no block was mined"),
                                // The runtime shuts down.
                                Err(_) => return,
                            }
                        }
                    }
                }
            }
        })
    }
}
