//! Jobs of public updates.

use crate::world::{CREATOR, FIRST, WATCHER, World, ether, step, turn_of, turns_until};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_devnet::ReorgTransactions;
use lux_federated::{Aggregation, Phase};
use lux_l1::BlockTag;
use lux_protocol::ClaimTrace;
use lux_protocol::contracts::Move;
use lux_protocol::training::ITraining::{bondOfCall, challengeAggregateCall, depositCall};
use lux_training::Rule;
use lux_training::program::claim_input;
use lux_training_chain::Record;

const WORKERS: usize = 5;
/// Whoever challenges what is true.
const STRANGER: usize = 9;

fn trimmed_mean() -> Aggregation {
    Aggregation::Plain(Rule::TrimmedMean { trim: 1 })
}

/// Five workers, a coordinator, and a watcher that has nothing to say; everybody is paid at the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_to_its_end() {
    let world = World::new(WORKERS, trimmed_mean(), 2).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    let mut watcher = world.watcher().await;
    let (mut claimed, mut paid) = (Vec::new(), 0);
    for turn in 0.. {
        let records = turn_of(&world, &mut members, &mut leader).await;
        let is_over = records.contains(&Record::JobOver);
        for record in records {
            match record {
                Record::Claimed { contributors, evaluation, .. } => claimed.push((contributors.len(), evaluation)),
                Record::Paid { workers, .. } => paid += workers.len(),
                Record::Challenged { .. } | Record::Disproved { .. } | Record::Abandoned { .. } => panic!("{record:?}"),
                _ => {}
            }
        }
        step(&mut watcher).await;
        if is_over {
            break;
        }
        assert!(turn < 100);
    }
    assert_eq!(claimed.iter().map(|(contributors, _)| *contributors).collect::<Vec<_>>(), [WORKERS; 2]);
    let accuracy: Vec<f32> = claimed.iter().map(|(_, evaluation)| evaluation.unwrap().accuracy).collect();
    assert!(accuracy[1] > accuracy[0], "{accuracy:?}");
    assert_eq!(paid, 2 * WORKERS);
    let mut total = U256::ZERO;
    for number in 0..WORKERS {
        total += world.balance(FIRST + number).await;
    }
    // All data counts alike: 95 % of the pool, but for what does not divide.
    assert_eq!(total, ether(95));
}

/// The coordinator claims other weights than the program gives. One transaction ends that, and the round is done again.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_aggregate_is_disproved_and_the_round_done_again() {
    let world = World::new(WORKERS, trimmed_mean(), 1).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    let mut watcher = world.watcher().await;
    for member in &mut members {
        step(member).await;
    }
    // Its bond is there, and it claims nothing yet.
    step(&mut leader).await;
    drop(leader);
    for member in &mut members {
        step(member).await;
    }
    world.claim_wrongly(1, ClaimTrace { chunks: 1, stride: 1, checkpoints: Vec::new() }).await;
    let before = world.contract.chain.nonce(world.account(WATCHER), BlockTag::Latest).await.unwrap();
    let is_disproved = Record::Disproved { round: 1, run: 1 };
    let mut records = Vec::new();
    for _ in 0..20 {
        records.extend(step(&mut watcher).await);
    }
    assert!(records.contains(&is_disproved), "{records:?}");
    let after = world.contract.chain.nonce(world.account(WATCHER), BlockTag::Latest).await.unwrap();
    assert_eq!(after - before, 2, "its bond, and one challenge");
    // Half of the bond, and its own.
    assert_eq!(world.balance(WATCHER).await, ether(1) / U256::from(2) + ether(1) / U256::from(10));
    let mut leader = world.leader(CREATOR).await;
    let mut paid = 0;
    for turn in 0.. {
        let records = turn_of(&world, &mut members, &mut leader).await;
        assert!(step(&mut watcher).await.iter().all(|record| !matches!(record, Record::Challenged { .. })));
        for record in &records {
            if let Record::Claimed { run, contributors, .. } = record {
                assert!(*run == 1 || (*run, contributors.len()) == (2, WORKERS), "{record:?}");
            }
            if let Record::Paid { workers, .. } = record {
                paid += workers.len();
            }
        }
        if records.contains(&Record::JobOver) {
            break;
        }
        assert!(turn < 100);
    }
    assert_eq!(paid, WORKERS);
}

/// Whoever comes in mid-round has nothing to do with that one, and is in the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_joins_in_mid_round() {
    let world = World::new(WORKERS, trimmed_mean(), 2).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    for member in &mut members {
        step(member).await;
    }
    members.push(world.member(WORKERS).await);
    let mut claimed = Vec::new();
    for _ in 0..100 {
        let records = turn_of(&world, &mut members, &mut leader).await;
        claimed.extend(records.iter().filter_map(|record| match record {
            Record::Claimed { contributors, .. } => Some(contributors.len()),
            _ => None,
        }));
        if records.contains(&Record::JobOver) {
            break;
        }
    }
    assert_eq!(claimed, [WORKERS, WORKERS + 1]);
}

/// A worker whose blobs nobody can get is left out, with the time that its phase has.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_without_its_server_is_left_out() {
    let mut world = World::new(WORKERS, trimmed_mean(), 1).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    world.stop_server(FIRST + 3).await;
    let board = world.board(CREATOR).await;
    let is_claimed = async || {
        board.sync().await.unwrap();
        board.history(|history| history.done()) == 1
    };
    turns_until(&world, &mut members, &mut leader, is_claimed).await;
    let claimed =
        board.history(|history| history.runs[&1].named(history.runs[&1].claim.as_ref().unwrap().contributors));
    assert_eq!(claimed.len(), WORKERS - 1);
    assert!(!claimed.contains(&world.account(FIRST + 3)));
    assert!(board.history(|history| history.active.contains(&world.account(FIRST + 3))), "it was not silent");
}

