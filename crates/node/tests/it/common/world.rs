//! The L1 with the deployed rollup, and time.

use super::{Faults, FullNode, L2, Operator, contracts, ether, evm};
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use jsonrpsee::Methods;
use lux_chain::pool::AccountState;
use lux_devnet::{Devnet, DevnetConfig, Mining, ReorgTransactions};
use lux_l1::{Clock, Journal, L1Client, MemoryJournal, Transport, TxConfig, TxManager, Wallet};
use lux_node::{DeployRequest, Deployment, OpenRequest, Rollup, Service, TrustedRoots, deploy};
use lux_protocol::EthTransaction;
use lux_protocol::constants::MAX_CHECKPOINTS;
use lux_protocol::contracts::ILuxRollup::{depositToL2Call, forceTransactionCall};
use lux_protocol::contracts::IMessageBridge::sendMessageToL2Call;
use lux_protocol::contracts::{ExecutionMode, IERC20, ISequencerRegistry, RollupParams, RollupType};
use lux_rpc::RpcLimits;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub const GENESIS: u64 = 1_800_000_000;
/// Seconds between L1 blocks.
pub const L1_BLOCK_TIME: u64 = 12;
/// Seconds between L2 blocks.
pub const L2_BLOCK_TIME: u64 = 1;

/// Seconds for an answer in a dispute.
pub const RESPONSE_PERIOD: u64 = 300;

pub const ADMIN: usize = 0;
pub const OPERATOR: usize = 1;
pub const ALICE: usize = 3;
pub const BOB: usize = 4;
pub const CAROL: usize = 5;
pub const STRANGER: usize = 8;

/// How a world begins.
#[derive(Clone, Debug)]
pub struct Setup {
    pub l1_confirmations: u64,
    /// Of the transaction manager.
    pub tx_confirmations: u64,
    pub max_in_flight: usize,
    pub inclusion_window: u64,
    pub fallback_window: u64,
    pub challenge_period: u64,
    pub finalized_depth: u64,
    /// Deploys what disproves claims.
    pub fault_proofs: bool,
    /// With what is open on L1.
    pub opening: Option<OpenRequest>,
    /// Of a claim of the operator.
    pub max_checkpoints: usize,
    pub roots: TrustedRoots,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            l1_confirmations: 1,
            tx_confirmations: 1,
            max_in_flight: 4,
            inclusion_window: 100,
            fallback_window: 3_600,
            challenge_period: 600,
            finalized_depth: 64,
            fault_proofs: false,
            opening: None,
            max_checkpoints: MAX_CHECKPOINTS,
            roots: TrustedRoots::Vendors,
        }
    }
}

