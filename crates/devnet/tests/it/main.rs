//! The devnet as its users drive it.
#![allow(clippy::unwrap_used)]

mod accounts;
mod common;
mod mining;
mod params;
mod reorg;
mod restart;
mod setters;
mod snapshot;
mod time;
