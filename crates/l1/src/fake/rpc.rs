//! JSON-RPC of [`FakeL1`](super::FakeL1).

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use jsonrpsee::{
    RpcModule,
    types::{ErrorObjectOwned, error::METHOD_NOT_FOUND_CODE},
};
use serde_json::{Value, json};

use super::{FakeBlock, FakeL1, FakeState, pool::error};
use crate::L1Receipt;

const METHODS: &[&str] = &[
    "eth_blockNumber",
    "eth_call",
    "eth_chainId",
    "eth_estimateGas",
    "eth_feeHistory",
    "eth_gasPrice",
    "eth_getBalance",
    "eth_getBlockByHash",
    "eth_getBlockByNumber",
    "eth_getBlockReceipts",
    "eth_getCode",
    "eth_getLogs",
    "eth_getTransactionByHash",
    "eth_getTransactionCount",
    "eth_getTransactionReceipt",
    "eth_maxPriorityFeePerGas",
    "eth_sendRawTransaction",
];

pub(super) fn module(fake: FakeL1) -> RpcModule<FakeL1> {
    let mut module = RpcModule::new(fake);
    for method in METHODS {
        module
            .register_method(method, move |params, fake, _| {
                let params: Vec<Value> = params.parse()?;
                fake.with(|state| state.serve(method, &params))
            })
            .unwrap();
    }
    module
}

fn arg<T: serde::de::DeserializeOwned>(params: &[Value], index: usize) -> Result<T, ErrorObjectOwned> {
    let value = params.get(index).cloned().unwrap_or(Value::Null);
    serde_json::from_value(value).map_err(|e| error(-32602, e.to_string()))
}

impl FakeState {
    fn serve(&mut self, method: &'static str, params: &[Value]) -> Result<Value, ErrorObjectOwned> {
        self.requests += 1;
        if let Some(mut hook) = self.hook.take() {
            let answer = hook(self, method);
            self.hook.get_or_insert(hook);
            answer?;
        }
        let down = error(-32000, "endpoint is down");
        match self.fail_from {
            Some(from) if self.requests == from && self.fail_after_effect => {
                self.answer(method, params)?;
                Err(down)
            }
            Some(from) if self.requests >= from => Err(down),
            _ => self.answer(method, params),
        }
    }

    fn answer(&mut self, method: &'static str, params: &[Value]) -> Result<Value, ErrorObjectOwned> {
        if self.disabled.contains(method) {
            return Err(error(METHOD_NOT_FOUND_CODE, "the method does not exist"));
        }
        let q = |n: u64| json!(U64::from(n));
        Ok(match method {
            "eth_chainId" => q(self.chain_id),
            "eth_blockNumber" => q(self.visible().len() as u64 - 1),
            "eth_getBlockByNumber" => self.by_tag(params)?.map_or(Value::Null, block_json),
            "eth_getBlockByHash" => {
                let hash: B256 = arg(params, 0)?;
                self.by_hash(hash).map_or(Value::Null, block_json)
            }
            "eth_getTransactionCount" => {
                let address: Address = arg(params, 0)?;
                if params.get(1) == Some(&json!("pending")) {
                    q(self.pending_nonce(address))
                } else {
                    let block = self.by_tag(&params[1..])?.ok_or_else(|| error(-32000, "header not found"))?;
                    q(block.nonces.get(&address).copied().unwrap_or_default())
                }
            }
            "eth_getTransactionReceipt" => {
                let hash: B256 = arg(params, 0)?;
                let found = self.visible().iter().flat_map(|b| &b.receipts).find(|r| r.transaction_hash == hash);
                found.map_or(Value::Null, receipt_json)
            }
            "eth_getTransactionByHash" => self.transaction(arg(params, 0)?),
            "eth_getBalance" => json!(U256::from(10).pow(U256::from(20))),
            "eth_getCode" => {
                let address: Address = arg(params, 0)?;
                let deployed =
                    self.visible().iter().flat_map(|b| &b.receipts).any(|r| r.contract_address == Some(address));
                json!(if deployed { "0xfe" } else { "0x" })
            }
            "eth_call" => self.simulate(params).map(|()| json!("0x"))?,
            "eth_estimateGas" => self.simulate(params).map(|()| q(self.estimate_gas))?,
            "eth_sendRawTransaction" => json!(self.add_raw(&arg::<Bytes>(params, 0)?)?),
            "eth_getLogs" => self.logs(&arg(params, 0)?)?,
            "eth_getBlockReceipts" => self.block_receipts(arg(params, 0)?),
            "eth_gasPrice" => json!(U256::from(self.base_fee.unwrap_or_default() + self.tip)),
            "eth_maxPriorityFeePerGas" => json!(U256::from(self.tip)),
            "eth_feeHistory" => json!({
                "oldestBlock": "0x0",
                "baseFeePerGas": [U256::from(self.base_fee.unwrap_or_default())],
                "gasUsedRatio": [0.5],
                "reward": [[U256::from(self.tip)]],
            }),
            _ => return Err(error(METHOD_NOT_FOUND_CODE, "the method does not exist")),
        })
    }

