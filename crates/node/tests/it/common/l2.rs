//! An L2 node without roles of its own.

use super::evm;
use super::world::{L2_BLOCK_TIME, sign};
use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use alloy_signer_local::PrivateKeySigner;
use lux_chain::pool::AccountState;
use lux_chain::{Block, Chain, Store};
use lux_l1::{Clock, L1Client};
use lux_node::{BatcherConfig, Deriver, Ledger, Node, NodeConfig, NodeError, Rollup, SequencerConfig};
use lux_protocol::{EthTransaction, Receipt};
use std::sync::Arc;
use std::time::Duration;

/// The chain of a node, with what tests do to it.
#[derive(Clone)]
pub struct L2 {
    pub chain: Arc<Chain>,
    pub ledger: Ledger,
}

impl L2 {
    pub fn new(chain: Arc<Chain>) -> Self {
        Self { ledger: Ledger::new(chain.store().clone()), chain }
    }

    pub fn block(&self, number: u64) -> Arc<Block> {
        self.chain.block(number).unwrap().unwrap_or_else(|| panic!("no L2 block {number}"))
    }

    pub fn balance(&self, address: Address) -> U256 {
        evm::balance(&self.chain, address)
    }

    pub fn nonce(&self, address: Address) -> u64 {
        evm::account(&self.chain, address).nonce
    }

    pub fn receipt(&self, hash: B256) -> Option<Receipt> {
        let (number, index) = self.chain.transaction_position(hash).unwrap()?;
        Some(self.receipts(number)[index as usize].clone())
    }

    pub fn receipts(&self, number: u64) -> Vec<Receipt> {
        self.chain.receipts(self.block(number).hash).unwrap().unwrap()
    }

    /// A transaction with the next nonce, tip 1 wei.
    pub fn sign(
        &self,
        key: &PrivateKeySigner,
        to: Option<Address>,
        value: U256,
        data: impl Into<Bytes>,
    ) -> EthTransaction {
        self.sign_with(key, to.map_or(TxKind::Create, TxKind::Call), value, data.into(), 1_000_000)
    }

    pub fn sign_gas(&self, key: &PrivateKeySigner, to: Address, data: impl Into<Bytes>, gas: u64) -> EthTransaction {
        self.sign_with(key, to.into(), U256::ZERO, data.into(), gas)
    }

    fn sign_with(
        &self,
        key: &PrivateKeySigner,
        to: TxKind,
        value: U256,
        input: Bytes,
        gas_limit: u64,
    ) -> EthTransaction {
        let from = key.address();
        let pooled = self.chain.pool().pending_nonce(from);
        let tx = TxEip1559 {
            chain_id: self.chain.rules().chain_id,
            nonce: pooled.unwrap_or_else(|| self.chain.nonce_and_balance(from).unwrap().0),
            gas_limit,
            max_fee_per_gas: 10_000_000_000,
            max_priority_fee_per_gas: 1,
            to,
            value,
            input,
            ..Default::default()
        };
        sign(tx, key)
    }

    pub fn submit(&self, tx: EthTransaction) -> B256 {
        let sender = lux_stf::recover_sender(&tx).unwrap();
        self.chain.pool().add(tx, sender, &*self.chain).unwrap().hash
    }

    pub fn transfer(&self, key: &PrivateKeySigner, to: Address, value: U256) -> B256 {
        self.submit(self.sign(key, Some(to), value, Bytes::new()))
    }

    /// A transfer of one wei by an account that may not have arrived yet.
    pub fn transfer_if_funded(&self, key: &PrivateKeySigner, to: Address) {
        if !self.balance(key.address()).is_zero() {
            self.transfer(key, to, U256::ONE);
        }
    }

    pub fn call(&self, key: &PrivateKeySigner, to: Address, value: U256, data: impl Into<Bytes>) -> B256 {
        self.submit(self.sign(key, Some(to), value, data))
    }
}

pub fn config(l1_confirmations: u64, max_in_flight: usize) -> NodeConfig {
    NodeConfig {
        roles: Vec::new(),
        // Its deadline is the system's time, which must not decide a test.
        sequencer: SequencerConfig { block_time: Duration::from_secs(600), l1_confirmations },
        batcher: BatcherConfig {
            max_delay: Duration::from_secs(L2_BLOCK_TIME * 20),
            target_bytes: 60_000,
            max_in_flight,
        },
        audit_traces: true,
        enclave_keys: Vec::new(),
        poll_interval: Duration::from_millis(1),
    }
}

/// A node that knows L1 and nothing else.
pub struct FullNode {
    pub l2: L2,
    pub deriver: Deriver,
}

impl FullNode {
    pub fn new(client: L1Client, rollup: &Rollup, clock: Clock) -> Self {
        Self::open(Store::in_memory().unwrap(), client, rollup, clock)
    }

    pub fn open(store: Store, client: L1Client, rollup: &Rollup, clock: Clock) -> Self {
        let node = Node::open(store, client, rollup.clone(), config(1, 4), clock).unwrap();
        let deriver = node.deriver().unwrap();
        Self { l2: L2::new(node.chain.clone()), deriver }
    }

    pub async fn sync(&mut self) {
        sync(&mut self.deriver).await;
    }
}

/// Steps until L1 has no more news.
pub async fn sync(deriver: &mut Deriver) {
    let mut failures = 0;
    loop {
        match deriver.step().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                failures += 1;
                assert!(temporary(&error) && failures < 20, "deriver: {error}");
            }
        }
    }
}

pub fn temporary(error: &NodeError) -> bool {
    error.is_temporary()
}
