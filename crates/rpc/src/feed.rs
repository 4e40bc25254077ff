//! Logs of blocks, for queries, filters and subscriptions.

use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, Log};
use lux_chain::Block;
use lux_protocol::Receipt;

pub(crate) fn rpc_log(
    block: &Block,
    tx_hash: B256,
    tx_index: usize,
    log_index: usize,
    log: &alloy_primitives::Log,
    removed: bool,
) -> Log {
    Log {
        inner: log.clone(),
        block_hash: Some(block.hash),
        block_number: Some(block.number()),
        block_timestamp: Some(block.header.timestamp),
        transaction_hash: Some(tx_hash),
        transaction_index: Some(tx_index as u64),
        log_index: Some(log_index as u64),
        removed,
    }
}

/// The logs of a block that `filter` asks for by address and topics, in order.
pub(crate) fn matching_logs<'a>(
    block: &'a Block,
    receipts: &'a [Receipt],
    filter: &'a Filter,
    removed: bool,
) -> impl Iterator<Item = Log> + 'a {
    let mut next_index = 0;
    block.transactions.iter().zip(receipts).enumerate().flat_map(move |(tx_index, (tx, receipt))| {
        let first = next_index;
        next_index += receipt.logs.len();
        let logs = receipt.logs.iter().enumerate().filter(|(_, log)| filter.matches(log));
        logs.map(move |(i, log)| rpc_log(block, tx.hash(), tx_index, first + i, log, removed))
    })
}
