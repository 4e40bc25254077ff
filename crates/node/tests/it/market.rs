//! The compute market of a rollup that `deploy` made: results judged by real proofs, and deployments that die at every step.

use crate::common::world::{ADMIN, ALICE, BOB, CAROL, Setup, deploy_request, faulty, quick};
use crate::common::{Fault, World, ether, evm};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolCall;
use lux_chain::pool::AccountState;
use lux_devnet::Mining;
use lux_dispute::{ClaimedRun, Fault as Wrong, fraud_proof};
use lux_executor::program_id;
use lux_l1::{L1Client, MemoryJournal, TxManager};
use lux_machine::{Machine, Program, Status};
use lux_node::{DeployRequest, Deployment, OpenRequest, OwnerCall, Service, deploy, open_service};
use lux_protocol::contracts::IRollupViews;
use lux_protocol::market::contract::IComputeMarket::{self, Task};
use lux_protocol::market::contract::{ComputeResult, ComputeTask, Purpose, TaskStatus};
use lux_protocol::market::enclaves::{IAttestationEvidence, IEnclaveKeys};
use lux_protocol::market::{CounterProof, EvidenceKind, ResultProof, claim_input};
use lux_protocol::{ClaimTrace, payload_commitment};
use std::sync::Arc;

alloy_sol_types::sol! {
    function getMinDelay() view returns (uint256);
    function rollup() view returns (address);
}

const REQUESTER: usize = ALICE;
const WORKER: usize = BOB;
const CHALLENGER: usize = CAROL;
const MODEL: B256 = B256::repeat_byte(0x77);
const PERIOD: u64 = 600;
/// Requests between two deaths: a whole deployment takes seconds here.
const STRIDE: usize = 11;

/// A program that gives its input back; `unused` words make others of it.
fn echo(unused: u32) -> Program {
    // li a7, 0; ecall; lui a0, unused
    Program::new(vec![0x0000_0893, 0x0000_0073, 0x537 | unused << 12], 0, vec![]).unwrap()
}

fn opening(unused: u32) -> OpenRequest {
    let (service, program) = (Service::Market, echo(unused));
    OpenRequest { service, program, challenge_period: PERIOD, enclave_delay: None, guardian: None }
}

fn setup() -> Setup {
    Setup { fault_proofs: true, opening: Some(opening(0)), ..Setup::default() }
}

/// Whether a call of the market, mined, succeeded.
fn call(world: &World, from: usize, value: U256, call: impl SolCall) -> bool {
    let hash = world.send_l1(from, world.rollup.address, value, call.abi_encode());
    world.mine_l1(1);
    world.l1_success(hash).unwrap()
}

fn task(world: &World, id: B256) -> Task {
    evm::view(&world.devnet.chain(), world.rollup.address, IComputeMarket::getTaskCall { taskId: id })
}

fn account(world: &World, index: usize) -> IComputeMarket::Account {
    let call = IComputeMarket::getAccountCall { account: world.account(index) };
    evm::view(&world.devnet.chain(), world.rollup.address, call)
}

/// A market with a model, a requester, a worker and a challenger who have what they need.
async fn market() -> World {
    let world = World::with(setup()).await;
    let register = IComputeMarket::registerModelCall { modelHash: MODEL, modelMetadata: Bytes::new() };
    assert!(call(&world, REQUESTER, U256::ZERO, register));
    for index in [REQUESTER, CHALLENGER] {
        assert!(call(&world, index, ether(1), IComputeMarket::depositCall { account: world.account(index) }));
    }
    assert!(call(&world, WORKER, ether(1), IComputeMarket::stakeCall {}));
    world
}

/// A task and the claim input that its result is about.
fn offer(world: &World, id: B256) -> B256 {
    let commitment = payload_commitment(id.as_slice());
    let task = ComputeTask {
        taskId: id,
        modelHash: MODEL,
        inputDataHash: commitment.into(),
        requiredFlops: U256::from(100_000_000_000_000u64),
        maxGasPrice: U256::from(100_000_000_000u64),
        ..Default::default()
    };
    assert!(call(world, REQUESTER, U256::ZERO, IComputeMarket::submitComputeTaskCall { task }));
    claim_input(MODEL, commitment)
}

