//! A chain with an open market, accounts, and models.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use lux_blobs::BlobStore;
use lux_compute::{
    Library, LibraryConfig, Market, Records, Role, Shop, Watcher, WatcherConfig, Worker, WorkerConfig, claimed_output,
};
use lux_devnet::{Devnet, DevnetConfig, Mining};
use lux_inference::ops::{Gather, Gemm};
use lux_inference::{Bundle, DType, ModelBuilder, Output, Requantize, Scale, Shape, Tensor};
use lux_l1::{Clock, L1Client, MAX_TX_GAS, MemoryJournal, Transport, TxConfig, TxManager, Wallet};
use lux_models::infer_program;
use lux_node::{DeployRequest, OpenRequest, Service, TrustedRoots, deploy};
use lux_protocol::contracts::{ExecutionMode, RollupParams, RollupType};
use lux_protocol::market::contract::IComputeMarket::submitComputeTaskCall;
use lux_protocol::market::contract::IComputeMarket::{Account, Task, depositCall, registerModelCall, stakeCall};
use lux_protocol::market::contract::{ComputeTask, TaskStatus};
use lux_protocol::market::{InputData, ModelTerms};
use lux_protocol::payload_commitment;
use lux_rpc::RpcLimits;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub const GENESIS: u64 = 1_800_000_000;
pub const PERIOD: u64 = 600;
pub const RESPONSE_PERIOD: u64 = 300;
pub const CLAIM_WINDOW: u64 = 600;

pub const ADMIN: usize = 0;
pub const REQUESTER: usize = 1;
pub const WATCHER: usize = 2;
pub const WORKER: usize = 3;
pub const LIAR: usize = 4;

pub fn ether(count: u64) -> U256 {
    U256::from(count) * U256::from(1_000_000_000_000_000_000u64)
}

pub struct World {
    pub devnet: Devnet,
    pub market: Market,
    now: Arc<AtomicU64>,
    folder: tempfile::TempDir,
    journals: BTreeMap<usize, Arc<MemoryJournal>>,
    /// Most gas of a transaction of the worker.
    pub worker_gas: u64,
    /// That tasks offer, wei per gas of the market.
    pub price: u64,
}

impl World {
    pub async fn new() -> Self {
        let now = Arc::new(AtomicU64::new((GENESIS + 10) * 1000));
        let wall = now.clone();
        let devnet = Devnet::open(DevnetConfig {
            genesis_timestamp: Some(GENESIS),
            mining: Mining::Automine,
            balance: ether(1_000_000),
            wall_clock: Arc::new(move || wall.load(Ordering::SeqCst) / 1000),
            ..Default::default()
        })
        .unwrap();
        let limits = RpcLimits { execution_timeout: Duration::from_secs(600), ..RpcLimits::default() };
        let chain = L1Client::new(Transport::InProcess(devnet.methods(limits).unwrap()));
        let mut this = Self {
            market: Market { chain, address: Address::ZERO },
            devnet,
            now,
            folder: tempfile::tempdir().unwrap(),
            journals: (0..10).map(|index| (index, Arc::default())).collect(),
            worker_gas: MAX_TX_GAS,
            price: 1_000_000_000,
        };
        let request = this.deploy_request();
        let manager = this.transactions(ADMIN).await;
        this.market.address = deploy(&manager, &request, &mut |_, _, _| {}).await.unwrap().rollup;
        this.send(REQUESTER, ether(10), depositCall { account: this.account(REQUESTER) }).await;
        this
    }

    fn deploy_request(&self) -> DeployRequest {
        let admin = self.account(ADMIN);
        DeployRequest {
            name: "test".into(),
            rollup_type: RollupType::Optimistic,
            execution_mode: ExecutionMode::AICompute,
            sequencer: admin,
            proposer: Address::ZERO,
            challenger: Address::ZERO,
            fault_proofs: Some(RESPONSE_PERIOD),
            opening: Some(OpenRequest {
                service: Service::Market,
                program: infer_program().clone(),
                norm: None,
                challenge_period: PERIOD,
                enclave_delay: None,
                guardian: None,
            }),
            challenge_period: PERIOD,
            min_stake: ether(100),
            params: RollupParams {
                l2ChainId: 0x4c_5832,
                l2GasLimit: 400_000_000,
                minBaseFee: 1_000_000,
                genesisTimestamp: GENESIS,
                genesisBlockHash: B256::ZERO,
                inclusionWindow: 100,
                fallbackWindow: 3_600,
                messageGasLimit: 500_000,
            },
            roots: TrustedRoots::Development,
            factory: None,
            activation_block: U256::ZERO,
            admin,
            guardian: admin,
            timelock_delay: 0,
        }
    }

