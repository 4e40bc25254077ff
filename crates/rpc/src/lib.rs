#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod args;
mod context;
mod debug;
mod error;
mod eth;
mod evm;
mod fair;
mod feed;
mod limits;
mod module;
mod net;
mod register;
mod rpc;
mod server;
mod subscribe;
mod txpool;
mod types;

#[cfg(test)]
mod tests;

pub use context::{BoxFuture, RpcContext, SyncProgress, TxForward};
pub use eth::decode_transaction;
pub use limits::RpcLimits;
pub use module::eth_module;
pub use server::{RpcServer, serve};
