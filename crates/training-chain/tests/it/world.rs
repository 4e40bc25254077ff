//! A chain with training open on it, as the predeploys of an L2 have it, and everybody who works there.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::{SolCall, SolValue};
use lux_blobs::{BlobStore, Client, ClientConfig, ServerConfig, ServerHandle, serve};
use lux_devnet::{Devnet, DevnetConfig, Mining};
use lux_executor::{executor_code, init_code, rom_contracts};
use lux_federated::{
    Aggregation, Architecture, Dataset, Exchange, FederatedError, Job, LocalTrainer, LocalTraining, Notebook, Phase,
    Post, Trainer, Update, Worker, aggregate_program, norm_program, run_claim,
};
use lux_inference::blob;
use lux_l1::{Clock, L1Client, MemoryJournal, Transport, TxConfig, TxManager, TxRequest, Wallet};
use lux_machine::{Program, Status, trace};
use lux_models::NpyArray;
use lux_node::artifacts;
use lux_protocol::ClaimTrace;
use lux_protocol::constants::{TRAINING, TRAINING_DISPUTES};
use lux_protocol::contracts::IProgramRom;
use lux_protocol::training::ITraining::{
    Params, aggregateGradientsCall, setAccusationProgramCall, setEvidenceCall, setParamsCall, setProgramCall,
};
use lux_protocol::training::{FederatedUpdate, Misbehaviour, WorkerContribution};
use lux_rpc::RpcLimits;
use lux_training::Clip;
use lux_training::program::Contribution;
use lux_training_chain::{
    ChainBoard, Contract, FAULT, Leader, Member, Offer, PhaseSeconds, Proof, Record, Role, Terms, Watcher,
    aggregate_program_id, create_job, norm_program_id,
};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub const GENESIS: u64 = 1_800_000_000;
pub const CREATOR: usize = 0;
pub const WATCHER: usize = 1;
/// Workers are the accounts from here on.
pub const FIRST: usize = 2;
/// Every block takes a second: long enough for the calls of a phase.
pub const PHASE: u32 = 600;
pub const CHALLENGE_PERIOD: u32 = 1_000;
/// Bound on updates in units of 2^-16: short enough to clip them.
const NORM: u32 = 1 << 16;
/// What a rollup on L1 asks for its owner.
const SETTINGS: Address = Address::repeat_byte(1);
/// Of the L2's predeploys: the rollup on L1.
const GOVERNOR: &str = "0x0500000000000000000000000000000000000012";

pub fn ether(count: u64) -> U256 {
    U256::from(count) * U256::from(1_000_000_000_000_000_000u64)
}

pub fn digits() -> Dataset {
    let read = |bytes: &[u8]| NpyArray::decode(bytes).unwrap();
    let features = read(include_bytes!("../../../federated/data/digits.npy"));
    Dataset::from_arrays(features, &read(include_bytes!("../../../federated/data/labels.npy")), 16.0).unwrap()
}

pub struct World {
    pub devnet: Devnet,
    pub contract: Contract,
    pub job: B256,
    now: Arc<AtomicU64>,
    folder: tempfile::TempDir,
    journals: BTreeMap<usize, Arc<MemoryJournal>>,
    servers: BTreeMap<usize, ServerHandle>,
}

impl World {
    /// With a job of so many workers, on the predeploys of an L2.
    pub async fn new(workers: usize, aggregation: Aggregation, rounds: u32) -> Self {
        let mut this = Self::empty(workers).await;
        this.open_training().await;
        this.job = this.create(workers, aggregation, rounds, None).await;
        this
    }

    /// One round of masked updates of a bounded norm, which their workers prove.
    pub async fn proven(workers: usize) -> Self {
        let mut this = Self::empty(workers).await;
        this.open_training().await;
        this.create_proven(workers).await;
        this
    }

