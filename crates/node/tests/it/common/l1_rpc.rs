//! The part of Ethereum's JSON-RPC that the L1 client uses, answered from a devnet in the calling thread, so that every
//! request is one step of a test.

use super::evm::{self, Call};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::{Methods, RpcModule};
use lux_chain::pool::AccountState;
use lux_chain::{Block, Chain};
use lux_devnet::Devnet;
use lux_protocol::EthTransaction;
use revm::context::result::ExecutionResult;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

type Answer = Result<Value, ErrorObjectOwned>;

const METHODS: &[(&str, fn(&Devnet, Args) -> Answer)] = &[
    ("eth_chainId", |devnet, _| Ok(json!(U64::from(devnet.chain().rules().chain_id)))),
    ("eth_blockNumber", |devnet, _| Ok(json!(U64::from(devnet.chain().head().number())))),
    ("eth_getBlockByNumber", |devnet, args| Ok(block(tagged(&devnet.chain(), &args.get::<String>(0))))),
    ("eth_getBlockByHash", |devnet, args| {
        Ok(block(devnet.chain().block_by_hash(args.get(0)).unwrap().filter(|block| is_canonical(devnet, block))))
    }),
    ("eth_getTransactionByHash", transaction),
    ("eth_getTransactionReceipt", receipt),
    ("eth_getTransactionCount", nonce),
    ("eth_getBalance", |devnet, args| Ok(json!(evm::balance(&devnet.chain(), args.get(0))))),
    ("eth_getCode", |devnet, args| {
        let chain = devnet.chain();
        Ok(json!(chain.store().code(&evm::account(&chain, args.get(0)).code_hash).unwrap().unwrap_or_default()))
    }),
    ("eth_call", |devnet, args| match evm::run(&devnet.chain(), &args.get::<Request>(0).into(), MAX_GAS) {
        ExecutionResult::Success { output, .. } => Ok(json!(output.data())),
        other => Err(refusal(other)),
    }),
    ("eth_estimateGas", |devnet, args| estimate(&devnet.chain(), &args.get::<Request>(0).into())),
    ("eth_feeHistory", |devnet, _| {
        let base_fee = devnet.chain().head().header.base_fee_per_gas.unwrap();
        Ok(json!({ "baseFeePerGas": [U256::from(base_fee), U256::from(base_fee + base_fee / 8)], "reward": [["0x1"]] }))
    }),
    ("eth_sendRawTransaction", send),
    ("eth_getLogs", logs),
];

const MAX_GAS: u64 = 16_777_216;

pub fn methods(devnet: &Devnet) -> Methods {
    let mut module = RpcModule::new(devnet.clone());
    for (name, method) in METHODS {
        module
            .register_method(name, move |params, devnet, _| method(devnet, Args(params.parse().unwrap())))
            .unwrap();
    }
    module.into()
}

struct Args(Vec<Value>);

impl Args {
    fn get<T: DeserializeOwned>(&self, index: usize) -> T {
        serde_json::from_value(self.0[index].clone()).unwrap()
    }
}

#[derive(Deserialize)]
struct Request {
    from: Option<Address>,
    to: Option<Address>,
    value: U256,
    data: Bytes,
}

impl From<Request> for Call {
    fn from(Request { from, to, value, data }: Request) -> Self {
        Self { from: from.unwrap_or_default(), to, value, data }
    }
}

fn error(message: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(-32000, message, None::<()>)
}

fn refusal(result: ExecutionResult) -> ErrorObjectOwned {
    match result {
        ExecutionResult::Revert { output, .. } => ErrorObjectOwned::owned(3, "execution reverted", Some(output)),
        other => error(format!("execution failed: {other:?}")),
    }
}

fn tagged(chain: &Chain, tag: &str) -> Option<Arc<Block>> {
    let number = match tag {
        "latest" | "pending" => chain.head().number(),
        "safe" => chain.safe_number(),
        "finalized" => chain.finalized_number(),
        hex => u64::from_str_radix(hex.trim_start_matches("0x"), 16).unwrap(),
    };
    chain.block(number).unwrap()
}

fn is_canonical(devnet: &Devnet, block: &Block) -> bool {
    devnet.chain().canonical_hash(block.number()).unwrap() == Some(block.hash)
}

fn block(block: Option<Arc<Block>>) -> Value {
    let Some(block) = block else { return Value::Null };
    let header = &block.header;
    json!({
        "number": U64::from(header.number),
        "hash": block.hash,
        "parentHash": header.parent_hash,
        "timestamp": U64::from(header.timestamp),
        "baseFeePerGas": header.base_fee_per_gas.map(U256::from),
        "gasLimit": U256::from(header.gas_limit),
        "gasUsed": U256::from(header.gas_used),
        "logsBloom": header.logs_bloom,
    })
}

fn located(devnet: &Devnet, hash: B256) -> Option<(Arc<Block>, usize)> {
    let (number, index) = devnet.chain().transaction_position(hash).unwrap()?;
    Some((devnet.chain().block(number).unwrap().unwrap(), index as usize))
}

