//! A devnet whose wall clock stands still until told.

use alloy_primitives::{Address, U256, hex};
use jsonrpsee::Methods;
use lux_devnet::{Devnet, DevnetConfig, Mining};
use lux_stf::TrieAccount;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub const GENESIS: u64 = 1_000_000;

pub struct Net {
    pub devnet: Devnet,
    pub wall: Arc<AtomicU64>,
    methods: Methods,
}

impl Net {
    pub fn new(mining: Mining) -> Self {
        Self::open(DevnetConfig { mining, ..Default::default() })
    }

    pub fn open(config: DevnetConfig) -> Self {
        let wall = Arc::new(AtomicU64::new(GENESIS + 10));
        let clock = wall.clone();
        let devnet = Devnet::open(DevnetConfig {
            genesis_timestamp: Some(GENESIS),
            wall_clock: Arc::new(move || clock.load(Ordering::SeqCst)),
            ..config
        })
        .unwrap();
        let methods = devnet.methods(Default::default()).unwrap();
        Self { devnet, wall, methods }
    }

    /// The result, or the error's code and message.
    pub async fn try_call(&self, method: &str, params: Value) -> Result<Value, (i64, String)> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let (response, _) = self.methods.raw_json_request(&request, 1).await.unwrap();
        let mut response: Value = serde_json::from_str(response.get()).unwrap();
        match response.get("error") {
            Some(error) => Err((error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_string())),
            None => Ok(response["result"].take()),
        }
    }

    pub async fn call(&self, method: &str, params: Value) -> Value {
        self.try_call(method, params).await.unwrap()
    }

    pub async fn mine(&self) {
        self.call("evm_mine", json!([])).await;
    }

    pub fn number(&self) -> u64 {
        self.devnet.chain().head().number()
    }

    pub fn timestamp(&self) -> u64 {
        self.devnet.chain().head().header.timestamp
    }

    pub fn account(&self, index: usize) -> Address {
        self.devnet.accounts()[index].0
    }

    pub fn state(&self, address: Address) -> TrieAccount {
        let chain = self.devnet.chain();
        chain.state(chain.head().header.state_root).account(address).unwrap().unwrap_or(TrieAccount::EMPTY)
    }

    pub fn balance(&self, address: Address) -> U256 {
        self.state(address).balance
    }

    /// Sends one wei from an account to a fresh address; returns the hash.
    pub async fn pay(&self, from: usize) -> String {
        let tx =
            json!({ "from": self.account(from), "to": Address::repeat_byte(0x77), "value": "0x1", "gas": "0x5208" });
        self.call("eth_sendTransaction", json!([tx])).await.as_str().unwrap().to_string()
    }

    /// Number of the block that holds a transaction.
    pub fn mined_in(&self, hash: &str) -> Option<u64> {
        let hash = hex::decode_to_array(hash).unwrap().into();
        self.devnet.chain().transaction_position(hash).unwrap().map(|(number, _)| number)
    }

    /// Checks hashes, parents and timestamps from the head down to block 0.
    pub fn check_links(&self) {
        let chain = self.devnet.chain();
        for number in 1..=self.number() {
            let (parent, block) = (chain.block(number - 1).unwrap().unwrap(), chain.block(number).unwrap().unwrap());
            assert_eq!(block.header.parent_hash, parent.hash);
            assert_eq!(block.header.hash_slow(), block.hash);
            assert!(block.header.timestamp > parent.header.timestamp);
        }
        assert!(chain.block(self.number() + 1).unwrap().is_none());
        assert!(chain.finalized_number() <= chain.safe_number() && chain.safe_number() <= self.number());
    }
}
