//! Workers whose norm proofs are wrong, and workers of whom somebody says so.

use crate::world::{CHALLENGE_PERIOD, CREATOR, FIRST, WATCHER, World, ether, step, turn_of};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_devnet::ReorgTransactions;
use lux_federated::Aggregation;
use lux_l1::BlockTag;
use lux_protocol::ClaimTrace;
use lux_protocol::contracts::Move;
use lux_protocol::training::ITraining::{
    accusationFinalAtCall, accuseCall, challengeAccusationCall, depositCall, slashMaliciousWorkerCall,
};
use lux_protocol::training::{AccusationStatus, Misbehaviour};
use lux_training::Rule;
use lux_training_chain::{Accusing, Leader, Member, Record};

const WORKERS: usize = 5;
const CHEAT: usize = 2;
/// Whoever accuses falsely, and whoever challenges what is true.
const STRANGER: usize = 9;
const RESPONSE_PERIOD: u64 = 300;

async fn accusations(world: &World) -> Vec<Accusing> {
    let board = world.board(STRANGER).await;
    board.history(|history| history.accusations.values().cloned().collect())
}

async fn status(world: &World, id: B256) -> AccusationStatus {
    world.contract.accusation(id).await.unwrap().status
}

async fn is_slashed(world: &World, number: usize) -> bool {
    world.contract.member(world.job, world.account(FIRST + number)).await.unwrap().isSlashed
}

async fn sent(world: &World, index: usize) -> u64 {
    world.contract.chain.nonce(world.account(index), BlockTag::Latest).await.unwrap()
}

/// A round up to its aggregate.
async fn round(world: &World, members: &mut [Member], leader: &mut Leader) {
    let board = world.board(CREATOR).await;
    for _ in 0..200 {
        turn_of(world, members, leader).await;
        board.sync().await.unwrap();
        if board.history(|history| history.done()) == 1 {
            return;
        }
    }
    panic!("no aggregate");
}

async fn with_a_cheat(world: &World) {
    let mut members = world.members(WORKERS).await;
    for member in &mut members {
        step(member).await;
    }
    drop(members.remove(CHEAT));
    let (mut cheat, mut leader) = (world.cheat(CHEAT).await, world.leader(CREATOR).await);
    let board = world.board(CREATOR).await;
    for turn in 0.. {
        match cheat.step().await {
            Ok(_) => {}
            Err(error) => assert!(error.is_temporary(), "{error}"),
        }
        turn_of(world, &mut members, &mut leader).await;
        board.sync().await.unwrap();
        if board.history(|history| history.done()) == 1 {
            break;
        }
        assert!(turn < 200);
    }
    let board = world.board(CREATOR).await;
    let contributors = board.history(|history| {
        let run = &history.runs[&1];
        run.named(run.claim.as_ref().unwrap().contributors)
    });
    assert_eq!(contributors.len(), WORKERS - 1);
    assert!(!contributors.contains(&world.account(FIRST + CHEAT)), "its update is not in the sum");
}

/// The watcher is killed after every step.
async fn watch_until(world: &World, done: impl AsyncFn() -> bool) -> Vec<Record> {
    let mut records = Vec::new();
    for _ in 0..200 {
        if done().await {
            return records;
        }
        let before = world.contract.chain.block_number().await.unwrap();
        records.extend(step(&mut world.watcher().await).await);
        if world.contract.chain.block_number().await.unwrap() == before {
            world.advance(100);
        }
    }
    panic!("it does not come to it: {records:?}");
}

