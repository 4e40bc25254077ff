//! The methods as a client sees them, on small chains in memory.

mod accounts;
mod blocks;
mod calls;
mod debug;
mod fees;
mod fuzz;
mod logs;
mod send;
mod server;
mod subscriptions;

use crate::{RpcContext, RpcLimits, eth_module};
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use jsonrpsee::Methods;
use lux_chain::pool::{Pool, PoolConfig};
use lux_chain::{Block, BlockLimits, BuildRequest, Chain, Genesis, GenesisAccount, Store};
use lux_protocol::{BaseFeeParams, Deposit, EthTransaction};
use lux_stf::{ChainKind, L1Origin, Rules};
use serde_json::{Value, json};
use std::sync::Arc;

/// Logs its first calldata word as topic and its second as data, and stores the first at slot 0.
const LOGGER: Address = address!("0x00000000000000000000000000000000000010a1");
/// Reverts with `Error("nope")`.
const REVERTER: Address = address!("0x00000000000000000000000000000000000010a2");
/// Calls LOGGER with its own calldata; reverts when that fails.
const PROXY: Address = address!("0x00000000000000000000000000000000000010a3");
/// Returns NUMBER, TIMESTAMP, BASEFEE, the hash of the block before, and slot 0.
const READER: Address = address!("0x00000000000000000000000000000000000010a4");
/// Stores the hash of the block before at slot 0.
const HASHER: Address = address!("0x00000000000000000000000000000000000010a6");
/// Loops for ever.
const LOOP: Address = address!("0x00000000000000000000000000000000000010a5");

const ETHER: u128 = 1_000_000_000_000_000_000;
const GWEI: u128 = 1_000_000_000;

fn contracts() -> Vec<(Address, Bytes)> {
    let revert_data = hex!(
        "08c379a000000000000000000000000000000000000000000000000000000000000000200000000000000000000000000000000000000000000000000000000000000004"
        "6e6f706500000000000000000000000000000000000000000000000000000000"
    );
    let mut reverter = hex!("6064600c60003960646000fd").to_vec();
    reverter.extend_from_slice(&revert_data);
    // calldatacopy all; call(gas, 0x10a1, 0, 0, calldatasize, 0, 0); if ok stop else revert
    let proxy = hex!("36600060003760006000366000600061" "10a1" "5af1601c5760006000fd5b00");
    let reader = hex!("436000524260205248604052600143034060605260005460805260a06000f3");
    vec![
        (LOGGER, hex!("6020602060003760003560206000a160003560005500").to_vec().into()),
        (REVERTER, reverter.into()),
        (PROXY, proxy.to_vec().into()),
        (READER, reader.to_vec().into()),
        (HASHER, hex!("43600190034060005500").to_vec().into()),
        (LOOP, hex!("5b600056").to_vec().into()),
    ]
}

struct Fixture {
    chain: Arc<Chain>,
    methods: Methods,
    keys: Vec<PrivateKeySigner>,
}

#[derive(Debug, PartialEq)]
struct RpcError {
    code: i64,
    message: String,
    data: Value,
}

fn key(n: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(n + 1)).unwrap()
}

fn small_limits() -> RpcLimits {
    RpcLimits { max_log_blocks: 50, max_logs: 20, max_filters: 4, ..RpcLimits::default() }
}

impl Fixture {
    fn ethereum() -> Self {
        Self::new(ChainKind::Ethereum, |_| {})
    }

    fn rollup() -> Self {
        Self::new(ChainKind::Rollup, |_| {})
    }

    fn new(kind: ChainKind, change: impl FnOnce(&mut RpcContext)) -> Self {
        Self::with_keys(kind, (0..4).map(key).collect(), change)
    }