fn deliver(world: &World, id: B256, input: B256, output: B256) {
    let proof = ResultProof { kind: EvidenceKind::Fault, input, evidence: Bytes::new(), output: Bytes::new() };
    let result = ComputeResult {
        taskId: id,
        outputHash: output,
        zkProof: proof.encode().unwrap(),
        gasUsed: U256::from(1_000_000),
        ..Default::default()
    };
    assert!(call(world, WORKER, U256::ZERO, IComputeMarket::submitComputeResultCall { result }));
    assert_eq!(task(world, id).output, output);
}

/// The strongest challenge there is: the chunk that the machine really runs.
fn challenge(world: &World, id: B256, input: B256, claimed: &ClaimedRun) -> bool {
    let disproof = claimed.disprove(&echo(0), input, &mut (), 0).unwrap();
    let (kind, trace) = (EvidenceKind::Fault, claimed.trace.commitment());
    let proof = CounterProof { kind, input, trace, proof: fraud_proof(&disproof) }.encode();
    call(world, CHALLENGER, U256::ZERO, IComputeMarket::challengeComputationCall { taskId: id, counterProof: proof })
}

#[tokio::test(flavor = "multi_thread")]
async fn false_result_falls_and_true_one_is_paid() {
    let world = market().await;
    let (right, wrong) = (keccak256("right"), keccak256("wrong"));
    let one_chunk = || ClaimTrace::decode(&[]).unwrap();
    let (right_input, wrong_input) = (offer(&world, right), offer(&world, wrong));
    let mut machine = Machine::new(&echo(0), right_input);
    machine.run_chunk(&mut ()).unwrap();
    assert_eq!(machine.status(), Status::Halted(right_input));

    deliver(&world, right, right_input, right_input);
    let honest = ClaimedRun::new(one_chunk(), right_input);
    assert_eq!(honest.fault(&[machine.state_hash()]), None);
    assert!(!challenge(&world, right, right_input, &honest), "a true result was disproved");
    world.advance_time(PERIOD);
    let finalize = IComputeMarket::finalizeTasksCall { taskIds: vec![right] };
    assert!(call(&world, CHALLENGER, U256::ZERO, finalize));
    assert_eq!(task(&world, right).progress.status, TaskStatus::Final);
    // 0.1 ether less the fee of 15 %.
    assert_eq!(U256::from(account(&world, WORKER).balance), ether(85) / U256::from(1_000));

    deliver(&world, wrong, wrong_input, keccak256("output"));
    let liar = ClaimedRun::new(one_chunk(), keccak256("output"));
    let mut machine = Machine::new(&echo(0), wrong_input);
    machine.run_chunk(&mut ()).unwrap();
    assert_eq!(liar.fault(&[machine.state_hash()]), Some(Wrong::Chunk(0)));
    assert!(challenge(&world, wrong, wrong_input, &liar));
    assert_eq!(task(&world, wrong).progress.status, TaskStatus::Disproved);
    let worker = account(&world, WORKER);
    assert!(worker.isSlashed && worker.stake.is_zero());
    assert_eq!(U256::from(account(&world, CHALLENGER).balance), ether(3) / U256::from(2));
    assert_eq!(U256::from(account(&world, REQUESTER).balance), ether(9) / U256::from(10));
}

/// Who may end policies at once, where the owner has to wait: who opens the market, unless it is said.
#[tokio::test(flavor = "multi_thread")]
async fn registry_has_a_guardian() {
    let world = World::with(setup()).await;
    world.devnet.set_mining(Mining::Automine).unwrap();
    let journal = Arc::new(MemoryJournal::default());
    let manager =
        TxManager::open(world.client.clone(), world.wallet(ADMIN), journal, quick(1), world.clock()).await.unwrap();
    let open = async |guardian| {
        let request = OpenRequest { guardian, ..opening(0) };
        let rollup = world.deployment.rollup;
        assert_eq!(open_service(&manager, rollup, &request, &mut |_| {}).await.unwrap(), OwnerCall::Done);
        let chain = world.devnet.chain();
        let module = evm::view(&chain, rollup, IComputeMarket::computeEvidenceCall { kind: 2 });
        let keys = evm::view(&chain, module, IAttestationEvidence::keysCall {});
        evm::view(&chain, keys, IEnclaveKeys::guardianCall {})
    };
    let admin = world.account(ADMIN);
    assert_eq!(open(None).await, admin);
    for guardian in [world.account(CAROL), admin, world.account(CAROL)] {
        assert_eq!(open(Some(guardian)).await, guardian);
    }
    // Nobody who opens it again takes the place.
    assert_eq!(open(None).await, world.account(CAROL));
}

