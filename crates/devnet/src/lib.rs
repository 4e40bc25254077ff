#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod accounts;
mod clock;
mod config;
mod devnet;
mod error;
mod genesis;
mod methods;
mod mining;
mod reorg;
mod rpc;
mod saved;
mod session;
mod setters;
mod sign;
mod snapshot;
mod task;
mod time;

pub use config::{DevnetConfig, Mining, WallClock};
pub use devnet::Devnet;
pub use error::DevnetError;
pub use reorg::ReorgTransactions;