    fn with_keys(kind: ChainKind, keys: Vec<PrivateKeySigner>, change: impl FnOnce(&mut RpcContext)) -> Self {
        let rules = Rules { kind, chain_id: 1337, gas_limit: 30_000_000, base_fee: BaseFeeParams::ETHEREUM };
        let funded = |key: &PrivateKeySigner| {
            (key.address(), GenesisAccount { balance: U256::from(1_000 * ETHER), ..Default::default() })
        };
        let mut accounts: Vec<_> = keys.iter().map(funded).collect();
        accounts.extend(
            contracts()
                .into_iter()
                .map(|(address, code)| (address, GenesisAccount { nonce: 1, code, ..Default::default() })),
        );
        let genesis = Genesis { rules, timestamp: 1_000, base_fee: GWEI as u64, accounts };
        let pool = Pool::new(PoolConfig::new(1337, 30_000_000), GWEI as u64);
        let chain = Arc::new(Chain::open(Store::in_memory().unwrap(), &genesis, pool).unwrap());
        let mut context = RpcContext {
            chain: chain.clone(),
            limits: small_limits(),
            client_version: "lux/test".into(),
            time: Arc::new(|| 5_000),
            forward: None,
            on_transaction: None,
            sync_status: None,
        };
        change(&mut context);
        let methods = eth_module(Arc::new(context)).into();
        Self { chain, methods, keys }
    }

    fn address(&self, n: usize) -> Address {
        self.keys[n].address()
    }

    async fn call(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let (reply, _) = self.methods.raw_json_request(&request, 64).await.unwrap();
        let mut reply: Value = serde_json::from_str(reply.get()).unwrap();
        match reply.get("error") {
            None => Ok(reply["result"].take()),
            Some(error) => Err(RpcError {
                code: error["code"].as_i64().unwrap(),
                message: error["message"].as_str().unwrap().to_string(),
                data: error["data"].clone(),
            }),
        }
    }

    async fn ok(&self, method: &str, params: Value) -> Value {
        self.call(method, params).await.unwrap_or_else(|error| panic!("{method}: {error:?}"))
    }

    async fn err(&self, method: &str, params: Value) -> RpcError {
        self.call(method, params).await.expect_err(method)
    }

    fn tx(&self, from: usize, nonce: u64, to: TxKind, value: u128, input: Bytes) -> EthTransaction {
        let gas_limit = if input.is_empty() && to.is_call() { 21_000 } else { 200_000 };
        let tx = TxEip1559 {
            chain_id: 1337,
            nonce,
            gas_limit,
            max_fee_per_gas: 10 * GWEI,
            max_priority_fee_per_gas: GWEI,
            to,
            value: U256::from(value),
            input,
            ..Default::default()
        };
        let signature = self.keys[from].sign_hash_sync(&tx.signature_hash()).unwrap();
        tx.into_signed(signature).into()
    }

    fn raw(&self, from: usize, nonce: u64, to: Address, value: u128) -> String {
        hex::encode_prefixed(self.tx(from, nonce, to.into(), value, Bytes::new()).encoded_2718())
    }

    /// A call of LOGGER that logs `topic`.
    fn log_tx(&self, from: usize, nonce: u64, topic: u8) -> EthTransaction {
        let input = [B256::repeat_byte(topic).0, B256::repeat_byte(0xdd).0].concat();
        self.tx(from, nonce, LOGGER.into(), 0, input.into())
    }

    fn pool(&self, tx: EthTransaction) {
        let sender = lux_stf::recover_sender(&tx).unwrap();
        self.chain.pool().add(tx, sender, &*self.chain).unwrap();
    }

    fn mine(&self) -> Arc<Block> {
        self.mine_with(Vec::new())
    }

    fn mine_with(&self, deposits: Vec<Deposit>) -> Arc<Block> {
        let head = self.chain.head();
        let rollup = self.chain.rules().kind == ChainKind::Rollup;
        let origin = L1Origin {
            block_number: head.l1_origin().block_number + 1,
            message_count: head.l1_origin().message_count + deposits.len() as u64,
        };
        let request = BuildRequest {
            timestamp: head.header.timestamp + 2,
            l1_origin: rollup.then_some(origin),
            deposits,
            limits: BlockLimits::NONE,
            use_pool: true,
        };
        self.chain.writer().build(request).unwrap().0
    }
}

fn deposit(n: u8, to: Address, value: u128, gas_limit: u64) -> Deposit {
    Deposit {
        source_hash: B256::repeat_byte(n),
        from: Address::repeat_byte(0x0d),
        to,
        mint: U256::from(value),
        value: U256::from(value),
        gas_limit,
        data: Bytes::new(),
    }
}

fn quantity(value: &Value) -> u128 {
    U256::from_str_radix(value.as_str().unwrap().strip_prefix("0x").unwrap(), 16).unwrap().to()
}