    pub fn account(&self, index: usize) -> Address {
        self.devnet.accounts()[index].0
    }

    pub fn advance(&self, seconds: u64) {
        self.now.fetch_add(seconds * 1000, Ordering::SeqCst);
        // Every block takes a second here, so that the chain's clock is ahead.
        self.devnet.set_next_timestamp(self.devnet.next_timestamp() + seconds).unwrap();
        self.devnet.mine(1, None).unwrap();
    }

    /// The base fee of the newest block, and about that of the next.
    pub fn set_base_fee(&self, wei: u64) {
        self.devnet.set_next_base_fee(wei).unwrap();
        self.devnet.mine(1, None).unwrap();
    }

    /// As a process of this account opens it: what was sent before is known.
    pub async fn transactions(&self, index: usize) -> Arc<TxManager> {
        let clock: Clock = {
            let now = self.now.clone();
            Arc::new(move || now.load(Ordering::SeqCst))
        };
        let wallet = Wallet::from_hex(&self.devnet.accounts()[index].1.to_bytes().to_string()).unwrap();
        let max_gas = if index == WORKER { self.worker_gas } else { MAX_TX_GAS };
        let poll_interval = Duration::from_millis(1);
        let config = TxConfig { confirmations: 1, poll_interval, max_gas, ..TxConfig::default() };
        let journal = self.journals[&index].clone();
        Arc::new(TxManager::open(self.market.chain.clone(), wallet, journal, config, clock).await.unwrap())
    }

    /// Whether a call, mined, succeeded.
    pub async fn send(&self, from: usize, value: U256, call: impl SolCall) -> bool {
        let manager = self.transactions(from).await;
        let id = format!("test/{}", self.devnet.chain().head().number());
        let request = lux_l1::TxRequest::call(id, self.market.address, call.abi_encode());
        manager.send(lux_l1::TxRequest { value, gas_limit: Some(15_000_000), ..request }).await.is_ok()
    }

