//! The parts of L1 objects that the roles use. Unknown fields and transaction types are accepted: any EVM chain
//! may add its own.

use alloy_primitives::{Address, B256, Bloom, Bytes, U64, U256};
use alloy_rpc_types_eth::Log;
use serde::{Deserialize, Serialize};

/// Number and hash of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct BlockId {
    pub number: u64,
    pub hash: B256,
}

/// Which block a query is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockTag {
    Latest,
    Pending,
    Safe,
    Finalized,
    Number(u64),
}

impl From<u64> for BlockTag {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl Serialize for BlockTag {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Latest => serializer.serialize_str("latest"),
            Self::Pending => serializer.serialize_str("pending"),
            Self::Safe => serializer.serialize_str("safe"),
            Self::Finalized => serializer.serialize_str("finalized"),
            Self::Number(n) => U64::from(*n).serialize(serializer),
        }
    }
}

/// An L1 block header, without what differs between EVM chains.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "WireBlock")]
pub struct L1Block {
    pub number: u64,
    pub hash: B256,
    pub parent_hash: B256,
    /// Seconds since the epoch.
    pub timestamp: u64,
    /// Wei per gas; `None` before EIP-1559.
    pub base_fee: Option<u128>,
    pub gas_limit: u64,
    pub gas_used: u64,
    /// `None` where the endpoint omits it.
    pub logs_bloom: Option<Bloom>,
}

impl L1Block {
    pub const fn id(&self) -> BlockId {
        BlockId { number: self.number, hash: self.hash }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireBlock {
    number: U64,
    hash: B256,
    parent_hash: B256,
    timestamp: U64,
    base_fee_per_gas: Option<U256>,
    gas_limit: U256,
    gas_used: U256,
    logs_bloom: Option<Bloom>,
}

impl From<WireBlock> for L1Block {
    fn from(b: WireBlock) -> Self {
        Self {
            number: b.number.to(),
            hash: b.hash,
            parent_hash: b.parent_hash,
            timestamp: b.timestamp.to(),
            base_fee: b.base_fee_per_gas.map(|f| f.saturating_to()),
            gas_limit: b.gas_limit.saturating_to(),
            gas_used: b.gas_used.saturating_to(),
            logs_bloom: b.logs_bloom,
        }
    }
}

/// An L1 transaction of any type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireTransaction")]
pub struct L1Transaction {
    pub hash: B256,
    /// `None` while it waits in the mempool.
    pub block: Option<BlockId>,
    pub from: Address,
    /// `None` for a contract creation.
    pub to: Option<Address>,
    pub nonce: u64,
    pub value: U256,
    pub input: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTransaction {
    hash: B256,
    block_hash: Option<B256>,
    block_number: Option<U64>,
    from: Address,
    to: Option<Address>,
    nonce: U64,
    value: U256,
    input: Bytes,
}

impl From<WireTransaction> for L1Transaction {
    fn from(t: WireTransaction) -> Self {
        let block = match (t.block_number, t.block_hash) {
            (Some(number), Some(hash)) => Some(BlockId { number: number.to(), hash }),
            _ => None,
        };
        Self { hash: t.hash, block, from: t.from, to: t.to, nonce: t.nonce.to(), value: t.value, input: t.input }
    }
}

/// An L1 transaction receipt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireReceipt")]
pub struct L1Receipt {
    pub transaction_hash: B256,
    pub block: BlockId,
    pub success: bool,
    pub gas_used: u64,
    /// Wei per gas; zero where the endpoint omits it.
    pub effective_gas_price: u128,
    pub contract_address: Option<Address>,
    pub logs: Vec<Log>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireReceipt {
    transaction_hash: B256,
    block_hash: B256,
    block_number: U64,
    status: U64,
    gas_used: U64,
    effective_gas_price: Option<U256>,
    contract_address: Option<Address>,
    logs: Vec<Log>,
}

impl From<WireReceipt> for L1Receipt {
    fn from(r: WireReceipt) -> Self {
        Self {
            transaction_hash: r.transaction_hash,
            block: BlockId { number: r.block_number.to(), hash: r.block_hash },
            success: r.status == U64::from(1),
            gas_used: r.gas_used.to(),
            effective_gas_price: r.effective_gas_price.unwrap_or_default().saturating_to(),
            contract_address: r.contract_address,
            logs: r.logs,
        }
    }
}

/// A call for `eth_call` and `eth_estimateGas`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CallRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Address>,
    /// `None` simulates a contract creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Address>,
    pub value: U256,
    pub data: Bytes,
}
