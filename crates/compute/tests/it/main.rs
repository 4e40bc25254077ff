//! Workers and watchers on a real market: the contracts on a development chain, models on the machine.
#![allow(clippy::unwrap_used)]

mod cached;
mod dishonest;
mod gas;
mod malformed;
mod paid;
mod questions;
mod refused;
mod resumed;
mod sealed;
mod served;
mod world;