    /// A store of one of the parties.
    pub fn store(&self, name: &str) -> BlobStore {
        BlobStore::folder(&self.folder.path().join(name)).unwrap()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a party that keeps its blobs under `store` serves or watches with.
    pub fn shop(&self, store: &str) -> Shop {
        self.shop_of(self.store(store))
    }

    pub fn shop_of(&self, store: BlobStore) -> Shop {
        let config = LibraryConfig { threads: 1, allow_private: true, ..LibraryConfig::default() };
        Shop::new(self.market.clone(), Library::new(store, config).unwrap())
    }

    /// A worker process, with what an earlier one of this name left.
    pub async fn worker(&self, index: usize, store: &str) -> Worker {
        // What gas costs here says nothing.
        self.worker_with(index, store, WorkerConfig { allow_loss: true, ..WorkerConfig::default() }).await
    }

    pub async fn worker_with(&self, index: usize, store: &str, config: WorkerConfig) -> Worker {
        self.worker_of(index, self.shop(store), config).await
    }

    pub async fn worker_of(&self, index: usize, shop: Shop, config: WorkerConfig) -> Worker {
        let records = Records::open(&self.file(&format!("worker-{index}.redb"))).unwrap();
        let transactions = self.transactions(index).await;
        Worker::open(shop, transactions, records, config).await.unwrap()
    }

    /// A worker with a stake, and a balance for bonds.
    pub async fn new_worker(&self, index: usize, store: &str) -> Worker {
        let worker = self.worker(index, store).await;
        worker.join(ether(1)).await.unwrap();
        worker
    }

    pub async fn watcher(&self, store: &str, audit_traces: bool) -> Watcher {
        let transactions = self.transactions(WATCHER).await;
        let config = WatcherConfig { audit_traces, parallel: 1, only: None };
        Watcher::open(self.shop(store), Some(transactions), config).await.unwrap()
    }

    pub async fn stake(&self, index: usize) {
        assert!(self.send(index, ether(1), stakeCall {}).await);
    }

    pub async fn register(&self, bundle: &Bundle, flags: u8) -> B256 {
        self.register_hash(bundle.model.hash(), flags, "").await
    }

    /// Whatever this is the hash of.
    pub async fn register_hash(&self, hash: B256, flags: u8, location: &str) -> B256 {
        let terms = ModelTerms {
            flags,
            flops_per_gas: 1,
            location: Bytes::from(location.as_bytes().to_vec()),
            ..ModelTerms::default()
        };
        let call = registerModelCall { modelHash: hash, modelMetadata: terms.encode().unwrap() };
        assert!(self.send(REQUESTER, U256::ZERO, call).await);
        hash
    }

    /// Puts a task on the market; nobody has its input but who is given it.
    pub async fn offer(&self, id: B256, bundle: &Bundle, input: &[u8]) -> B256 {
        self.offer_with(id, bundle, input, "").await
    }

    pub async fn offer_with(&self, id: B256, bundle: &Bundle, input: &[u8], location: &str) -> B256 {
        let flops = 2 * bundle.model.plan().macs;
        self.offer_hashes(id, bundle.model.hash(), payload_commitment(input), flops, location).await
    }

    /// Returns the claim input of the task.
    pub async fn offer_hashes(&self, id: B256, model: B256, commitment: B256, flops: u64, location: &str) -> B256 {
        let data = InputData { commitment, location: Bytes::from(location.as_bytes().to_vec()) };
        let task = ComputeTask {
            taskId: id,
            modelHash: model,
            inputDataHash: data.encode().unwrap(),
            requiredFlops: U256::from(flops),
            maxGasPrice: U256::from(self.price),
            ..Default::default()
        };
        assert!(self.send(REQUESTER, U256::ZERO, submitComputeTaskCall { task }).await);
        lux_protocol::market::claim_input(model, commitment)
    }

    pub async fn task(&self, id: B256) -> Task {
        self.market.task(id).await.unwrap()
    }

    pub async fn status(&self, id: B256) -> TaskStatus {
        self.task(id).await.progress.status
    }

    pub async fn balance(&self, index: usize) -> U256 {
        U256::from(self.party(index).await.balance)
    }

    /// Coins outside of the market.
    pub async fn coins(&self, index: usize) -> U256 {
        self.market.chain.balance(self.account(index)).await.unwrap()
    }

    pub async fn party(&self, index: usize) -> Account {
        self.market.account(self.account(index)).await.unwrap()
    }

    /// Lets a worker or watcher do its work until `done`.
    pub async fn work(&self, role: &mut impl Role, done: impl AsyncFn() -> bool) {
        for _ in 0..200 {
            role.step().await.unwrap();
            if done().await {
                return;
            }
            if role.is_computing() {
                role.run_ends().await.unwrap();
            } else {
                self.devnet.mine(1, None).unwrap();
            }
        }
        panic!("it does not come to it");
    }
}

/// One step, and what is computed then.
pub async fn step(role: &mut impl Role) {
    role.step().await.unwrap();
    if role.is_computing() {
        role.run_ends().await.unwrap();
    }
}

fn numbers(count: usize, seed: usize) -> Vec<i8> {
    (0..count).map(|index| ((index * 31 + seed * 17) % 251) as u8 as i8).collect()
}

fn scale() -> Scale {
    Scale::new(1.0).unwrap()
}

/// `rows` vectors of 64 elements times a matrix of 64 x 64.
pub fn gemm(rows: usize, seed: usize) -> Bundle {
    let mut builder = ModelBuilder::default();
    let x = builder.input(DType::I8, Shape::new([rows as u32, 64]).unwrap(), scale());
    let weights = builder.constant(Shape::new([64, 64]).unwrap(), &Tensor::I8(numbers(64 * 64, seed)));
    let bias = builder.constant(Shape::new([64]).unwrap(), &Tensor::I32(vec![7; 64]));
    let multipliers = builder.constant(Shape::new([64]).unwrap(), &Tensor::I16(vec![3; 64]));
    let output = Requantize::full(DType::I8, 12);
    let value = builder.node(Gemm { x, weights, bias, multipliers, output }).unwrap();
    builder.finish(vec![Output { value, scale: scale() }]).unwrap()
}

/// Rows of a table of four, by their number: some inputs have no output.
pub fn gather() -> Bundle {
    table(4)
}

/// Two rows of a table, of eight bytes each.
pub fn table(rows: usize) -> Bundle {
    let mut builder = ModelBuilder::default();
    let indices = builder.input(DType::I32, Shape::new([2]).unwrap(), scale());
    let data = builder.constant(Shape::new([rows as u32, 8]).unwrap(), &Tensor::I8(numbers(rows * 8, 5)));
    let value = builder.node(Gather { data, indices }).unwrap();
    builder.finish(vec![Output { value, scale: scale() }]).unwrap()
}

pub fn input(bundle: &Bundle, seed: usize) -> Vec<u8> {
    numbers(bundle.model.input_bytes(), seed).into_iter().map(|x| x as u8).collect()
}

/// The output as a claim has it.
pub fn output(bundle: &Bundle, input: &[u8]) -> B256 {
    let engine = lux_inference::fast::Engine::new(bundle, 1);
    claimed_output(engine.run(input).ok().as_deref())
}