async fn a_cheat_loses_its_stake(world: World) {
    with_a_cheat(&world).await;
    let before = sent(&world, WATCHER).await;
    let records = watch_until(&world, async || is_slashed(&world, CHEAT).await).await;
    let worker = world.account(FIRST + CHEAT);
    assert!(records.contains(&Record::Accused { run: 1, worker }), "{records:?}");
    assert_eq!(sent(&world, WATCHER).await - before, 3, "its bond, one accusation, one call that slashes");
    // Its bond is back, and half of the stake is its own.
    assert_eq!(world.balance(WATCHER).await, ether(1) + ether(1) / U256::from(2));
    for number in (0..WORKERS).filter(|number| *number != CHEAT) {
        assert!(!is_slashed(&world, number).await);
    }
    let records = step(&mut world.watcher().await).await;
    assert!(records.contains(&Record::Slashed { worker }));
    assert_eq!(accusations(&world).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_valid_norm_proof_loses_its_stake() {
    a_cheat_loses_its_stake(World::proven(WORKERS).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_contract_of_a_rollup_on_l1() {
    a_cheat_loses_its_stake(World::proven_on_l1(WORKERS).await).await;
}

/// Somebody asks about a true accusation and does nothing with the answer. Blocks with accusation and answer are replaced on the way.
#[tokio::test(flavor = "multi_thread")]
async fn a_true_accusation_is_answered_for() {
    let world = World::proven(WORKERS).await;
    with_a_cheat(&world).await;
    watch_until(&world, async || !accusations(&world).await.is_empty()).await;
    world.devnet.reorg(1, ReorgTransactions::Return).unwrap();
    world.advance(1);
    watch_until(&world, async || !accusations(&world).await.is_empty()).await;
    let accused = accusations(&world).await;
    assert_eq!(accused.len(), 1, "what was sent comes again, and no second one");
    let Accusing { id, trace, .. } = accused[0].clone();
    let trace = ClaimTrace::decode(&trace).unwrap();
    assert!(trace.segment(1).len() > 1);
    let body = (trace.opening(), U256::from(1)).abi_encode_params();
    let proof = (U256::from(Move::RequestSegment as u8), Bytes::from(body)).abi_encode_params().into();
    let (at, bond) = (world.contract.address, ether(1) / U256::from(10));
    world.call_as(STRANGER, at, bond, depositCall { account: world.account(STRANGER) }.abi_encode()).await;
    let call = challengeAccusationCall { accusation: id, proof };
    world.call_as(STRANGER, at, U256::ZERO, call.abi_encode()).await;
    assert_eq!(world.balance(STRANGER).await, U256::ZERO);
    let final_at = || world.contract.chain.view(at, accusationFinalAtCall { accusation: id });
    assert_eq!(final_at().await.unwrap(), U256::MAX, "open until it is answered");
    step(&mut world.watcher().await).await;
    assert_ne!(final_at().await.unwrap(), U256::MAX);
    world.devnet.reorg(1, ReorgTransactions::Return).unwrap();
    world.advance(1);
    let is_over = async || world.balance(WATCHER).await > ether(1) + ether(1) / U256::from(2);
    watch_until(&world, is_over).await;
    assert_eq!(status(&world, id).await, AccusationStatus::Upheld);
    assert_eq!(accusations(&world).await.len(), 1, "its own is enough, challenged or not");
    // Half of the stake, and half of what the stranger had locked.
    assert_eq!(world.balance(WATCHER).await, ether(1) + ether(1) / U256::from(2) + bond / U256::from(2));
}

/// Whoever accuses without a reason.
async fn accuse_falsely(world: &World, number: usize, trace: ClaimTrace) -> B256 {
    let at = world.contract.address;
    world.call_as(STRANGER, at, ether(1), depositCall { account: world.account(STRANGER) }.abi_encode()).await;
    let call = accuseCall {
        jobId: world.job,
        attempt: U256::ONE,
        worker: world.account(FIRST + number),
        kind: Misbehaviour::NormBound,
        trace: trace.encode(),
    };
    world.call_as(STRANGER, at, U256::ZERO, call.abi_encode()).await;
    accusations(world).await.last().unwrap().id
}

fn one_chunk() -> ClaimTrace {
    ClaimTrace { chunks: 1, stride: 1, checkpoints: Vec::new() }
}

/// One transaction of a watcher ends a false accusation, and half of its bond is the watcher's.
#[tokio::test(flavor = "multi_thread")]
async fn garbage_about_a_masked_update_is_disproved() {
    let world = World::proven(WORKERS).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    round(&world, &mut members, &mut leader).await;
    let id = accuse_falsely(&world, 1, one_chunk()).await;
    let before = sent(&world, WATCHER).await;
    let records = watch_until(&world, async || status(&world, id).await == AccusationStatus::Disproved).await;
    let worker = world.account(FIRST + 1);
    assert!(records.contains(&Record::AccusationChallenged { run: 1, worker }), "{records:?}");
    assert_eq!(sent(&world, WATCHER).await - before, 2, "its bond, and one challenge");
    assert_eq!(world.balance(WATCHER).await, ether(1) / U256::from(2) + ether(1) / U256::from(10));
    assert_eq!(world.balance(STRANGER).await, U256::ZERO);
    world.advance(u64::from(CHALLENGE_PERIOD));
    let proof = (U256::from(Misbehaviour::NormBound as u8), Bytes::from(id.abi_encode())).abi_encode_params();
    let call = slashMaliciousWorkerCall { worker, misbehaviorProof: proof.into() };
    let manager = world.transactions(STRANGER).await;
    assert!(manager.refusal(world.contract.address, &call.abi_encode()).await.unwrap().is_some());
    assert!(!is_slashed(&world, 1).await);
}

/// The accused worker needs nobody: it asks about a trace that says nothing inside, and nobody answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_defends_itself() {
    let world = World::proven(WORKERS).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    round(&world, &mut members, &mut leader).await;
    let long = ClaimTrace { chunks: 64, stride: 64, checkpoints: Vec::new() };
    let id = accuse_falsely(&world, 1, long).await;
    let before = world.balance(FIRST + 1).await;
    for turn in 0.. {
        // Killed after every step.
        members[1] = world.member(1).await;
        step(&mut members[1]).await;
        if status(&world, id).await == AccusationStatus::Disproved {
            break;
        }
        world.advance(RESPONSE_PERIOD / 2);
        assert!(turn < 10);
    }
    step(&mut members[1]).await;
    // Half of the accuser's bond, and what it locked itself is back.
    let won = world.balance(FIRST + 1).await - before;
    assert_eq!(won, ether(1) / U256::from(2));
    assert!(!is_slashed(&world, 1).await);
}

/// Public updates have no norm proof, and whoever says that one is wrong is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn garbage_about_a_public_update_is_disproved() {
    let world = World::new(WORKERS, Aggregation::Plain(Rule::TrimmedMean { trim: 1 }), 1).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    round(&world, &mut members, &mut leader).await;
    let id = accuse_falsely(&world, 3, one_chunk()).await;
    watch_until(&world, async || status(&world, id).await == AccusationStatus::Disproved).await;
    assert!(!is_slashed(&world, 3).await);
}
