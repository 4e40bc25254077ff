//! Mining, snapshots and reorganisations.

use super::args::to_u64;
use super::registry::Registry;
use crate::{Devnet, DevnetError, Mining};
use alloy_primitives::{B256, U64, U256};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// Parameter of `evm_mine`.
#[derive(Deserialize)]
#[serde(untagged)]
enum MineOptions {
    Timestamp(U256),
    Options { timestamp: Option<U256>, blocks: Option<U256> },
}

pub(super) fn register(registry: &mut Registry) -> Result<(), DevnetError> {
    registry.add(&["evm_mine"], |devnet, args| {
        let (timestamp, blocks) = match args.optional("options")? {
            None => (None, None),
            Some(MineOptions::Timestamp(timestamp)) => (Some(timestamp), None),
            Some(MineOptions::Options { timestamp, blocks }) => (timestamp, blocks),
        };
        let timestamp = timestamp.map(|timestamp| to_u64(timestamp, "timestamp")).transpose()?;
        devnet.mine_from(timestamp, blocks.map_or(Ok(1), |blocks| to_u64(blocks, "blocks"))?, None)?;
        Ok("0x0")
    })?;
    registry.add(&["anvil_mine", "hardhat_mine"], |devnet, args| {
        let (blocks, interval) = (args.optional_u64("blocks")?, args.optional_u64("interval")?);
        devnet.mine(blocks.unwrap_or(1), interval)?;
        Ok(Value::Null)
    })?;
    registry.add(&["evm_setAutomine", "anvil_setAutomine"], |devnet, args| {
        match (args.required("enabled")?, devnet.mining()) {
            (true, _) => devnet.set_mining(Mining::Automine)?,
            (false, Mining::Automine) => devnet.set_mining(Mining::Manual)?,
            (false, _) => {}
        }
        Ok(true)
    })?;
    registry.add(&["anvil_getAutomine", "hardhat_getAutomine"], |devnet, _| Ok(devnet.mining() == Mining::Automine))?;
    registry.add(&["evm_setIntervalMining", "anvil_setIntervalMining"], |devnet, args| {
        devnet.set_mining(match args.required_duration("seconds")? {
            Duration::ZERO => Mining::Manual,
            period => Mining::Interval(period),
        })?;
        Ok(true)
    })?;
    registry.add(&["anvil_getIntervalMining"], |devnet, _| {
        Ok(match devnet.mining() {
            Mining::Interval(period) => json!(period.as_secs_f64()),
            _ => Value::Null,
        })
    })?;
    registry.add(
        &["anvil_setNextBlockBaseFeePerGas", "hardhat_setNextBlockBaseFeePerGas", "evm_setNextBlockBaseFeePerGas"],
        |devnet, args| devnet.set_next_base_fee(args.required_u64("base fee")?),
    )?;
    registry.add(&["evm_snapshot", "anvil_snapshot"], |devnet, _| Ok(U64::from(devnet.snapshot())))?;
    registry.add(&["evm_revert", "anvil_revert"], |devnet, args| devnet.revert(args.required_u64("snapshot id")?))?;
    registry.add(&["anvil_reorg"], |devnet, args| {
        let depth = args.required_u64("depth")?;
        devnet.reorg(depth, args.optional("transactions")?.unwrap_or_default())?;
        Ok(Value::Null)
    })?;
    registry.add(&["anvil_dropTransaction", "hardhat_dropTransaction"], |devnet, args| {
        let hash: B256 = args.required("hash")?;
        Ok(devnet.chain().pool().remove(&hash).map(|_| hash))
    })?;
    registry.add(&["anvil_dropAllTransactions"], |devnet, _| {
        devnet.chain().pool().clear();
        Ok(Value::Null)
    })?;
    registry.add(&["anvil_nodeInfo"], |devnet, _| Ok(node_info(devnet)))?;
    Ok(())
}

fn node_info(devnet: &Devnet) -> Value {
    let chain = devnet.chain();
    let (head, rules) = (chain.head(), *chain.rules());
    let base_fee = rules.next_block(&head.header, head.hash, devnet.next_timestamp(), None).base_fee;
    json!({
        "currentBlockNumber": head.number(),
        "currentBlockTimestamp": head.header.timestamp,
        "currentBlockHash": head.hash,
        "hardFork": "osaka",
        "transactionOrder": "fees",
        "environment": {
            "baseFee": U64::from(base_fee),
            "chainId": rules.chain_id,
            "gasLimit": U64::from(rules.gas_limit),
            "gasPrice": U64::from(base_fee),
        },
        "forkConfig": {},
    })
}
