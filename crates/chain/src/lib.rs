#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod block;
mod builder;
mod chain;
mod error;
mod genesis;
mod nodes;
pub mod pool;
mod store;
mod writer;

pub use block::Block;
pub use builder::{BlockLimits, BuildRequest, Taken};
pub use chain::{BlockReceipts, Chain, ChainEvent};
pub use error::ChainError;
pub use genesis::{Genesis, GenesisAccount, stored_bytes};
pub use nodes::NodeDb;
pub use store::{Store, StoreWriter};
pub use writer::{ChainWriter, prepare_all};
