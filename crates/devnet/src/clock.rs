//! Time as the blocks tell it.

use crate::DevnetError;
use serde::{Deserialize, Serialize};

/// Far beyond what contracts keep timestamps in (40 bits are common), and safe to calculate with.
const MAX_TIMESTAMP: u64 = 1 << 48;

/// The wall clock moved by an offset, and what the next block was told to say. All in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clock {
    offset: i64,
    next: Option<u64>,
}

impl Clock {
    pub fn now(&self, wall: u64) -> u64 {
        wall.saturating_add_signed(self.offset)
    }

    /// Timestamp of the block after one at `parent`.
    pub fn peek(&self, wall: u64, parent: u64) -> u64 {
        self.next.unwrap_or_else(|| self.now(wall)).max(parent + 1)
    }

    /// As [`Self::peek`]; time then goes on from a timestamp that was set.
    pub fn take(&mut self, wall: u64, parent: u64) -> u64 {
        let timestamp = self.peek(wall, parent);
        if self.next.take().is_some() {
            self.go_on_from(timestamp, wall);
        }
        timestamp
    }

    /// Timestamp of a block that nobody asked for: it leaves a timestamp that was set to the block after it, if there is
    /// room for both.
    pub fn beside(&self, wall: u64, parent: u64) -> u64 {
        let latest = self.next.map_or(u64::MAX, |next| next - 1);
        self.now(wall).min(latest).max(parent + 1)
    }

    pub fn go_on_from(&mut self, timestamp: u64, wall: u64) {
        // Both are below 2^63: one was checked, the other counts seconds.
        self.offset = timestamp as i64 - wall as i64;
    }

    pub fn set_next(&mut self, timestamp: u64, parent: u64) -> Result<(), DevnetError> {
        self.next = Some(check(timestamp, parent)?);
        Ok(())
    }

    pub fn set(&mut self, timestamp: u64, wall: u64, parent: u64) -> Result<i64, DevnetError> {
        self.go_on_from(check(timestamp, parent)?, wall);
        Ok(self.offset)
    }

    /// From the head's timestamp where many blocks a second have put that ahead of the clock, so that a wait of `seconds`
    /// always is over. Returns the offset.
    pub fn increase(&mut self, seconds: u64, wall: u64, parent: u64) -> Result<i64, DevnetError> {
        let timestamp = self.now(wall).max(parent).saturating_add(seconds);
        if timestamp > MAX_TIMESTAMP {
            return Err(DevnetError::TimestampTooHigh);
        }
        self.go_on_from(timestamp, wall);
        Ok(self.offset)
    }
}

/// Refuses a span of `count` steps of `seconds` that would leave the range of timestamps.
pub(crate) fn check_span(from: u64, count: u64, seconds: u64) -> Result<(), DevnetError> {
    match count.checked_mul(seconds).and_then(|span| span.checked_add(from)) {
        Some(end) if end <= MAX_TIMESTAMP => Ok(()),
        _ => Err(DevnetError::TimestampTooHigh),
    }
}

fn check(timestamp: u64, latest: u64) -> Result<u64, DevnetError> {
    if timestamp <= latest {
        return Err(DevnetError::TimestampTooLow { given: timestamp, latest });
    }
    if timestamp > MAX_TIMESTAMP {
        return Err(DevnetError::TimestampTooHigh);
    }
    Ok(timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_the_wall_clock_but_never_stand_still() {
        let mut clock = Clock::default();
        assert_eq!(clock.take(100, 50), 100);
        assert_eq!(clock.take(100, 100), 101);
        assert_eq!(clock.take(90, 101), 102, "the wall clock may go back");
    }

    #[test]
    fn a_set_timestamp_holds_once_and_moves_the_clock() {
        let mut clock = Clock::default();
        clock.set_next(1_000, 100).unwrap();
        assert_eq!(clock.peek(100, 100), 1_000);
        assert_eq!(clock.take(100, 100), 1_000);
        assert_eq!(clock.take(105, 1_000), 1_005);
        clock.set_next(1_001, 1_000).unwrap();
        assert_eq!(clock.take(200, 1_000), 1_001, "before the clock's time is allowed");
        assert_eq!(clock.take(203, 1_001), 1_004);
    }

    #[test]
    fn increases_add_up_and_count_from_a_head_that_is_ahead() {
        let mut clock = Clock::default();
        assert_eq!(clock.increase(10, 100, 90).unwrap(), 10);
        assert_eq!(clock.increase(10, 100, 90).unwrap(), 20);
        assert_eq!(clock.increase(10, 100, 500).unwrap(), 410);
        assert!(matches!(clock.increase(u64::MAX, 100, 90), Err(DevnetError::TimestampTooHigh)));
        assert_eq!(clock.now(100), 510, "a refused change leaves no trace");
    }

    #[test]
    fn blocks_beside_leave_a_set_timestamp_alone() {
        let mut clock = Clock::default();
        clock.set_next(103, 100).unwrap();
        assert_eq!(clock.beside(200, 100), 102);
        assert_eq!(clock.beside(200, 102), 103, "no room");
        assert_eq!(clock.take(200, 103), 104);
        assert_eq!(Clock::default().beside(200, 103), 200);
    }

    #[test]
    fn range_of_timestamps() {
        let mut clock = Clock::default();
        assert!(matches!(clock.set(5, 1, 5), Err(DevnetError::TimestampTooLow { given: 5, latest: 5 })));
        assert!(matches!(clock.set_next(u64::MAX, 5), Err(DevnetError::TimestampTooHigh)));
        assert_eq!(clock.set(6, 10, 5).unwrap(), -4);
        assert!(check_span(0, u64::MAX, 2).is_err());
        assert!(check_span(10, 3, 5).is_ok());
    }
}
