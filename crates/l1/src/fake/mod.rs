//! A scriptable L1 in memory: forks, lagging answers, endpoint limits, faults at any request, a mempool with geth's
//! rules. It executes nothing.
#![allow(clippy::unwrap_used)]

mod pool;
mod rpc;

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::Arc,
};

use alloy_primitives::{Address, B256, Bloom, Bytes, keccak256};
use alloy_rpc_types_eth::Log;
use jsonrpsee::types::ErrorObjectOwned;
use parking_lot::Mutex;

pub use self::pool::PoolTx;
use crate::{BlockId, L1Block, L1Client, L1Receipt, Transport};

/// Shared handle; clones are the same chain.
#[derive(Clone)]
pub struct FakeL1(Arc<Mutex<FakeState>>);

/// Called with every request before it is served; may change the chain, and fails the request by returning an error.
pub type Hook = Box<dyn FnMut(&mut FakeState, &str) -> Result<(), ErrorObjectOwned> + Send>;

/// One block with its post-state.
#[derive(Debug, Clone)]
pub struct FakeBlock {
    pub header: L1Block,
    pub logs: Vec<Log>,
    pub txs: Vec<PoolTx>,
    pub receipts: Vec<L1Receipt>,
    pub nonces: BTreeMap<Address, u64>,
}

/// Everything that a script may turn.
pub struct FakeState {
    pub chain_id: u64,
    pub blocks: Vec<FakeBlock>,
    pub pool: Vec<PoolTx>,
    /// `None`: a chain without EIP-1559.
    pub base_fee: Option<u128>,
    pub tip: u128,
    /// The mempool refuses less.
    pub min_tip: u128,
    /// Whether mined blocks take transactions.
    pub include_txs: bool,
    /// Mine a block for every accepted transaction.
    pub automine: bool,
    /// Calls to this address revert in blocks, with this data in simulations.
    pub reverting: Option<(Address, Bytes)>,
    pub estimate_gas: u64,
    /// Newest blocks that answers do not know about.
    pub lag: usize,
    /// Largest range and result of `eth_getLogs`.
    pub max_log_range: u64,
    pub max_log_results: usize,
    /// Log queries come back empty although receipts are there.
    pub index_behind: bool,
    /// Methods that do not exist here.
    pub disabled: HashSet<&'static str>,
    pub hook: Option<Hook>,
    /// Every request from this count on fails ...
    pub fail_from: Option<u64>,
    /// ... the first of them after it took effect.
    pub fail_after_effect: bool,
    pub requests: u64,
    pub accepted: Vec<PoolTx>,
    salt: u64,
    next_logs: Vec<(Address, B256, Bytes)>,
}

impl FakeL1 {
    /// A chain of one block.
    pub fn new() -> Self {
        let mut state = FakeState {
            chain_id: 1337,
            blocks: Vec::new(),
            pool: Vec::new(),
            base_fee: Some(1_000_000_000),
            tip: 1_000_000_000,
            min_tip: 0,
            include_txs: true,
            automine: false,
            reverting: None,
            estimate_gas: 50_000,
            lag: 0,
            max_log_range: u64::MAX,
            max_log_results: usize::MAX,
            index_behind: false,
            disabled: HashSet::new(),
            hook: None,
            fail_from: None,
            fail_after_effect: false,
            requests: 0,
            accepted: Vec::new(),
            salt: 0,
            next_logs: Vec::new(),
        };
        state.mine();
        Self(Arc::new(Mutex::new(state)))
    }

    pub fn transport(&self) -> Transport {
        Transport::InProcess(rpc::module(self.clone()).into())
    }

    pub fn client(&self) -> L1Client {
        L1Client::new(self.transport())
    }

    /// Reads or changes the chain.
    pub fn with<R>(&self, f: impl FnOnce(&mut FakeState) -> R) -> R {
        f(&mut self.0.lock())
    }

    pub fn mine(&self) {
        self.with(FakeState::mine);
    }

    pub fn mine_many(&self, count: usize) {
        self.with(|s| (0..count).for_each(|_| s.mine()));
    }
}

impl Default for FakeL1 {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for FakeL1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeL1")
    }
}

impl FakeState {
    /// Emits a log in the next block.
    pub fn emit(&mut self, address: Address, topic: B256) {
        self.next_logs.push((address, topic, Bytes::new()));
    }

    pub fn head(&self) -> &L1Block {
        &self.blocks.last().unwrap().header
    }

    pub fn mine(&mut self) {
        self.salt += 1;
        let number = self.blocks.len() as u64;
        let parent = self.blocks.last().map(|b| b.header.clone()).unwrap_or_default();
        let hash = keccak256([parent.hash.as_slice(), &number.to_be_bytes(), &self.salt.to_be_bytes()].concat());
        let id = BlockId { number, hash };
        let logs: Vec<Log> = self
            .next_logs
            .drain(..)
            .enumerate()
            .map(|(i, (address, topic, data))| Log {
                inner: alloy_primitives::Log::new_unchecked(address, vec![topic], data),
                block_hash: Some(hash),
                block_number: Some(number),
                block_timestamp: None,
                transaction_hash: Some(hash),
                transaction_index: Some(0),
                log_index: Some(i as u64),
                removed: false,
            })
            .collect();
        let mut bloom = Bloom::default();
        logs.iter().for_each(|l| bloom.accrue_log(&l.inner));
        let mut nonces = self.blocks.last().map(|b| b.nonces.clone()).unwrap_or_default();
        let (txs, receipts) = if self.include_txs { self.take_executable(&mut nonces, id) } else { Default::default() };
        let header = L1Block {
            number,
            hash,
            parent_hash: parent.hash,
            timestamp: parent.timestamp + 12,
            base_fee: self.base_fee,
            gas_limit: 30_000_000,
            gas_used: 0,
            logs_bloom: Some(bloom),
        };
        self.blocks.push(FakeBlock { header, logs, txs, receipts, nonces });
    }

    /// Drops the newest `depth` blocks; their transactions return to the mempool if `keep_txs`.
    pub fn rollback(&mut self, depth: usize, keep_txs: bool) {
        let keep = self.blocks.len() - depth;
        assert!(keep > 0, "genesis cannot be rolled back");
        for block in self.blocks.split_off(keep) {
            if keep_txs {
                self.pool.extend(block.txs);
            }
        }
    }

    /// Nonce after the newest block, without the mempool.
    pub fn mined_nonce(&self, address: Address) -> u64 {
        self.blocks.last().unwrap().nonces.get(&address).copied().unwrap_or_default()
    }

    /// Hashes of the transactions in the canonical chain, oldest first.
    pub fn mined(&self) -> Vec<PoolTx> {
        self.blocks.iter().flat_map(|b| b.txs.clone()).collect()
    }
}
