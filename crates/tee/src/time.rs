//! Times in seconds since 1970, and spans of them.

use crate::TeeError;
use core::fmt;
use serde::{Deserialize, Serialize};

/// The seconds from `from` to `until`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub from: u64,
    pub until: u64,
}

impl Window {
    pub const ALWAYS: Self = Self { from: 0, until: u64::MAX };

    /// `now` is within the window of `part`.
    pub(crate) const fn check(self, part: &'static str, now: u64) -> Result<(), TeeError> {
        if now < self.from || now > self.until {
            return Err(TeeError::Time { part, now, window: self });
        }
        Ok(())
    }

    pub(crate) fn intersect(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ALWAYS => write!(f, "at any time"),
            Self { from, until } => write!(f, "{} to {}", Instant(from), Instant(until)),
        }
    }
}

/// A time as a person reads it.
pub(crate) struct Instant(pub u64);

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match der::DateTime::from_unix_duration(core::time::Duration::from_secs(self.0)) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "the end of time"),
        }
    }
}

/// Seconds since 1970 of a time such as `2025-06-19T10:12:17Z`.
pub fn parse_time(text: &str) -> Result<u64, TeeError> {
    parse("time", text)
}

/// A time within `part`.
pub(crate) fn parse(part: &'static str, text: &str) -> Result<u64, TeeError> {
    let time: der::DateTime = text.parse().map_err(|_| TeeError::invalid(part, "time"))?;
    Ok(time.unix_duration().as_secs())
}
