#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;

mod aggregate;
mod clip;
#[cfg(feature = "std")]
pub mod compression;
mod distance;
#[cfg(feature = "std")]
mod fast;
#[cfg(feature = "std")]
mod fixed;
pub mod limits;
#[cfg(feature = "std")]
pub mod privacy;
pub mod program;
mod rules;
mod score;
mod updates;

pub use aggregate::{Aggregate, AggregateError, aggregate};
pub use clip::{Clip, Clipped};
pub use distance::Distances;
#[cfg(feature = "std")]
pub use fast::{aggregate_in_threads, distances_in_threads};
#[cfg(feature = "std")]
pub use fixed::{FixedPoint, NotFinite};
pub use rules::{Rule, RuleError};
pub use score::Score;
pub use updates::{Slices, Updates};
