//! From the local chain to what batches say about it.

use crate::NodeError;
use alloy_primitives::B256;
use lux_chain::{Block, Chain, ChainError};
use lux_protocol::{BatchOutput, DecodeError, PayloadBlock, Transaction, UnsignedTx};
use lux_stf::sent_messages;

/// Blocks `first..=last` as a payload carries them.
pub fn payload_blocks(chain: &Chain, first: u64, last: u64) -> Result<Vec<PayloadBlock>, NodeError> {
    (first..=last).map(|number| payload_block(&*chain.expect_block(number)?)).collect()
}

/// A block as a payload carries it.
pub fn payload_block(block: &Block) -> Result<PayloadBlock, NodeError> {
    let user = block.transactions.iter().filter_map(Transaction::as_ethereum);
    let transactions = user
        .map(UnsignedTx::new)
        .collect::<Result<Vec<_>, DecodeError>>()
        .map_err(|_| ChainError::Corrupt("transaction"))?;
    Ok(PayloadBlock {
        timestamp: block.header.timestamp,
        l1_block_number: block.l1_origin().block_number,
        message_count: (block.transactions.len() - transactions.len()) as u64,
        transactions,
    })
}

/// The roots of a batch of blocks `first..=last`.
pub fn batch_output(chain: &Chain, first: u64, last: u64) -> Result<BatchOutput, NodeError> {
    let mut roots = Vec::new();
    for number in first..=last {
        let block = chain.expect_block(number)?;
        roots.push((block.hash, block.header.receipts_root));
    }
    let state_root = chain.expect_block(last)?.header.state_root;
    let messages = batch_messages(chain, first, last)?;
    BatchOutput::new(state_root, &roots, &messages).ok_or(NodeError::Chain(ChainError::UnknownBlock(first)))
}

/// The receipts root of each block `first..=last`.
pub fn receipts_roots(chain: &Chain, first: u64, last: u64) -> Result<Vec<B256>, NodeError> {
    (first..=last).map(|number| Ok(chain.expect_block(number)?.header.receipts_root)).collect()
}

/// Hashes of the L2 -> L1 messages of blocks `first..=last`, in order.
pub fn batch_messages(chain: &Chain, first: u64, last: u64) -> Result<Vec<B256>, NodeError> {
    let mut messages = Vec::new();
    for number in first..=last {
        let block = chain.expect_block(number)?;
        if !block.header.logs_bloom.is_zero() {
            let receipts = chain.receipts(block.hash)?.ok_or(ChainError::Corrupt("receipts"))?;
            messages.extend(sent_messages(&receipts));
        }
    }
    Ok(messages)
}
