//! `eth_getBlockBy*`.

use super::{RpcTransaction, encode_block, transaction};
use alloy_primitives::{B256, Bytes, U64, U256};
use alloy_rpc_types_eth::Header;
use lux_chain::Block;
use lux_stf::BlockAttributes;
use serde::Serialize;

/// A block with its transactions or their hashes.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum RpcBlock {
    Sealed(Box<Sealed>),
    Pending(Box<Pending>),
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sealed {
    #[serde(flatten)]
    header: Header,
    uncles: [B256; 0],
    transactions: Transactions,
    withdrawals: [(); 0],
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum Transactions {
    Full(Vec<RpcTransaction>),
    Hashes(Vec<B256>),
}

/// What is known of the next block: nothing that follows from its transactions.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pending {
    number: U64,
    hash: Option<B256>,
    nonce: Option<B256>,
    miner: alloy_primitives::Address,
    logs_bloom: Option<B256>,
    parent_hash: B256,
    timestamp: U64,
    gas_limit: U64,
    gas_used: U64,
    base_fee_per_gas: U256,
    difficulty: U256,
    mix_hash: B256,
    extra_data: Bytes,
    size: U64,
    uncles: [B256; 0],
    transactions: [B256; 0],
    withdrawals: [(); 0],
}

/// The header alone, as `newHeads` tells it.
pub(crate) fn header(block: &Block) -> Header {
    Header { hash: block.hash, inner: block.header.clone(), total_difficulty: None, size: None }
}

pub(crate) fn block(block: &Block, full: bool) -> RpcBlock {
    let count = block.transactions.len();
    let transactions = match full {
        true => Transactions::Full((0..count).filter_map(|index| transaction(block, index)).collect()),
        false => Transactions::Hashes(block.transactions.iter().map(|tx| tx.hash()).collect()),
    };
    let mut header = header(block);
    header.size = Some(U256::from(encode_block(block).len()));
    RpcBlock::Sealed(Box::new(Sealed { header, uncles: [], transactions, withdrawals: [] }))
}

pub(crate) fn pending_block(attributes: &BlockAttributes) -> RpcBlock {
    RpcBlock::Pending(Box::new(Pending {
        number: U64::from(attributes.number),
        hash: None,
        nonce: None,
        miner: attributes.beneficiary,
        logs_bloom: None,
        parent_hash: attributes.parent_hash,
        timestamp: U64::from(attributes.timestamp),
        gas_limit: U64::from(attributes.gas_limit),
        gas_used: U64::ZERO,
        base_fee_per_gas: U256::from(attributes.base_fee),
        difficulty: U256::ZERO,
        mix_hash: attributes.prev_randao,
        extra_data: attributes.extra_data.clone(),
        size: U64::ZERO,
        uncles: [],
        transactions: [],
        withdrawals: [],
    }))
}