    /// The same on the contract of a rollup on L1, whose owner opened training there.
    pub async fn proven_on_l1(workers: usize) -> Self {
        let mut this = Self::empty(workers).await;
        this.deploy_rollup().await;
        // The contract asks its settings who the owner is. They are in its first slot.
        let owner = this.account(CREATOR);
        let says_owner = [&[0x73], owner.as_slice(), &[0x5f, 0x52, 0x60, 32, 0x5f, 0xf3]].concat();
        this.devnet.set_code(SETTINGS, says_owner.into()).unwrap();
        let settings = U256::from_be_bytes(SETTINGS.into_word().0);
        this.devnet.set_storage(this.contract.address, U256::ZERO, settings).unwrap();
        this.open(this.contract.address).await;
        this.create_proven(workers).await;
        this
    }

    async fn create_proven(&mut self, workers: usize) {
        let this = self;
        let masked = Aggregation::Secure(Default::default());
        this.job = this.create(workers, masked, 1, Clip::new(NORM.into())).await;
    }

    /// The same on the contract of a rollup on L1, which nobody governs: it takes masked rounds.
    pub async fn on_l1(workers: usize, rounds: u32) -> Self {
        let mut this = Self::empty(workers).await;
        this.deploy_rollup().await;
        this.job = this.create(workers, Aggregation::Secure(Default::default()), rounds, None).await;
        this
    }

    async fn deploy_rollup(&mut self) {
        let this = self;
        let code = |json: &str| serde_json::from_str::<artifacts::Artifact>(json).unwrap().bytecode.to_vec();
        let disputes = this.deploy(code(include_str!("../../../../contracts/artifacts/TrainingDisputesL1.json"))).await;
        let training = code(include_str!("../../../../contracts/artifacts/TrainingL1.json"));
        let training = this.deploy([training, disputes.abi_encode()].concat()).await;
        let rollup = code(include_str!("../../../../contracts/artifacts/DistributedTrainingRollup.json"));
        let arguments = (SETTINGS, training).abi_encode_params();
        this.contract.address = this.deploy([rollup, arguments].concat()).await;
    }

