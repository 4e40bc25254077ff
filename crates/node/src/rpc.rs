//! The `rollup_*` JSON-RPC namespace.

use crate::NodeError;
use crate::ledger::{BatchRecord, Ledger};
use crate::proofs::{message_proof, sent_in_transaction};
use crate::rollup::Rollup;
use alloy_primitives::{Address, B256, Bytes, U64, U256, keccak256};
use jsonrpsee::RpcModule;
use jsonrpsee::types::ErrorObjectOwned;
use lux_chain::{Chain, ChainError};
use lux_protocol::{merkle_proof, withdrawal_message};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the namespace answers from.
pub struct RollupContext {
    pub chain: Arc<Chain>,
    pub rollup: Arc<Rollup>,
    /// Last L1 block processed.
    pub l1_position: Arc<AtomicU64>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageReply {
    message_hash: B256,
    block_number: U64,
    sender: Address,
    target: Address,
    value: U256,
    gas_limit: U256,
    data: Bytes,
    nonce: U256,
    withdrawal: Option<WithdrawalReply>,
    /// Present once a batch on L1 holds the message.
    proof: Option<ProofReply>,
}

#[derive(Clone, Serialize)]
struct WithdrawalReply {
    token: Address,
    recipient: Address,
    amount: U256,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProofReply {
    batch_number: U64,
    batch_hash: B256,
    message_hash: B256,
    merkle_proof: Bytes,
    message_index: U256,
}

fn failed(error: NodeError) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(-32000, error.to_string(), None::<()>)
}

fn chain_failed(error: ChainError) -> ErrorObjectOwned {
    failed(error.into())
}

/// Methods of the namespace.
pub fn rollup_module(context: RollupContext) -> Result<RpcModule<RollupContext>, NodeError> {
    register(context).map_err(|error| NodeError::Config(error.to_string()))
}

fn register(context: RollupContext) -> Result<RpcModule<RollupContext>, jsonrpsee::core::RegisterMethodError> {
    let mut module = RpcModule::new(context);
    module.register_method("rollup_config", |_, context, _| config(context))?;
    module.register_method("rollup_syncStatus", |_, context, _| sync_status(context).map_err(chain_failed))?;
    module.register_method("rollup_getBatch", |params, context, _| {
        let selector: BatchSelector = params.one()?;
        batch(context, selector).map_err(chain_failed)
    })?;
    module.register_method("rollup_getMessages", |params, context, _| {
        let hash: B256 = params.one()?;
        messages(context, hash).map_err(failed)
    })?;
    module.register_method("rollup_getBlockProof", |params, context, _| {
        let number: U64 = params.one()?;
        block_proof(context, number.to()).map_err(failed)
    })?;
    Ok(module)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum BatchSelector {
    Hex(U64),
    Number(u64),
    Tag(Tag),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tag {
    Latest,
    Finalized,
}

fn config(context: &RollupContext) -> Value {
    let Rollup { address, bridge, token_bridge, registry, config, params, genesis_l1_block, l1_chain_id, program } =
        &*context.rollup;
    json!({
        "rollup": address,
        "messageBridge": bridge,
        "tokenBridge": token_bridge,
        "sequencerRegistry": registry,
        "l1ChainId": U64::from(*l1_chain_id),
        "program": program,
        "genesisL1Block": U64::from(*genesis_l1_block),
        "rollupType": format!("{:?}", config.rollupType),
        "executionMode": format!("{:?}", config.executionMode),
        "sequencer": config.sequencer,
        "proposer": config.proposer,
        "challenger": config.challenger,
        "challengePeriod": config.challengePeriod,
        "minStake": config.minStake,
        "genesisStateRoot": config.genesisStateRoot,
        "genesisBlockHash": params.genesisBlockHash,
        "genesisTimestamp": U64::from(params.genesisTimestamp),
        "l2ChainId": U64::from(params.l2ChainId),
        "l2GasLimit": U64::from(params.l2GasLimit),
        "minBaseFee": U64::from(params.minBaseFee),
        "inclusionWindow": U64::from(params.inclusionWindow),
        "fallbackWindow": U64::from(params.fallbackWindow),
        "messageGasLimit": U64::from(params.messageGasLimit),
    })
}

fn sync_status(context: &RollupContext) -> Result<Value, ChainError> {
    let ledger = Ledger::new(context.chain.store().clone());
    let head = context.chain.head();
    Ok(json!({
        "l1Block": U64::from(context.l1_position.load(Ordering::Relaxed)),
        "latestBlock": U64::from(head.number()),
        "safeBlock": U64::from(context.chain.safe_number()),
        "finalizedBlock": U64::from(context.chain.finalized_number()),
        "lastBatch": U64::from(ledger.last_batch()?),
        "finalizedBatch": U64::from(ledger.finalized_batch()?),
        "queueLength": U64::from(ledger.queue_length()?),
        "queueConsumed": U64::from(head.l1_origin().message_count),
    }))
}

fn batch(context: &RollupContext, selector: BatchSelector) -> Result<Option<Value>, ChainError> {
    let ledger = Ledger::new(context.chain.store().clone());
    let number = match selector {
        BatchSelector::Hex(number) => number.to(),
        BatchSelector::Number(number) => number,
        BatchSelector::Tag(Tag::Latest) => ledger.last_batch()?,
        BatchSelector::Tag(Tag::Finalized) => ledger.finalized_batch()?,
    };
    let finalized = ledger.finalized_batch()?;
    Ok(ledger.batch(number)?.map(|batch| batch_json(&batch, finalized)))
}

fn batch_json(batch: &BatchRecord, finalized: u64) -> Value {
    let claim = match (batch.claimed_state_root.is_zero(), batch.is_claim_false()) {
        (true, _) => "none",
        (false, true) => "false",
        (false, false) => "correct",
    };
    json!({
        "number": U64::from(batch.number),
        "batchHash": batch.batch_hash,
        "l1Block": U64::from(batch.l1_block),
        "l1Transaction": batch.l1_transaction,
        "sequencer": batch.sequencer,
        "timestamp": U64::from(batch.timestamp),
        "l1Origin": U64::from(batch.l1_origin),
        "firstBlock": U64::from(batch.first_block),
        "lastBlock": U64::from(batch.last_block),
        "messageCount": U64::from(batch.message_count),
        "payloadBytes": U64::from(batch.payload_bytes),
        "payloadValid": batch.payload_valid,
        "claim": claim,
        "final": batch.number <= finalized,
        "stateRoot": batch.state_root,
        "transactionRoot": batch.transaction_root,
        "receiptRoot": batch.receipt_root,
    })
}

fn messages(context: &RollupContext, transaction: B256) -> Result<Option<Vec<MessageReply>>, NodeError> {
    let ledger = Ledger::new(context.chain.store().clone());
    let Some(sent) = sent_in_transaction(&context.chain, transaction)? else { return Ok(None) };
    let reply = sent.into_iter().map(|sent| {
        let proof = message_proof(&context.chain, &ledger, &sent)?.map(|(proof, batch)| ProofReply {
            batch_number: U64::from(batch.number),
            batch_hash: proof.batchHash,
            message_hash: proof.messageHash,
            merkle_proof: proof.merkleProof,
            message_index: proof.messageIndex,
        });
        let withdrawal = withdrawal_message(&sent.message).map(|(token, recipient, amount)| WithdrawalReply {
            token,
            recipient,
            amount,
        });
        let message = sent.message;
        Ok(MessageReply {
            message_hash: sent.hash,
            block_number: U64::from(sent.block),
            sender: message.sender,
            target: message.target,
            value: message.value,
            gas_limit: message.gasLimit,
            data: message.data,
            nonce: message.nonce,
            withdrawal,
            proof,
        })
    });
    reply.collect::<Result<Vec<_>, NodeError>>().map(Some)
}

/// That a block is in a batch: `transactionRoot = H(lastBlockHash ‖ root)`, and the path from the block hash to `root`.
fn block_proof(context: &RollupContext, number: u64) -> Result<Option<Value>, NodeError> {
    let ledger = Ledger::new(context.chain.store().clone());
    let Some(batch) = ledger.batch_of_block(number)? else { return Ok(None) };
    let mut hashes = Vec::new();
    for number in batch.first_block..=batch.last_block {
        hashes.push(context.chain.expect_block(number)?.hash);
    }
    let index = (number - batch.first_block) as usize;
    let siblings = merkle_proof(&hashes, index).unwrap_or_default();
    let last = hashes.last().copied().unwrap_or_default();
    let root = lux_protocol::merkle_root(&hashes);
    debug_assert_eq!(keccak256([last.0, root.0].concat()), batch.transaction_root);
    Ok(Some(json!({
        "batchNumber": U64::from(batch.number),
        "batchHash": batch.batch_hash,
        "transactionRoot": batch.transaction_root,
        "lastBlockHash": last,
        "blocksRoot": root,
        "blockHash": hashes[index],
        "index": U64::from(index as u64),
        "siblings": siblings,
    })))
}