/// A claim whose trace says nothing inside, by somebody who answers no question: it falls with the time for an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_aggregate_that_nobody_answers_for_is_disproved() {
    let world = World::new(WORKERS, trimmed_mean(), 1).await;
    let (mut members, mut watcher) = (world.members(WORKERS).await, world.watcher().await);
    let mut leader = world.leader(CREATOR).await;
    for member in &mut members {
        step(member).await;
    }
    step(&mut leader).await;
    drop(leader);
    for _ in 0..2 {
        for member in &mut members {
            step(member).await;
        }
    }
    world.claim_wrongly(1, ClaimTrace { chunks: 64, stride: 64, checkpoints: Vec::new() }).await;
    let mut records = Vec::new();
    for _ in 0..25 {
        records.extend(step(&mut watcher).await);
        world.advance(30);
    }
    assert!(records.contains(&Record::Disproved { round: 1, run: 1 }), "{records:?}");
    // What it won, the bond of the question, and that of the last word, which the contract asks for and does not lock.
    assert_eq!(world.balance(WATCHER).await, ether(7) / U256::from(10));
}

/// Somebody asks about a true claim, and does nothing with the answer. The coordinator is killed after every step, and the block with its
/// answer is replaced.
#[tokio::test(flavor = "multi_thread")]
async fn a_true_aggregate_is_answered_for() {
    let world = World::new(WORKERS, trimmed_mean(), 1).await;
    let mut members = world.members(WORKERS).await;
    for member in &mut members {
        step(member).await;
    }
    // Its bond is there, and it claims nothing yet.
    step(&mut world.leader(CREATOR).await).await;
    for member in &mut members {
        step(member).await;
    }
    let trace = world.claim_truly(1).await;
    assert!(trace.segment(1).len() > 1);
    let (at, bond) = (world.contract.address, ether(1) / U256::from(10));
    world.call_as(STRANGER, at, bond, depositCall { account: world.account(STRANGER) }.abi_encode()).await;
    let board = world.board(CREATOR).await;
    let run = board.history(|history| history.runs[&1].clone());
    let outcome = run.claim.as_ref().unwrap().outcome().unwrap();
    let request = (trace.opening(), U256::from(1)).abi_encode_params();
    let request = (U256::from(Move::RequestSegment as u8), Bytes::from(request)).abi_encode_params();
    let input = claim_input(run.weights, outcome.round);
    let counter = (U256::ZERO, input, outcome.output, trace.commitment(), Bytes::from(request)).abi_encode_params();
    let call = challengeAggregateCall { jobId: world.job, attempt: U256::ONE, counterProof: counter.into() };
    world.call_as(STRANGER, at, U256::ZERO, call.abi_encode()).await;
    let is_asked = async || world.contract.final_at(world.job, 1).await.unwrap() == u64::MAX;
    assert!(is_asked().await, "it is open until it is answered");
    step(&mut world.leader(CREATOR).await).await;
    assert!(!is_asked().await);
    world.devnet.reorg(1, ReorgTransactions::Return).unwrap();
    assert!(is_asked().await);
    let locked = || {
        let challenger = world.account(STRANGER);
        world.contract.chain.view(at, bondOfCall { jobId: world.job, attempt: U256::ONE, challenger })
    };
    let (mut turns, mut paid) = (0, 0);
    while paid == 0 {
        for record in step(&mut world.leader(CREATOR).await).await {
            match record {
                Record::Disproved { .. } => panic!("{record:?}"),
                Record::Paid { workers, .. } => paid = workers.len(),
                _ => {}
            }
        }
        world.advance(60);
        turns += 1;
        assert!(turns < 100);
    }
    assert_eq!(paid, WORKERS);
    assert_eq!((locked().await.unwrap(), world.balance(STRANGER).await), (U256::ZERO, U256::ZERO), "its bond is lost");
}

/// Blocks with everybody's updates are replaced by empty ones: what was sent comes again, and nothing is said twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_reorganisation_under_a_round() {
    let world = World::new(WORKERS, trimmed_mean(), 1).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    let board = world.board(CREATOR).await;
    let posts = || board.history(|history| history.runs.get(&1).map_or(0, |run| run.posts(Phase::Updates).count()));
    for _ in 0..2 {
        for member in &mut members {
            step(member).await;
        }
    }
    board.sync().await.unwrap();
    assert_eq!(posts(), WORKERS);
    world.devnet.reorg(WORKERS as u64, ReorgTransactions::Return).unwrap();
    board.sync().await.unwrap();
    assert!(posts() < WORKERS);
    let mut claimed = 0;
    for turn in 0.. {
        let records = turn_of(&world, &mut members, &mut leader).await;
        let of = |record: &Record| match record {
            Record::Claimed { contributors, .. } => Some(contributors.len()),
            _ => None,
        };
        claimed += records.iter().filter_map(of).sum::<usize>();
        if records.contains(&Record::JobOver) {
            break;
        }
        assert!(turn < 100);
    }
    assert_eq!(claimed, WORKERS);
    for number in 0..WORKERS {
        let sent = world.contract.chain.nonce(world.account(FIRST + number), BlockTag::Latest).await.unwrap();
        assert_eq!(sent, 4, "stake, membership, server, update");
    }
}
