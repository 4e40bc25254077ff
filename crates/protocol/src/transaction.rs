//! Transactions of a chain: Ethereum's own types and the deposit.

use crate::Deposit;
use alloc::vec::Vec;
use alloy_consensus::{EthereumTxEnvelope, Transaction as _, TxEip4844};
use alloy_eips::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes};

/// A transaction that an account signed.
pub type EthTransaction = EthereumTxEnvelope<TxEip4844>;

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transaction {
    Ethereum(EthTransaction),
    Deposit(Deposit),
}

/// Why bytes are not a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("transaction is empty")]
    Empty,
    #[error("malformed transaction: {0}")]
    Malformed(alloc::string::String),
    #[error("{0} bytes left over after the transaction")]
    TrailingBytes(usize),
    #[error("transaction type not supported: blob transactions need a data layer this chain does not have")]
    Blob,
}

impl Transaction {
    /// Decodes the EIP-2718 form, using all of `bytes`.
    pub fn decode_2718(bytes: &[u8]) -> Result<Self, DecodeError> {
        match bytes.first() {
            None => Err(DecodeError::Empty),
            Some(&Deposit::TYPE) => Deposit::decode_body(&bytes[1..])
                .map(Self::Deposit)
                .map_err(|error| DecodeError::Malformed(alloc::format!("{error}"))),
            Some(_) => Self::decode_ethereum(bytes).map(Self::Ethereum),
        }
    }

    /// Decodes a transaction an account may send: no deposit, no blobs.
    pub fn decode_ethereum(bytes: &[u8]) -> Result<EthTransaction, DecodeError> {
        let mut rest = bytes;
        let tx = EthTransaction::decode_2718(&mut rest)
            .map_err(|error| DecodeError::Malformed(alloc::format!("{error}")))?;
        match (rest.len(), &tx) {
            (0, EthTransaction::Eip4844(_)) => Err(DecodeError::Blob),
            (0, _) => Ok(tx),
            (left, _) => Err(DecodeError::TrailingBytes(left)),
        }
    }

    pub fn encode_2718(&self, out: &mut Vec<u8>) {
        match self {
            Self::Ethereum(tx) => tx.encode_2718(out),
            Self::Deposit(deposit) => deposit.encode_2718(out),
        }
    }

    pub fn encoded_2718(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        self.encode_2718(&mut out);
        out
    }

    /// Length of [`Self::encoded_2718`].
    pub fn encoded_2718_len(&self) -> usize {
        match self {
            Self::Ethereum(tx) => tx.encode_2718_len(),
            Self::Deposit(deposit) => deposit.encode_2718_len(),
        }
    }

    pub fn hash(&self) -> B256 {
        match self {
            Self::Ethereum(tx) => *tx.tx_hash(),
            Self::Deposit(deposit) => deposit.hash(),
        }
    }

    pub fn tx_type(&self) -> u8 {
        match self {
            Self::Ethereum(tx) => tx.tx_type() as u8,
            Self::Deposit(_) => Deposit::TYPE,
        }
    }

    pub fn gas_limit(&self) -> u64 {
        match self {
            Self::Ethereum(tx) => tx.gas_limit(),
            Self::Deposit(deposit) => deposit.gas_limit,
        }
    }

    pub fn to(&self) -> Option<Address> {
        match self {
            Self::Ethereum(tx) => tx.to(),
            Self::Deposit(deposit) => Some(deposit.to),
        }
    }

    pub fn input(&self) -> &Bytes {
        match self {
            Self::Ethereum(tx) => tx.input(),
            Self::Deposit(deposit) => &deposit.data,
        }
    }

    pub fn as_ethereum(&self) -> Option<&EthTransaction> {
        match self {
            Self::Ethereum(tx) => Some(tx),
            Self::Deposit(_) => None,
        }
    }

    /// What one unit of gas costs the sender at `base_fee`; zero for deposits.
    pub fn effective_gas_price(&self, base_fee: u64) -> u128 {
        match self {
            Self::Ethereum(tx) => tx.effective_gas_price(Some(base_fee)),
            Self::Deposit(_) => 0,
        }
    }
}
