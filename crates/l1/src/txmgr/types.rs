//! Requests and what becomes of them.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use serde::{Deserialize, Serialize};

use crate::{BlockId, CriticalError, L1Error, Revert};

/// A transaction to send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TxRequest {
    /// Chosen by the caller, for instance `batch:17`. The same id is sent once, however often it is asked for.
    pub id: String,
    /// `None` creates a contract.
    pub to: Option<Address>,
    /// In wei.
    pub value: U256,
    pub data: Bytes,
    /// `None`: estimated on the latest state, or the pending one while earlier transactions are unfinished.
    pub gas_limit: Option<u64>,
}

impl TxRequest {
    /// A call without value.
    pub fn call(id: impl Into<String>, to: Address, data: impl Into<Bytes>) -> Self {
        Self { id: id.into(), to: Some(to), data: data.into(), ..Self::default() }
    }

    /// A contract creation.
    pub fn create(id: impl Into<String>, init_code: impl Into<Bytes>) -> Self {
        Self { id: id.into(), data: init_code.into(), ..Self::default() }
    }

    /// Tells two requests with one id apart.
    pub(super) fn digest(&self) -> B256 {
        let to = self.to.map(|a| a.into_word()).unwrap_or(B256::repeat_byte(0xff));
        let value: [u8; 32] = self.value.to_be_bytes();
        keccak256([to.as_slice(), &value, &self.data].concat())
    }
}

/// A transaction in a block deep enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxOutcome {
    pub hash: B256,
    pub nonce: u64,
    pub block: BlockId,
    pub success: bool,
    pub gas_used: u64,
    /// Wei per gas.
    pub effective_gas_price: u128,
    pub contract_address: Option<Address>,
    /// Why it reverted, as far as a repeated call tells.
    pub revert_reason: Option<String>,
}

/// Why a transaction will never be mined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum TxFailure {
    /// Someone else used the key: another transaction took the nonce. Submitting the id again sends it anew.
    #[error("nonce {nonce} was used by another transaction of this key")]
    NonceTaken { nonce: u64 },
    /// The endpoint refuses it for good, or it was cancelled; its nonce went to an empty transaction.
    #[error("cancelled: {reason}")]
    Cancelled { reason: String },
}

/// State of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TxStatus {
    /// In the journal and, unless `last_error` says otherwise, in the mempool.
    Pending {
        nonce: u64,
        /// Newest version.
        hash: B256,
        /// Versions broadcast so far, each paying more.
        versions: usize,
        last_error: Option<String>,
    },
    /// In a block, not deep enough yet.
    Mined {
        nonce: u64,
        block: BlockId,
        confirmations: u64,
    },
    Confirmed(TxOutcome),
    Failed(TxFailure),
}

impl TxStatus {
    /// Whether nothing will change any more.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Confirmed(_) | Self::Failed(_))
    }
}

/// Why a transaction was not sent or did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TxError {
    /// The simulation reverted; nothing was sent and no nonce used.
    #[error(transparent)]
    Reverted(Revert),
    /// It was mined and reverted.
    #[error("transaction {} reverted in block {}: {}", .0.hash, .0.block.number, .0.revert_reason.as_deref().unwrap_or("reason unknown"))]
    MinedReverted(Box<TxOutcome>),
    #[error(transparent)]
    Failed(#[from] TxFailure),
    #[error("transaction id {0:?} was used for another transaction")]
    IdConflict(String),
    #[error("transaction needs {gas} gas, more than the limit of {limit}")]
    TooMuchGas { gas: u64, limit: u64 },
    #[error("{size} bytes of call data exceed {limit}")]
    TooMuchData { size: usize, limit: usize },
    #[error("account cannot pay for the transaction: {0}")]
    InsufficientFunds(String),
    #[error("{0} transactions are already waiting")]
    TooManyPending(usize),
    #[error(transparent)]
    L1(#[from] L1Error),
}

impl TxError {
    /// Whether the same request may succeed later without anyone doing anything.
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::L1(e) => e.is_temporary(),
            Self::TooManyPending(_) => true,
            _ => false,
        }
    }
}

impl From<CriticalError> for TxError {
    fn from(e: CriticalError) -> Self {
        Self::L1(e.into())
    }
}
