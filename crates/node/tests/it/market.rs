//! The compute market of a rollup that `deploy` made: results judged by real proofs.

use crate::common::world::{ADMIN, ALICE, BOB, CAROL, Setup, quick};
use crate::common::{World, ether, evm};
use crate::opening::{PERIOD, echo, opening};
use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_sol_types::SolCall;
use lux_devnet::Mining;
use lux_dispute::{ClaimedRun, Fault as Wrong, fraud_proof};
use lux_l1::{MemoryJournal, TxManager};
use lux_machine::{Machine, Status};
use lux_node::{OpenRequest, OwnerCall, Service, open_service};
use lux_protocol::market::contract::IComputeMarket::{self, Task};
use lux_protocol::market::contract::{ComputeResult, ComputeTask, TaskStatus};
use lux_protocol::market::enclaves::{IAttestationEvidence, IEnclaveKeys};
use lux_protocol::market::{CounterProof, EvidenceKind, ResultProof, claim_input};
use lux_protocol::{ClaimTrace, payload_commitment};
use std::sync::Arc;

const REQUESTER: usize = ALICE;
const WORKER: usize = BOB;
const CHALLENGER: usize = CAROL;
const MODEL: B256 = B256::repeat_byte(0x77);

fn setup() -> Setup {
    Setup { fault_proofs: true, opening: Some(opening(Service::Market, 0)), ..Setup::default() }
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
        let request = OpenRequest { guardian, ..opening(Service::Market, 0) };
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