pub struct World {
    pub setup: Setup,
    pub devnet: Devnet,
    /// Milliseconds since 1970, for L1, L2 and every role.
    pub now: Arc<AtomicU64>,
    pub methods: Methods,
    /// An endpoint that never fails.
    pub client: L1Client,
    pub rollup: Rollup,
    pub deployment: Deployment,
    pub op: Operator,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let now = Arc::new(AtomicU64::new((GENESIS + 10) * 1000));
        let wall = now.clone();
        let devnet = Devnet::open(DevnetConfig {
            genesis_timestamp: Some(GENESIS),
            mining: Mining::Automine,
            safe_depth: setup.finalized_depth / 2,
            finalized_depth: setup.finalized_depth,
            balance: ether(1_000_000),
            wall_clock: Arc::new(move || wall.load(Ordering::SeqCst) / 1000),
            ..Default::default()
        })
        .unwrap();
        // A busy machine is no reason for a call to fail.
        let limits = RpcLimits { execution_timeout: Duration::from_secs(600), ..RpcLimits::default() };
        let methods: Methods = devnet.methods(limits).unwrap();
        let client = L1Client::new(Transport::InProcess(methods.clone()));
        let deployment = deploy_rollup(&setup, &devnet, &client, &clock(&now)).await;
        let rollup = Rollup::load(&client, deployment.rollup).await.unwrap();
        let op = Operator::new(&setup, &methods, &rollup, clock(&now), wallet(&devnet, OPERATOR)).await;
        let world = Self { setup, devnet, now, methods, client, rollup, deployment, op };
        world.send_l1(OPERATOR, world.rollup.registry, ether(100), ISequencerRegistry::joinCall {}.abi_encode());
        world.devnet.set_mining(Mining::Manual).unwrap();
        // The deployment took more blocks than seconds, and a wait is over when it is over on L1.
        let ahead = world.devnet.chain().head().header.timestamp * 1000;
        world.now.fetch_max(ahead, Ordering::SeqCst);
        world
    }

    pub fn clock(&self) -> Clock {
        clock(&self.now)
    }

    pub fn seconds(&self) -> u64 {
        self.now.load(Ordering::SeqCst) / 1000
    }

    pub fn advance_time(&self, seconds: u64) {
        self.now.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub fn account(&self, index: usize) -> Address {
        self.devnet.accounts()[index].0
    }

    pub fn key(&self, index: usize) -> PrivateKeySigner {
        self.devnet.accounts()[index].1.clone()
    }

    pub fn wallet(&self, index: usize) -> Wallet {
        wallet(&self.devnet, index)
    }

    pub fn l1_number(&self) -> u64 {
        self.devnet.chain().head().number()
    }

    /// L1 blocks with the time between them.
    pub fn mine_l1(&self, count: u64) {
        for _ in 0..count {
            self.advance_time(L1_BLOCK_TIME);
            self.devnet.mine(1, None).unwrap();
        }
    }

    pub fn reorg_l1(&self, depth: u64, transactions: ReorgTransactions) {
        self.devnet.reorg(depth, transactions).unwrap();
    }

    /// Puts a transaction of a funded account into the L1 mempool.
    pub fn send_l1(&self, from: usize, to: Address, value: U256, data: impl Into<Bytes>) -> B256 {
        self.send_l1_gas(from, Some(to), value, data, 10_000_000)
    }

    pub fn send_l1_gas(&self, from: usize, to: Option<Address>, value: U256, data: impl Into<Bytes>, gas: u64) -> B256 {
        let chain = self.devnet.chain();
        let sender = self.account(from);
        let pooled = chain.pool().pending_nonce(sender);
        let tx = TxEip1559 {
            chain_id: chain.rules().chain_id,
            nonce: pooled.unwrap_or_else(|| chain.nonce_and_balance(sender).unwrap().0),
            gas_limit: gas,
            max_fee_per_gas: 1_000_000_000_000,
            // Before what the operator sends.
            max_priority_fee_per_gas: 50_000_000_000,
            to: to.map_or(alloy_primitives::TxKind::Create, Into::into),
            value,
            input: data.into(),
            ..Default::default()
        };
        let tx = sign(tx, &self.key(from));
        let hash = *tx.tx_hash();
        chain.pool().add(tx, sender, &*chain).unwrap();
        self.devnet.on_transaction().unwrap();
        hash
    }

    /// Whether an L1 transaction succeeded; `None` while it is not mined.
    pub fn l1_success(&self, hash: B256) -> Option<bool> {
        let chain = self.devnet.chain();
        let (number, index) = chain.transaction_position(hash).unwrap()?;
        let block = chain.block(number).unwrap().unwrap();
        Some(chain.receipts(block.hash).unwrap().unwrap()[index as usize].success)
    }

    /// ETH to an L2 account with a call; amount zero forces a transaction.
    pub fn deposit(&self, from: usize, amount: U256, to: Address, data: &[u8]) -> B256 {
        let user_data = [to.as_slice(), data].concat();
        let call = depositToL2Call { token: Address::ZERO, amount, userData: user_data.into() };
        self.send_l1(from, self.rollup.address, amount, call.abi_encode())
    }

    /// Forces a call on L2 that carries `value` of the sender's balance there.
    pub fn force(&self, from: usize, mint: U256, target: Address, value: U256, data: &[u8]) -> B256 {
        let call = forceTransactionCall { target, value, data: data.to_vec().into() };
        self.send_l1(from, self.rollup.address, mint, call.abi_encode())
    }

    pub fn deposit_token(&self, from: usize, token: Address, amount: U256, to: Address) -> B256 {
        let call = depositToL2Call { token, amount, userData: to.to_vec().into() };
        self.send_l1(from, self.rollup.address, U256::ZERO, call.abi_encode())
    }

    pub fn send_message(&self, from: usize, value: U256, target: Address, data: impl Into<Bytes>) -> B256 {
        let call = sendMessageToL2Call { target, data: data.into() };
        self.send_l1(from, self.rollup.bridge, value, call.abi_encode())
    }

    /// Deploys a contract on L1.
    pub fn create_l1(&self, from: usize, code: Bytes) -> Address {
        let address = self.account(from).create(self.devnet.chain().nonce_and_balance(self.account(from)).unwrap().0);
        self.send_l1_gas(from, None, U256::ZERO, code, 10_000_000);
        self.mine_l1(1);
        assert!(evm::account(&self.devnet.chain(), address).code_hash != alloy_primitives::KECCAK256_EMPTY);
        address
    }

    /// A token on L1 of which `owner` has `amount` and the rollup may take all.
    pub async fn dev_token(&self, owner: usize, amount: U256) -> Address {
        let token = self.create_l1(owner, contracts::dev_token());
        let mint = contracts::DevToken::mintCall { to: self.account(owner), amount };
        self.send_l1(owner, token, U256::ZERO, mint.abi_encode());
        let approve = IERC20::approveCall { spender: self.rollup.address, amount: U256::MAX };
        self.send_l1(owner, token, U256::ZERO, approve.abi_encode());
        self.mine_l1(1);
        token
    }

    /// Some L2 blocks of the operator, with time between them.
    pub fn build(&self, blocks: u64) {
        for _ in 0..blocks {
            self.advance_time(L2_BLOCK_TIME);
            self.op.build();
        }
    }

    pub async fn full_node(&self) -> FullNode {
        FullNode::new(self.client.clone(), &self.rollup, self.clock())
    }

    /// The operator comes back with its journal and nothing else.
    pub async fn lose_database(&mut self) {
        let mut fresh =
            Operator::new(&self.setup, &self.methods, &self.rollup, self.clock(), self.wallet(OPERATOR)).await;
        fresh.journal = self.op.journal.clone();
        self.op = fresh;
        self.op.crash().await;
    }

    /// No two transactions of the operator were ever bound to one nonce.
    pub fn check_journal(&self) {
        let scope = format!("{}:{}", self.devnet.chain().rules().chain_id, self.account(OPERATOR));
        let entries = self.op.journal.load(&scope).unwrap();
        let nonces: std::collections::BTreeSet<u64> = entries.iter().map(|entry| entry.nonce).collect();
        assert_eq!(nonces.len(), entries.len(), "a nonce was used twice");
    }

    /// The operator batches everything and it gets mined and derived.
    pub async fn batch_all(&mut self) {
        for _ in 0..50 {
            self.op.sync().await;
            let head = self.op.head();
            self.advance_time(30);
            while self.op.batch().await {}
            self.mine_l1(1);
            self.op.sync().await;
            if self.op.chain().safe_number() >= head {
                return;
            }
        }
        panic!("batches do not get through: head {}, safe {}", self.op.head(), self.op.chain().safe_number());
    }

    /// A full node that knows nothing but L1 arrives at the operator's safe chain.
    pub async fn check_full_node(&self) -> FullNode {
        let mut node = self.full_node().await;
        node.sync().await;
        same_chain(&self.op.l2, &node.l2);
        node
    }
}