    async fn empty(workers: usize) -> Self {
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
            devnet,
            contract: Contract { chain, address: TRAINING },
            job: B256::ZERO,
            now,
            folder: tempfile::tempdir().unwrap(),
            journals: (0..12).map(|index| (index, Arc::default())).collect(),
            servers: BTreeMap::new(),
        };
        for party in 0..=FIRST + workers {
            let store = this.store(party);
            let server = serve("127.0.0.1:0".parse().unwrap(), store, ServerConfig::default()).await.unwrap();
            this.servers.insert(party, server);
        }
        this
    }

    /// Program and evidence, as a rollup's owner sets them from L1.
    async fn open_training(&self) {
        self.devnet.set_code(TRAINING, artifacts::training_l2().deployed_bytecode).unwrap();
        self.devnet.set_code(TRAINING_DISPUTES, artifacts::training_disputes_l2().deployed_bytecode).unwrap();
        let governor = GOVERNOR.parse().unwrap();
        self.devnet.set_code(governor, passes_on(TRAINING)).unwrap();
        self.open(governor).await;
    }

    /// Programs, and what disproves claims about them. Whoever governs takes the calls.
    async fn open(&self, governor: Address) {
        let with = |code: Bytes, arguments: Vec<u8>| [code.to_vec(), arguments].concat();
        let executor = self.deploy(init_code(&executor_code()).to_vec()).await;
        let registry = self.deploy(with(artifacts::program_rom().bytecode, executor.abi_encode())).await;
        self.register(registry, aggregate_program()).await;
        self.register(registry, norm_program()).await;
        let verifier = self.deploy(with(artifacts::chunk_verifier().bytecode, registry.abi_encode())).await;
        let arguments = (verifier, U256::from(300)).abi_encode_params();
        let module = self.deploy(with(artifacts::fault_proof().bytecode, arguments)).await;
        let bond = ether(1).to();
        let params = Params { feeBps: 500, challengePeriod: CHALLENGE_PERIOD, stake: bond, aggregateBond: bond };
        let calls = [
            setProgramCall { program: aggregate_program_id() }.abi_encode(),
            setAccusationProgramCall { kind: Misbehaviour::NormBound, program: norm_program_id() }.abi_encode(),
            setEvidenceCall { kind: 0, module }.abi_encode(),
            setParamsCall { params }.abi_encode(),
        ];
        for data in calls {
            self.call(governor, data).await;
        }
    }

    async fn register(&self, registry: Address, program: &Program) {
        let mut roms = Vec::new();
        for rom in rom_contracts(program) {
            roms.push(self.deploy(init_code(&rom).to_vec()).await);
        }
        let call = IProgramRom::registerCall {
            entry: U256::from(program.entry()),
            memoryRoot: program.memory_root(),
            textWords: U256::from(program.text().len()),
            romContracts: roms,
        };
        self.call(registry, call.abi_encode()).await;
    }

    async fn deploy(&self, code: Vec<u8>) -> Address {
        let id = format!("deploy/{}", keccak256(&code));
        let manager = self.transactions(CREATOR).await;
        manager.send(TxRequest::create(id, code)).await.unwrap().contract_address.unwrap()
    }

    async fn call(&self, to: Address, data: Vec<u8>) {
        self.call_as(CREATOR, to, U256::ZERO, data).await;
    }

    /// A call that is made once.
    pub async fn call_as(&self, index: usize, to: Address, value: U256, data: Vec<u8>) {
        let id = format!("call/{}", keccak256(&data));
        let request = TxRequest { value, ..TxRequest::call(id, to, data) };
        self.transactions(index).await.send(request).await.unwrap();
    }

    /// What is clipped is proven to be.
    async fn create(&self, workers: usize, aggregation: Aggregation, rounds: u32, clip: Option<Clip>) -> B256 {
        let architecture = Architecture { inputs: 64, hidden: vec![8], classes: 10 };
        let weights = architecture.initial([1; 32]);
        let weights: Vec<i32> = weights.iter().map(|x| (x * 65_536.0).round() as i32).collect();
        let offer = Offer {
            terms: Terms {
                architecture,
                fraction_bits: 16,
                training: LocalTraining { epochs: 1, batch: 16, learning_rate: 0.1 },
                privacy: None,
            },
            aggregation,
            clip,
            norm_bound: clip.map(|clip| clip.norm() as u32),
            rounds,
            min_workers: workers as u16,
            max_workers: workers as u16 + 2,
            reward_pool: ether(100),
            stake: ether(1),
            coordinator: Address::ZERO,
            dataset: B256::ZERO,
            periods: PhaseSeconds { keys: PHASE, collect: PHASE, aggregate: PHASE },
        };
        let (manager, blobs) = (self.transactions(CREATOR).await, self.exchange(CREATOR));
        let id = create_job(&self.contract, &manager, &blobs, "test", &offer, &weights).await.unwrap();
        assert_eq!(id, create_job(&self.contract, &manager, &blobs, "test", &offer, &weights).await.unwrap());
        id
    }

    pub fn account(&self, index: usize) -> Address {
        self.devnet.accounts()[index].0
    }

    pub fn key(&self, index: usize) -> PrivateKeySigner {
        PrivateKeySigner::from_bytes(&self.devnet.accounts()[index].1.to_bytes().as_slice().try_into().unwrap())
            .unwrap()
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: u64) {
        self.now.fetch_add(seconds * 1000, Ordering::SeqCst);
        self.devnet.set_next_timestamp(self.devnet.next_timestamp() + seconds).unwrap();
        self.devnet.mine(1, None).unwrap();
    }

    /// As a process of this account opens it: what was sent before is known.
    pub async fn transactions(&self, index: usize) -> Arc<TxManager> {
        let clock: Clock = {
            let now = self.now.clone();
            Arc::new(move || now.load(Ordering::SeqCst))
        };
        let wallet = Wallet::from_hex(&self.devnet.accounts()[index].1.to_bytes().to_string()).unwrap();
        let config = TxConfig { confirmations: 1, poll_interval: Duration::from_millis(1), ..TxConfig::default() };
        let journal = self.journals[&index].clone();
        Arc::new(TxManager::open(self.contract.chain.clone(), wallet, journal, config, clock).await.unwrap())
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn store(&self, index: usize) -> BlobStore {
        BlobStore::folder(&self.file(&format!("store-{index}"))).unwrap()
    }

    fn exchange(&self, index: usize) -> Exchange {
        let client = Client::new(ClientConfig { allow_private: true, ..ClientConfig::default() }).unwrap();
        Exchange::new(self.store(index)).with_sources(client, Vec::new())
    }

    fn server(&self, index: usize) -> Option<String> {
        self.servers.get(&index).map(|server| format!("http://{}", server.local_addr))
    }

    /// Takes a party's blobs off the net.
    pub async fn stop_server(&mut self, index: usize) {
        self.servers.remove(&index).unwrap().stop().await;
    }

    pub async fn board(&self, index: usize) -> Arc<ChainBoard> {
        let sources = self.server(CREATOR).into_iter().collect();
        let transactions = self.transactions(index).await;
        ChainBoard::open(self.contract.clone(), self.job, transactions, self.exchange(index), sources).await.unwrap()
    }

    /// A worker process, with what an earlier one of this account left.
    pub async fn member(&self, number: usize) -> Member {
        self.member_of(number, self.board(FIRST + number).await)
    }

    /// A worker, joined by now, whose updates are longer than the bound. It makes the proof that it can: of another bound.
    pub async fn cheat(&self, number: usize) -> Worker {
        let (index, board) = (FIRST + number, self.board(FIRST + number).await);
        let trainer = Box::new(TooLong(self.trainer(number, &board)));
        let job = Job { norm_bound: Some(i32::MAX as u32 / 10), ..(*board.job()).clone() };
        let notebook = Notebook::folder(&self.file(&format!("cheat-{index}"))).unwrap();
        let blobs = board.blobs().clone();
        Worker::open(Arc::new(job), board, blobs, self.key(index), trainer, notebook).unwrap()
    }

    fn trainer(&self, number: usize, board: &ChainBoard) -> LocalTrainer {
        let data = digits();
        let part: Vec<usize> = (0..data.len()).filter(|example| example % 7 == number).take(60).collect();
        LocalTrainer::new(&board.job(), data.select(&part), keccak256(self.account(FIRST + number))).unwrap()
    }

    pub fn member_of(&self, number: usize, board: Arc<ChainBoard>) -> Member {
        let (index, trainer) = (FIRST + number, self.trainer(number, &board));
        let notebook = Notebook::folder(&self.file(&format!("notes-{index}"))).unwrap();
        Member::open(board, self.key(index), Box::new(trainer), notebook, self.server(index)).unwrap()
    }

    pub async fn members(&self, count: usize) -> Vec<Member> {
        let mut members = Vec::new();
        for number in 0..count {
            members.push(self.member(number).await);
        }
        members
    }

    pub async fn leader(&self, index: usize) -> Leader {
        Leader::open(self.board(index).await, Some(digits()), self.server(index))
    }

    pub async fn watcher(&self) -> Watcher {
        Watcher::open(self.board(WATCHER).await)
    }

    /// A claim of the coordinator about a run in which all have posted: other weights.
    pub async fn claim_wrongly(&self, attempt: u64, trace: ClaimTrace) {
        let (board, posts) = (self.board(CREATOR).await, self.posts(attempt).await);
        let proof = Proof {
            kind: FAULT,
            length: board.job().length() as u32,
            weights: B256::repeat_byte(7),
            report: vec![0; 7 * posts.len()].into(),
            evidence: trace.encode(),
        };
        self.claim(attempt, posts, B256::repeat_byte(6), proof).await;
    }

    /// A true one, whose trace has few checkpoints.
    pub async fn claim_truly(&self, attempt: u64) -> ClaimTrace {
        let (board, posts) = (self.board(CREATOR).await, self.posts(attempt).await);
        let weights = board.history(|history| history.runs[&attempt].weights);
        let contribution = |(_, post): &(Address, Post)| Contribution { update: post.content, points: post.points };
        let round = board.job().claim(posts.iter().map(contribution).collect());
        let mut known = HashMap::new();
        let mut add = |bytes: &[u8]| drop(known.insert(keccak256(bytes), Bytes::copy_from_slice(bytes)));
        for blob in posts.iter().map(|(_, post)| post.content).chain([weights]) {
            blob::preimages(&board.blobs().get(blob, 4 * board.job().length()).await.unwrap(), &mut add);
        }
        let description = blob::preimages(&round.encode(), &mut add);
        add(&[weights, description].concat());
        let claimed = run_claim(board.blobs(), weights, &round).await.unwrap();
        let run = trace(aggregate_program(), claimed.input, &mut known, 1 << 20).unwrap();
        assert_eq!(run.outcome, Status::Halted(claimed.output));
        let trace = ClaimTrace::with_stride(&run.checkpoints, run.checkpoints.len().div_ceil(4));
        let proof = Proof {
            kind: FAULT,
            length: round.length,
            weights: claimed.result.weights,
            report: claimed.result.report().into(),
            evidence: trace.encode(),
        };
        self.claim(attempt, posts, claimed.result.aggregate, proof).await;
        trace
    }

    /// In the order of the members.
    async fn posts(&self, attempt: u64) -> Vec<(Address, Post)> {
        self.board(CREATOR).await.history(|history| {
            let run = &history.runs[&attempt];
            let mut posts: Vec<_> = run.posts(Phase::Updates).collect();
            posts.sort_by_key(|(worker, _)| run.members.iter().position(|(_, member)| member == worker));
            posts
        })
    }

    async fn claim(&self, attempt: u64, posts: Vec<(Address, Post)>, aggregate: B256, proof: Proof) {
        let contribution = |(worker, post): (Address, Post)| WorkerContribution {
            worker,
            gradientHash: post.content,
            dataPointsProcessed: U256::from(post.points),
            ..WorkerContribution::default()
        };
        let round = self.board(CREATOR).await.history(|history| history.runs[&attempt].round);
        let update = FederatedUpdate {
            jobId: self.job,
            round: U256::from(round),
            contributions: posts.into_iter().map(contribution).collect(),
            aggregatedGradientHash: aggregate,
            convergenceProof: proof.encode().into(),
        };
        self.call(TRAINING, aggregateGradientsCall { jobId: self.job, update }.abi_encode()).await;
    }

    pub async fn balance(&self, index: usize) -> U256 {
        self.contract.balance_of(self.account(index)).await.unwrap()
    }
}

