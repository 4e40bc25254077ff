//! What the node gives the RPC to work with.

use crate::RpcLimits;
use alloy_primitives::{B256, Bytes};
use jsonrpsee::types::ErrorObjectOwned;
use lux_chain::Chain;
use std::{future::Future, pin::Pin, sync::Arc};

pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Where a node that does not build blocks sends the transactions it is given.
pub trait TxForward: Send + Sync {
    /// Passes on a transaction in EIP-2718 form; the error is what the client sees.
    fn send_raw(&self, raw: Bytes) -> BoxFuture<Result<B256, ErrorObjectOwned>>;
}

/// How far a node that is catching up has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncProgress {
    pub starting_block: u64,
    pub current_block: u64,
    pub highest_block: u64,
}

/// What the RPC serves from.
pub struct RpcContext {
    pub chain: Arc<Chain>,
    pub limits: RpcLimits,
    /// `web3_clientVersion`.
    pub client_version: String,
    /// Seconds that the pending block would carry.
    pub time: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// Present where transactions go to the sequencer instead of the own pool.
    pub forward: Option<Arc<dyn TxForward>>,
    /// Awaited after the pool took a transaction and before `eth_sendRawTransaction` returns: chains that mine at once.
    pub on_transaction: Option<Arc<dyn Fn(B256) -> BoxFuture<()> + Send + Sync>>,
    /// `None` from the function, or no function: the node is in sync.
    pub sync_status: Option<Arc<dyn Fn() -> Option<SyncProgress> + Send + Sync>>,
}
