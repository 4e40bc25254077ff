//! Control of time, in seconds.

use crate::{Devnet, DevnetError};

impl Devnet {
    /// What the next block's timestamp would be.
    pub fn next_timestamp(&self) -> u64 {
        let parent = self.0.chain.head().header.timestamp;
        self.0.saved.read().clock.peek((self.0.wall_clock)(), parent)
    }

    /// Moves the clock forward; returns by how much it is ahead of the wall clock now.
    pub fn increase_time(&self, seconds: u64) -> Result<i64, DevnetError> {
        let mut session = self.session();
        let (wall, parent) = (session.wall(), session.head().header.timestamp);
        let offset = session.saved.clock.increase(seconds, wall, parent)?;
        session.save()?;
        Ok(offset)
    }

    /// Sets the clock, after the head's timestamp; returns by how much it is ahead of the wall clock now.
    pub fn set_time(&self, timestamp: u64) -> Result<i64, DevnetError> {
        let mut session = self.session();
        let (wall, parent) = (session.wall(), session.head().header.timestamp);
        let offset = session.saved.clock.set(timestamp, wall, parent)?;
        session.save()?;
        Ok(offset)
    }

    /// Sets the timestamp of the next block; time goes on from there.
    pub fn set_next_timestamp(&self, timestamp: u64) -> Result<(), DevnetError> {
        let mut session = self.session();
        let parent = session.head().header.timestamp;
        session.saved.clock.set_next(timestamp, parent)?;
        session.save()
    }
}
