//! `eth_getTransactionReceipt`, `eth_getBlockReceipts`.

use crate::feed::rpc_log;
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, Bloom, U64, U256};
use alloy_rpc_types_eth::Log;
use lux_chain::Block;
use lux_protocol::{Receipt, Transaction};
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RpcReceipt {
    transaction_hash: B256,
    transaction_index: U64,
    block_hash: B256,
    block_number: U64,
    from: Address,
    to: Option<Address>,
    cumulative_gas_used: U64,
    gas_used: U64,
    effective_gas_price: U256,
    contract_address: Option<Address>,
    logs: Vec<Log>,
    logs_bloom: Bloom,
    #[serde(rename = "type")]
    tx_type: U64,
    status: U64,
}

/// Receipts `range` of a block.
pub(crate) fn receipts(block: &Block, receipts: &[Receipt], range: std::ops::Range<usize>) -> Vec<RpcReceipt> {
    let mut first_log: usize = receipts.iter().take(range.start).map(|receipt| receipt.logs.len()).sum();
    let mut gas_before = range.start.checked_sub(1).and_then(|i| receipts.get(i)).map_or(0, |r| r.cumulative_gas_used);
    let mut out = Vec::with_capacity(range.len());
    for index in range {
        let (Some(receipt), Some(tx), Some(from)) =
            (receipts.get(index), block.transactions.get(index), block.senders.get(index))
        else {
            break;
        };
        out.push(one(block, index, tx, *from, receipt, gas_before, first_log));
        first_log += receipt.logs.len();
        gas_before = receipt.cumulative_gas_used;
    }
    out
}

fn one(
    block: &Block,
    index: usize,
    tx: &Transaction,
    from: Address,
    receipt: &Receipt,
    gas_before: u64,
    first_log: usize,
) -> RpcReceipt {
    let hash = tx.hash();
    let base_fee = block.header.base_fee_per_gas.unwrap_or_default();
    let created = tx.as_ethereum().and_then(|tx| tx.is_create().then(|| from.create(tx.nonce())));
    let logs = receipt.logs.iter().enumerate();
    RpcReceipt {
        transaction_hash: hash,
        transaction_index: U64::from(index),
        block_hash: block.hash,
        block_number: U64::from(block.number()),
        from,
        to: tx.to(),
        cumulative_gas_used: U64::from(receipt.cumulative_gas_used),
        gas_used: U64::from(receipt.cumulative_gas_used.saturating_sub(gas_before)),
        effective_gas_price: U256::from(tx.effective_gas_price(base_fee)),
        contract_address: created,
        logs: logs.map(|(i, log)| rpc_log(block, hash, index, first_log + i, log, false)).collect(),
        logs_bloom: receipt.bloom(),
        tx_type: U64::from(receipt.tx_type),
        status: U64::from(receipt.success),
    }
}