fn transaction(devnet: &Devnet, args: Args) -> Answer {
    use alloy_consensus::Transaction as _;
    let hash: B256 = args.get(0);
    let pooled = devnet.chain().pool().get(&hash).map(|tx| (tx.tx.clone(), tx.sender));
    let place = located(devnet, hash);
    let mined = place.as_ref().map(|(block, i)| (block.transactions[*i].as_ethereum().unwrap().clone(), block.senders[*i]));
    let Some((tx, from)) = mined.or(pooled) else { return Ok(Value::Null) };
    Ok(json!({
        "hash": hash,
        "blockHash": place.as_ref().map(|(block, _)| block.hash),
        "blockNumber": place.as_ref().map(|(block, _)| U64::from(block.number())),
        "from": from,
        "to": tx.to(),
        "nonce": U64::from(tx.nonce()),
        "value": tx.value(),
        "input": tx.input(),
    }))
}

fn receipt(devnet: &Devnet, args: Args) -> Answer {
    let hash: B256 = args.get(0);
    let Some((block, index)) = located(devnet, hash) else { return Ok(Value::Null) };
    let receipts = devnet.chain().receipts(block.hash).unwrap().unwrap();
    let before = index.checked_sub(1).map_or(0, |before| receipts[before].cumulative_gas_used);
    let (tx, from) = (block.transactions[index].as_ethereum().unwrap(), block.senders[index]);
    let created = {
        use alloy_consensus::Transaction as _;
        tx.is_create().then(|| from.create(tx.nonce()))
    };
    let logs = block_logs(devnet, &block).into_iter().filter(|log| log["transactionHash"] == json!(hash));
    Ok(json!({
        "transactionHash": hash,
        "blockHash": block.hash,
        "blockNumber": U64::from(block.number()),
        "status": U64::from(receipts[index].success),
        "gasUsed": U64::from(receipts[index].cumulative_gas_used - before),
        "effectiveGasPrice": U256::from(1),
        "contractAddress": created,
        "logs": logs.collect::<Vec<_>>(),
    }))
}

fn nonce(devnet: &Devnet, args: Args) -> Answer {
    let (address, tag): (Address, String) = (args.get(0), args.get(1));
    let chain = devnet.chain();
    let pooled = (tag == "pending").then(|| chain.pool().pending_nonce(address)).flatten();
    let mined = || match tag.as_str() {
        "latest" | "pending" => chain.nonce_and_balance(address).unwrap().0,
        tag => {
            let root = tagged(&chain, tag).unwrap().header.state_root;
            chain.state(root).account(address).unwrap().map_or(0, |account| account.nonce)
        }
    };
    Ok(json!(U64::from(pooled.unwrap_or_else(mined))))
}

fn estimate(chain: &Chain, call: &Call) -> Answer {
    let result = evm::run(chain, call, MAX_GAS);
    if !result.is_success() {
        return Err(refusal(result));
    }
    let (mut low, mut high) = (result.tx_gas_used(), MAX_GAS);
    if evm::run(chain, call, low + low / 8).is_success() {
        return Ok(json!(U64::from(low + low / 8)));
    }
    while high - low > low / 16 {
        let middle = low + (high - low) / 2;
        if evm::run(chain, call, middle).is_success() { high = middle } else { low = middle }
    }
    Ok(json!(U64::from(high)))
}

fn send(devnet: &Devnet, args: Args) -> Answer {
    let raw: Bytes = args.get(0);
    let tx = EthTransaction::decode_2718(&mut &raw[..]).map_err(|failed| error(failed.to_string()))?;
    let sender = lux_stf::recover_sender(&tx).ok_or_else(|| error("invalid sender"))?;
    let chain = devnet.chain();
    let added = chain.pool().add(tx, sender, &*chain).map_err(|refused| error(refused.to_string()))?;
    devnet.on_transaction().unwrap();
    Ok(json!(added.hash))
}

fn block_logs(devnet: &Devnet, block: &Block) -> Vec<Value> {
    let receipts = devnet.chain().receipts(block.hash).unwrap().unwrap();
    let logs = receipts.iter().enumerate().flat_map(|(index, receipt)| receipt.logs.iter().map(move |log| (index, log)));
    logs.enumerate()
        .map(|(log_index, (index, log))| {
            json!({
                "address": log.address,
                "topics": log.topics(),
                "data": log.data.data,
                "blockHash": block.hash,
                "blockNumber": U64::from(block.number()),
                "transactionHash": block.transactions[index].hash(),
                "transactionIndex": U64::from(index),
                "logIndex": U64::from(log_index),
                "removed": false,
            })
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Query {
    address: Vec<Address>,
    topics: Option<Vec<Vec<B256>>>,
    from_block: Option<U64>,
    to_block: Option<U64>,
    block_hash: Option<B256>,
}

fn logs(devnet: &Devnet, args: Args) -> Answer {
    let query: Query = args.get(0);
    let chain = devnet.chain();
    let blocks: Vec<Arc<Block>> = match query.block_hash {
        Some(hash) => chain.block_by_hash(hash).unwrap().into_iter().collect(),
        None => (query.from_block.unwrap().to::<u64>()..=query.to_block.unwrap().to())
            .filter_map(|number| chain.block(number).unwrap())
            .collect(),
    };
    let matches = |log: &Value| {
        let address: Address = serde_json::from_value(log["address"].clone()).unwrap();
        let first: Option<B256> = serde_json::from_value(log["topics"][0].clone()).ok();
        let topics = query.topics.as_ref().and_then(|topics| topics.first());
        query.address.contains(&address) && topics.is_none_or(|any| first.is_some_and(|first| any.contains(&first)))
    };
    Ok(blocks.iter().flat_map(|block| block_logs(devnet, block)).filter(matches).collect())
}