    fn visible(&self) -> &[FakeBlock] {
        &self.blocks[..self.blocks.len().saturating_sub(self.lag).max(1)]
    }

    fn by_tag(&self, params: &[Value]) -> Result<Option<&FakeBlock>, ErrorObjectOwned> {
        let blocks = self.visible();
        Ok(match params.first().and_then(Value::as_str) {
            Some("latest" | "pending") => blocks.last(),
            Some("safe" | "finalized") => return Err(error(-39001, "finalized block not found")),
            _ => blocks.get(arg::<U64>(params, 0)?.to::<usize>()),
        })
    }

    fn by_hash(&self, hash: B256) -> Option<&FakeBlock> {
        self.visible().iter().find(|b| b.header.hash == hash)
    }

    fn simulate(&self, params: &[Value]) -> Result<(), ErrorObjectOwned> {
        let to: Option<Address> = serde_json::from_value(params[0]["to"].clone()).ok();
        match &self.reverting {
            Some((address, data)) if to == Some(*address) => {
                Err(ErrorObjectOwned::owned(3, "execution reverted", Some(data.clone())))
            }
            _ => Ok(()),
        }
    }

    fn logs(&self, filter: &Value) -> Result<Value, ErrorObjectOwned> {
        let number = |key: &str| -> Result<u64, ErrorObjectOwned> {
            Ok(serde_json::from_value::<U64>(filter[key].clone()).map_err(|e| error(-32602, e.to_string()))?.to())
        };
        let blocks: Vec<&FakeBlock> = match filter.get("blockHash") {
            Some(hash) => {
                let hash = serde_json::from_value(hash.clone()).map_err(|e| error(-32602, e.to_string()))?;
                vec![self.by_hash(hash).ok_or_else(|| error(-32000, "unknown block"))?]
            }
            None => {
                let (from, to) = (number("fromBlock")?, number("toBlock")?);
                if to - from + 1 > self.max_log_range {
                    return Err(error(-32000, format!("block range is limited to {}", self.max_log_range)));
                }
                // Silently short when it lags, like real endpoints.
                self.visible().iter().filter(|b| (from..=to).contains(&b.header.number)).collect()
            }
        };
        if self.index_behind {
            return Ok(json!([]));
        }
        let addresses: Vec<Address> = serde_json::from_value(filter["address"].clone()).unwrap_or_default();
        let topics: Option<Vec<Vec<B256>>> = serde_json::from_value(filter["topics"].clone()).ok();
        let matching: Vec<_> = blocks
            .iter()
            .flat_map(|b| &b.logs)
            .filter(|l| addresses.contains(&l.address()))
            .filter(|l| topics.as_ref().is_none_or(|t| t[0].contains(l.topic0().unwrap())))
            .collect();
        if matching.len() > self.max_log_results {
            return Err(error(-32005, format!("query returned more than {} results", self.max_log_results)));
        }
        // Endpoints need not sort.
        Ok(matching.iter().rev().map(|l| json!(l)).collect())
    }

    fn block_receipts(&self, hash: B256) -> Value {
        self.by_hash(hash).map_or(Value::Null, |b| {
            let mut receipts: Vec<Value> = b.receipts.iter().map(receipt_json).collect();
            let id = b.header.id();
            receipts.push(receipt_json(&L1Receipt {
                transaction_hash: id.hash,
                block: id,
                success: true,
                gas_used: 0,
                effective_gas_price: 0,
                contract_address: None,
                logs: b.logs.clone(),
            }));
            json!(receipts)
        })
    }

    fn transaction(&self, hash: B256) -> Value {
        let mined = self
            .visible()
            .iter()
            .flat_map(|b| b.txs.iter().map(move |t| (t, Some(b.header.id()))))
            .find(|(t, _)| t.hash == hash);
        let pooled = || self.pool.iter().find(|t| t.hash == hash).map(|t| (t, None));
        mined.or_else(pooled).map_or(Value::Null, |(t, block)| {
            json!({
                "hash": t.hash, "from": t.from, "to": t.to, "nonce": U64::from(t.nonce), "value": t.value,
                "input": t.data, "type": "0x7f", "blockHash": block.map(|b| b.hash),
                "blockNumber": block.map(|b| U64::from(b.number)),
            })
        })
    }
}

fn block_json(block: &FakeBlock) -> Value {
    let h = &block.header;
    json!({
        "number": U64::from(h.number), "hash": h.hash, "parentHash": h.parent_hash,
        "timestamp": U64::from(h.timestamp), "baseFeePerGas": h.base_fee.map(U256::from),
        "gasLimit": U64::from(h.gas_limit), "gasUsed": U64::from(h.gas_used), "logsBloom": h.logs_bloom,
        "somethingNew": { "of": "this chain" },
    })
}

fn receipt_json(r: &L1Receipt) -> Value {
    json!({
        "transactionHash": r.transaction_hash, "blockHash": r.block.hash, "blockNumber": U64::from(r.block.number),
        "status": U64::from(u64::from(r.success)), "gasUsed": U64::from(r.gas_used),
        "effectiveGasPrice": U256::from(r.effective_gas_price), "contractAddress": r.contract_address, "logs": r.logs,
        "type": "0x7f",
    })
}
