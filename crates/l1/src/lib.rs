#![doc = include_str!("../README.md")]

mod error;
pub use error::{CallError, CriticalError, L1Error, ResetError, RpcError, TemporaryError, ViewError};

mod transport;
pub use transport::{MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES, REQUEST_TIMEOUT, Transport};

mod types;
pub use types::{BlockId, BlockTag, CallRequest, L1Block, L1Receipt, L1Transaction};

mod revert;
pub use revert::{ErrorDecoder, Revert};

mod client;
pub use client::{FeeEstimate, L1Client, LogFilter};

pub use alloy_rpc_types_eth::Log;

mod stream;
pub use stream::{L1BlockLogs, L1Event, L1Stream, StreamConfig};

mod wallet;
pub use wallet::Wallet;

mod txmgr;
pub use txmgr::{
    Clock, End, Fees, Journal, JournalEntry, MAX_TX_DATA, MAX_TX_GAS, MemoryJournal, RedbJournal, Sent, TxConfig,
    TxError, TxFailure, TxManager, TxOutcome, TxRequest, TxStatus, Version, system_clock,
};

mod deploy;
pub use deploy::{DeployError, DeployedStep, Deployer};

#[cfg(any(test, feature = "test-utils"))]
pub mod fake;