/// A further rollup of the same factory, with another program for its market and another admin.
fn second(world: &World, name: String, unused: u32) -> DeployRequest {
    let request = deploy_request(&Setup { opening: Some(opening(unused)), ..setup() }, &world.devnet);
    let (factory, admin) = (Some(world.deployment.factory), world.account(CAROL));
    DeployRequest { name, factory, admin, timelock_delay: 86_400, ..request }
}

async fn deploy_with(world: &World, client: L1Client, journal: &MemoryJournal, request: &DeployRequest) -> Deployment {
    let journal = Arc::new(journal.clone());
    let manager = TxManager::open(client, world.wallet(ADMIN), journal, quick(1), world.clock()).await.unwrap();
    deploy(&manager, request, &mut |_, _, _| {}).await.unwrap()
}

fn admin_nonce(world: &World) -> u64 {
    world.devnet.chain().nonce_and_balance(world.account(ADMIN)).unwrap().0
}

/// The market is open once, and its owner is the admin with the delay that was asked for.
fn check(world: &World, deployment: &Deployment, program: &Program) {
    let chain = world.devnet.chain();
    let set = evm::view(&chain, deployment.rollup, IComputeMarket::computeProgramCall { purpose: Purpose::Infer });
    assert_eq!((set.version, set.program), (1, program_id(program)));
    let params = evm::view(&chain, deployment.rollup, IComputeMarket::marketParamsCall {});
    assert_eq!(u64::from(params.challengePeriod), PERIOD);
    assert_ne!(evm::view(&chain, deployment.rollup, IComputeMarket::computeEvidenceCall { kind: 0 }), Address::ZERO);
    let module = evm::view(&chain, deployment.rollup, IComputeMarket::computeEvidenceCall { kind: 2 });
    let keys = evm::view(&chain, module, IAttestationEvidence::keysCall {});
    assert_eq!(evm::view(&chain, keys, rollupCall {}), deployment.rollup);
    assert_eq!(evm::view(&chain, deployment.rollup, IRollupViews::ownerCall {}), deployment.timelock);
    assert_eq!(evm::view(&chain, deployment.timelock, getMinDelayCall {}), U256::from(86_400));
}

#[tokio::test(flavor = "multi_thread")]
async fn deployment_that_dies_is_resumed() {
    let world = World::with(setup()).await;
    world.devnet.set_mining(Mining::Automine).unwrap();
    for fault in [Fault::DieBefore, Fault::DieAfter] {
        for skip in (0..).step_by(STRIDE) {
            let unused = 1 + 2 * skip as u32 + u32::from(fault == Fault::DieAfter);
            let (request, journal) = (second(&world, format!("{unused}"), unused), MemoryJournal::default());
            let before = admin_nonce(&world);
            let (faults, client) = faulty(&world.methods);
            faults.plan(skip, fault);
            let first = faults.run(deploy_with(&world, client, &journal, &request)).await;
            let was_hit = !faults.clear();
            // A new process with the journal of the old one.
            let deployment = deploy_with(&world, world.client.clone(), &journal, &request).await;
            assert!(first.is_err() == was_hit && first.is_ok_and(|first| first == deployment) != was_hit);
            check(&world, &deployment, &echo(unused));
            // ROM contract, registration, StateTransition, rollup, what checks attestations (5), and the owner's operation (2): none
            // of them twice.
            assert_eq!(admin_nonce(&world) - before, 11, "request {skip}, {fault:?}");
            if !was_hit {
                println!("a deployment makes at most {skip} requests");
                break;
            }
        }
    }
}