/// Everything that L1 carries is the same on both.
pub fn same_chain(left: &L2, right: &L2) {
    let (a, b) = (left.ledger.tip().unwrap(), right.ledger.tip().unwrap());
    assert_eq!(a, b, "last batch");
    for number in 0..=a.number {
        assert_eq!(left.ledger.expect_batch(number).unwrap(), right.ledger.expect_batch(number).unwrap());
    }
    for number in 0..=a.last_block {
        let block = left.block(number);
        assert_eq!(block, right.block(number), "block {number}");
        let receipts = |l2: &L2| l2.chain.receipts(block.hash).unwrap().unwrap();
        assert_eq!(receipts(left), receipts(right));
    }
    assert_eq!(left.ledger.queue_length().unwrap(), right.ledger.queue_length().unwrap());
}

pub fn clock(now: &Arc<AtomicU64>) -> Clock {
    let now = now.clone();
    Arc::new(move || now.load(Ordering::SeqCst))
}

fn wallet(devnet: &Devnet, index: usize) -> Wallet {
    devnet.accounts()[index].1.clone().into()
}

pub fn sign(tx: TxEip1559, key: &PrivateKeySigner) -> EthTransaction {
    let signature = key.sign_hash_sync(&tx.signature_hash()).unwrap();
    EthTransaction::Eip1559(tx.into_signed(signature))
}

pub fn quick(confirmations: u64) -> TxConfig {
    TxConfig { confirmations, poll_interval: Duration::from_millis(1), ..Default::default() }
}

/// What the admin asks for to get such a rollup.
pub fn deploy_request(setup: &Setup, devnet: &Devnet) -> DeployRequest {
    DeployRequest {
        name: "test".into(),
        rollup_type: RollupType::Optimistic,
        execution_mode: match setup.opening.as_ref().map(|opening| opening.service) {
            Some(Service::Market) => ExecutionMode::AICompute,
            Some(Service::Training) => ExecutionMode::DistributedTraining,
            None => ExecutionMode::General,
        },
        sequencer: devnet.accounts()[OPERATOR].0,
        proposer: Address::ZERO,
        challenger: devnet.accounts()[ADMIN].0,
        fault_proofs: setup.fault_proofs.then_some(RESPONSE_PERIOD),
        opening: setup.opening.clone(),
        challenge_period: setup.challenge_period,
        min_stake: ether(100),
        params: RollupParams {
            l2ChainId: 0x4c_5832,
            l2GasLimit: 400_000_000,
            minBaseFee: 1_000_000,
            genesisTimestamp: GENESIS,
            genesisBlockHash: B256::ZERO,
            inclusionWindow: setup.inclusion_window,
            fallbackWindow: setup.fallback_window,
            messageGasLimit: 500_000,
        },
        roots: setup.roots,
        factory: None,
        activation_block: U256::ZERO,
        admin: devnet.accounts()[ADMIN].0,
        guardian: devnet.accounts()[ADMIN].0,
        timelock_delay: 0,
    }
}

async fn deploy_rollup(setup: &Setup, devnet: &Devnet, client: &L1Client, clock: &Clock) -> Deployment {
    let journal = Arc::new(MemoryJournal::default());
    let manager =
        TxManager::open(client.clone(), wallet(devnet, ADMIN), journal, quick(1), clock.clone()).await.unwrap();
    deploy(&manager, &deploy_request(setup, devnet), &mut |_, _, _| {}).await.unwrap()
}

/// An endpoint with faults, for one process.
pub fn faulty(methods: &Methods) -> (Faults, L1Client) {
    let faults = Faults::default();
    let client = L1Client::new(Transport::InProcess(faults.wrap(methods.clone())));
    (faults, client)
}