struct TooLong(LocalTrainer);

impl Trainer for TooLong {
    fn update(&mut self, job: &Job, weights: &[i32], round: u64, secret: [u8; 32]) -> Result<Update, FederatedError> {
        let mut update = self.0.update(job, weights, round, secret)?;
        update.coordinates.iter_mut().for_each(|x| *x = 10 * *x + 1_000);
        Ok(update)
    }
}

/// Code that calls a contract with what it is called with, as messages of the owner do.
fn passes_on(to: Address) -> Bytes {
    let (head, tail) = ([0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f, 0x5f, 0x73], [0x5a, 0xf1, 0x60, 38, 0x57]);
    [&head[..], to.as_slice(), &tail, &[0x5f, 0x5f, 0xfd, 0x5b, 0x00]].concat().into()
}

/// What a role says in one step; what fails for the moment is tried again in the next.
pub async fn step(role: &mut impl Role) -> Vec<Record> {
    match role.step().await {
        Ok(records) => records,
        Err(error) if error.is_temporary() => {
            eprintln!("trying again: {error}");
            Vec::new()
        }
        Err(error) => panic!("{error}"),
    }
}

/// Everybody acts; where nobody did anything on chain, time passes. What the coordinator says.
pub async fn turn_of(world: &World, members: &mut [Member], leader: &mut Leader) -> Vec<Record> {
    let before = world.contract.chain.block_number().await.unwrap();
    for member in members {
        step(member).await;
    }
    let records = step(leader).await;
    if world.contract.chain.block_number().await.unwrap() == before {
        world.advance(30);
    }
    records
}

pub async fn turns_until(world: &World, members: &mut [Member], leader: &mut Leader, done: impl AsyncFn() -> bool) {
    for _ in 0..200 {
        if done().await {
            return;
        }
        turn_of(world, members, leader).await;
    }
    panic!("it does not come to it");
}
