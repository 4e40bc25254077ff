//! A block of the chain with what is worth keeping beside it.

use crate::ChainError;
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use lux_protocol::Transaction;
use lux_stf::L1Origin;

/// A block on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub header: Header,
    pub hash: B256,
    pub transactions: Vec<Transaction>,
    /// Sender of each transaction.
    pub senders: Vec<Address>,
}

#[derive(RlpEncodable, RlpDecodable)]
struct StoredBlock {
    header: Header,
    transactions: Vec<Bytes>,
    senders: Vec<Address>,
}

impl Block {
    pub fn number(&self) -> u64 {
        self.header.number
    }

    /// How far the block has read L1; zero on a chain without a parent.
    pub fn l1_origin(&self) -> L1Origin {
        L1Origin::from_header(&self.header).unwrap_or_default()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let stored = StoredBlock {
            header: self.header.clone(),
            transactions: self.transactions.iter().map(|tx| tx.encoded_2718().into()).collect(),
            senders: self.senders.clone(),
        };
        let mut out = Vec::with_capacity(stored.length());
        stored.encode(&mut out);
        out
    }

    /// The header alone, for readers that would throw the transactions away.
    pub(crate) fn decode_header(mut bytes: &[u8]) -> Result<Header, ChainError> {
        alloy_rlp::Header::decode_bytes(&mut bytes, true)
            .and_then(|mut body| Header::decode(&mut body))
            .map_err(|_| ChainError::Corrupt("header"))
    }

    pub(crate) fn decode(mut bytes: &[u8]) -> Result<Self, ChainError> {
        let stored = StoredBlock::decode(&mut bytes).map_err(|_| ChainError::Corrupt("block"))?;
        let transactions = stored
            .transactions
            .iter()
            .map(|tx| Transaction::decode_2718(tx))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| ChainError::Corrupt("transaction"))?;
        if transactions.len() != stored.senders.len() {
            return Err(ChainError::Corrupt("list of senders"));
        }
        let hash = stored.header.hash_slow();
        Ok(Self { header: stored.header, hash, transactions, senders: stored.senders })
    }
}
