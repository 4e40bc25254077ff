//! An L1 with a rollup whose compute market is open, and parties with coins.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use eyre::eyre;
use lux_blobs::BlobStore;
use lux_compute::{Library, LibraryConfig, Market, Shop, Watcher, WatcherConfig};
use lux_devnet::{Devnet, DevnetConfig};
use lux_inference::Bundle;
use lux_l1::{L1Client, MemoryJournal, Transport, TxConfig, TxManager, TxOutcome, TxRequest, Wallet, system_clock};
use lux_models::infer_program;
use lux_node::{DeployRequest, OpenRequest, Service, TrustedRoots, deploy};
use lux_protocol::contracts::{ExecutionMode, RollupParams, RollupType};
use lux_protocol::decode_params;
use lux_protocol::market::contract::ComputeTask;
use lux_protocol::market::contract::IComputeMarket::{depositCall, registerModelCall, submitComputeTaskCall};
use lux_protocol::market::{InputData, ModelTerms};
use lux_protocol::payload_commitment;
use lux_rpc::RpcLimits;
use std::sync::Arc;
use std::time::Duration;

const OWNER: usize = 0;
const REQUESTER: usize = 1;
pub const WATCHER: usize = 2;
/// It and those after it may work.
pub const FIRST_WORKER: usize = 3;

/// Long enough for whatever is measured.
const PERIOD: u64 = 86_400;

pub fn ether(count: u64) -> U256 {
    U256::from(count) * U256::from(10).pow(U256::from(18))
}

pub struct Scene {
    pub market: Market,
    // Its RPC is what the market's client talks to.
    _devnet: Devnet,
    folder: tempfile::TempDir,
    parties: Vec<Arc<TxManager>>,
    sent: u64,
}

impl Scene {
    pub async fn open() -> eyre::Result<Self> {
        let devnet = Devnet::open(DevnetConfig::default())?;
        let limits = RpcLimits { execution_timeout: Duration::from_secs(600), ..RpcLimits::default() };
        let chain = L1Client::new(Transport::InProcess(devnet.methods(limits)?));
        let mut parties = Vec::new();
        for (_, key) in devnet.accounts() {
            let wallet = Wallet::from_hex(&key.to_bytes().to_string())?;
            let config = TxConfig { confirmations: 1, poll_interval: Duration::from_millis(1), ..TxConfig::default() };
            let journal = Arc::new(MemoryJournal::default());
            let manager = TxManager::open(chain.clone(), wallet, journal, config, system_clock()).await?;
            parties.push(Arc::new(manager));
        }
        let request = request(parties[OWNER].address(), chain.head().await?.timestamp)?;
        let address = deploy(&parties[OWNER], &request, &mut |_, _, _| {}).await?.rollup;
        let market = Market { chain, address };
        let mut scene = Self { market, _devnet: devnet, folder: tempfile::tempdir()?, parties, sent: 0 };
        // The requester's pays for tasks, the watcher's is the bond of its challenges.
        for party in [REQUESTER, WATCHER] {
            let account = scene.account(party);
            scene.send(party, ether(10), depositCall { account }).await?;
        }
        Ok(scene)
    }

    pub fn account(&self, party: usize) -> Address {
        self.parties[party].address()
    }

    /// A call of the market by a party; an error if it fails.
    pub async fn send(&mut self, party: usize, value: U256, call: impl SolCall) -> eyre::Result<TxOutcome> {
        self.sent += 1;
        let request = TxRequest::call(format!("bench/{}", self.sent), self.market.address, call.abi_encode());
        Ok(self.parties[party].send(TxRequest { value, ..request }).await?)
    }

    /// Registers a model, and gives it and an input to the watcher.
    pub async fn register(&mut self, bundle: &Bundle, data: &[u8]) -> eyre::Result<()> {
        let store = self.store()?;
        lux_models::save(&store, bundle).await?;
        store.put(data.to_vec().into()).await?;
        let metadata = ModelTerms { flops_per_gas: 1, ..ModelTerms::default() }.encode()?;
        let call = registerModelCall { modelHash: bundle.model.hash(), modelMetadata: metadata };
        self.send(REQUESTER, U256::ZERO, call).await.map(drop)
    }

    /// A task with this input.
    pub async fn offer(&mut self, id: B256, bundle: &Bundle, data: &[u8]) -> eyre::Result<()> {
        let input = InputData { commitment: payload_commitment(data), location: Bytes::new() };
        let task = ComputeTask {
            taskId: id,
            modelHash: bundle.model.hash(),
            inputDataHash: input.encode()?,
            requiredFlops: U256::from(lux_compute::flops_of(&bundle.model)),
            maxGasPrice: U256::from(1_000_000_000),
            ..Default::default()
        };
        self.send(REQUESTER, U256::ZERO, submitComputeTaskCall { task }).await.map(drop)
    }

    /// A watcher of this task.
    pub async fn watcher(&self, task: B256) -> eyre::Result<Watcher> {
        let library = Library::new(self.store()?, LibraryConfig::default())?;
        let config = WatcherConfig { audit_traces: false, parallel: 1, only: Some(task) };
        let transactions = self.parties[WATCHER].clone();
        Ok(Watcher::open(Shop::new(self.market.clone(), library), Some(transactions), config).await?)
    }

    fn store(&self) -> eyre::Result<BlobStore> {
        Ok(BlobStore::folder(&self.folder.path().join("watcher"))?)
    }
}

fn request(owner: Address, now: u64) -> eyre::Result<DeployRequest> {
    let params = decode_params(&[]).ok_or_else(|| eyre!("L1 takes no parameters as the default ones"))?;
    Ok(DeployRequest {
        name: "bench".into(),
        rollup_type: RollupType::Optimistic,
        execution_mode: ExecutionMode::AICompute,
        sequencer: owner,
        proposer: Address::ZERO,
        challenger: Address::ZERO,
        fault_proofs: Some(PERIOD),
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
        params: RollupParams { genesisTimestamp: now, ..params },
        roots: TrustedRoots::Vendors,
        factory: None,
        activation_block: U256::ZERO,
        admin: owner,
        guardian: owner,
        timelock_delay: 0,
    })
}
