//! Proofs of L2 -> L1 messages.

use crate::blocks::receipts_roots;
use crate::ledger::{BatchRecord, Ledger};
use crate::{NodeError, batch_messages};
use alloy_primitives::{B256, U256};
use alloy_sol_types::SolEvent;
use lux_chain::{Chain, ChainError};
use lux_protocol::constants::L2_MESSAGE_BRIDGE;
use lux_protocol::contracts::IMessageBridge::{L2Message, MessageProof, MessageSentToL1};
use lux_protocol::{merkle_proof, merkle_root};

/// A message on its way to L1.
#[derive(Clone, Debug, PartialEq)]
pub struct SentMessage {
    pub hash: B256,
    pub message: L2Message,
    pub block: u64,
}

/// Messages that a transaction sent; `None` when it is not on the chain.
pub fn sent_in_transaction(chain: &Chain, transaction: B256) -> Result<Option<Vec<SentMessage>>, NodeError> {
    let Some((number, index)) = chain.transaction_position(transaction)? else { return Ok(None) };
    let block = chain.expect_block(number)?;
    let receipts = chain.receipts(block.hash)?.ok_or(ChainError::Corrupt("receipts"))?;
    Ok(receipts.get(index as usize).map(|receipt| parse_messages(std::slice::from_ref(receipt), number)))
}

/// Messages that the blocks of a batch sent, in the order of its Merkle tree.
pub fn sent_in_batch(chain: &Chain, batch: &BatchRecord) -> Result<Vec<SentMessage>, NodeError> {
    let mut messages = Vec::new();
    for number in batch.first_block..=batch.last_block {
        let block = chain.expect_block(number)?;
        if !block.header.logs_bloom.is_zero() {
            let receipts = chain.receipts(block.hash)?.ok_or(ChainError::Corrupt("receipts"))?;
            messages.extend(parse_messages(&receipts, number));
        }
    }
    Ok(messages)
}

fn parse_messages(receipts: &[lux_protocol::Receipt], block: u64) -> Vec<SentMessage> {
    let logs = receipts.iter().flat_map(|receipt| &receipt.logs).filter(|log| log.address == L2_MESSAGE_BRIDGE);
    logs.filter_map(|log| {
        let event = MessageSentToL1::decode_log_data(&log.data).ok()?;
        let message = L2Message {
            sender: event.sender,
            target: event.target,
            value: event.value,
            gasLimit: event.gasLimit,
            data: event.data,
            nonce: event.nonce,
        };
        Some(SentMessage { hash: event.messageHash, message, block })
    })
    .collect()
}

/// Proof of `message` against the batch that holds it; `None` while no batch with a claim on L1 does.
pub fn message_proof(
    chain: &Chain,
    ledger: &Ledger,
    message: &SentMessage,
) -> Result<Option<(MessageProof, BatchRecord)>, NodeError> {
    // L1 takes no proof against a batch that nobody has claimed anything about.
    let Some(batch) = ledger.batch_of_block(message.block)?.filter(BatchRecord::has_claim) else { return Ok(None) };
    let hashes = batch_messages(chain, batch.first_block, batch.last_block)?;
    let Some(index) = hashes.iter().position(|hash| *hash == message.hash) else { return Ok(None) };
    let receipts_roots = receipts_roots(chain, batch.first_block, batch.last_block)?;
    let mut siblings = merkle_proof(&hashes, index).unwrap_or_default();
    siblings.push(merkle_root(&receipts_roots));
    let proof = MessageProof {
        batchHash: batch.batch_hash,
        messageHash: message.hash,
        merkleProof: siblings.concat().into(),
        messageIndex: U256::from(index),
    };
    Ok(Some((proof, batch)))
}
