//! Jobs of masked updates.

use crate::world::{CREATOR, FIRST, World, ether, turn_of, turns_until};
use alloy_primitives::{Address, U256};
use lux_federated::{Aggregation, Phase, decode_vector, encode_vector, mean_of_sum};
use lux_l1::BlockTag;
use lux_protocol::payload_commitment;
use lux_training_chain::{Leader, Member, Record};

const WORKERS: usize = 5;

fn masked() -> Aggregation {
    Aggregation::Secure(Default::default())
}

/// What the workers' own notes come to, as a mean.
fn plain_mean(world: &World, workers: &[usize], length: usize) -> Vec<u8> {
    let mut sum = vec![0u32; length];
    for number in workers {
        let bytes = std::fs::read(world.file(&format!("notes-{}/update", FIRST + number))).unwrap();
        let update = decode_vector(&bytes, length).unwrap();
        sum.iter_mut().zip(update).for_each(|(sum, x)| *sum = sum.wrapping_add(x as u32));
    }
    encode_vector(&mean_of_sum(&sum, workers.len()))
}

async fn phase(world: &World) -> Phase {
    let board = world.board(CREATOR).await;
    board.history(|history| history.current().map_or(Phase::Over, |run| run.phase))
}

/// Contributors of rounds, and who was paid, up to the end of the job.
async fn to_the_end(world: &World, members: &mut [Member], leader: &mut Leader) -> (Vec<usize>, Vec<(Address, U256)>) {
    let (mut claimed, mut paid) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        let records = turn_of(world, members, leader).await;
        for record in &records {
            match record {
                Record::Claimed { contributors, .. } => claimed.push(contributors.len()),
                Record::Paid { workers, .. } => paid.extend(workers.clone()),
                Record::Abandoned { .. } => panic!("{record:?}"),
                _ => {}
            }
        }
        if records.contains(&Record::JobOver) {
            return (claimed, paid);
        }
    }
    panic!("it does not come to an end");
}

/// One worker is gone after it shared its secrets: the sum is that of the four others, bit for bit.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_leaves_in_mid_round() {
    let world = World::new(WORKERS, masked(), 1).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    turns_until(&world, &mut members, &mut leader, async || phase(&world).await == Phase::Masked).await;
    let gone = members.remove(2);
    drop(gone);
    let (claimed, paid) = to_the_end(&world, &mut members, &mut leader).await;
    assert_eq!(claimed, [WORKERS - 1]);
    let board = world.board(CREATOR).await;
    let aggregate = board.history(|history| history.runs[&1].claim.clone()).unwrap().aggregate;
    let mean = plain_mean(&world, &[0, 1, 3, 4], board.job().length());
    assert_eq!(aggregate, payload_commitment(&mean));
    // Everybody who stayed has an equal part of 95 %.
    let share = ether(95) / U256::from(WORKERS - 1);
    assert!(paid.iter().all(|(_, amount)| *amount == share), "{paid:?}");
    assert_eq!(paid.len(), WORKERS - 1);
    assert!(board.history(|history| !history.active.contains(&world.account(FIRST + 2))), "it is dropped");
}

/// Every masked update comes with a proof of its norm. Who leaves after its update was taken is in the sum, and in what opens it.
#[tokio::test(flavor = "multi_thread")]
async fn with_proofs_of_norm_the_sum_is_the_same() {
    let world = World::proven(WORKERS).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    turns_until(&world, &mut members, &mut leader, async || phase(&world).await == Phase::Survivors).await;
    drop(members.remove(0));
    let (claimed, paid) = to_the_end(&world, &mut members, &mut leader).await;
    assert_eq!((claimed, paid.len()), (vec![WORKERS], WORKERS));
    let board = world.board(CREATOR).await;
    assert!(board.job().norm_bound.is_some());
    let aggregate = board.history(|history| history.runs[&1].claim.clone()).unwrap().aggregate;
    let mean = plain_mean(&world, &[0, 1, 2, 3, 4], board.job().length());
    assert_eq!(aggregate, payload_commitment(&mean));
}

/// Whoever was gone for a round joins again, by itself, and is in the next one.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_dropped_joins_again() {
    let world = World::new(WORKERS, masked(), 2).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    turns_until(&world, &mut members, &mut leader, async || phase(&world).await == Phase::Masked).await;
    drop(members.pop());
    let board = world.board(CREATOR).await;
    let is_done = async || {
        board.sync().await.unwrap();
        board.history(|history| history.done()) == 1
    };
    turns_until(&world, &mut members, &mut leader, is_done).await;
    members.push(world.member(WORKERS - 1).await);
    let (claimed, paid) = to_the_end(&world, &mut members, &mut leader).await;
    // The first round was told before.
    assert_eq!(claimed.last(), Some(&WORKERS));
    assert_eq!(paid.len(), 2 * WORKERS - 1);
    let stakes = world.contract.member(world.job, world.account(FIRST + WORKERS - 1)).await.unwrap();
    assert_eq!(U256::from(stakes.stake), ether(1), "no stake was lost, and none paid twice");
}

/// Everybody is killed after every step, and goes on from what is on disk and on chain.
#[tokio::test(flavor = "multi_thread")]
async fn killed_between_any_two_steps_everybody_stays_in() {
    let world = World::new(WORKERS, masked(), 2).await;
    let (mut claimed, mut paid) = (Vec::new(), 0);
    for turn in 0.. {
        let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
        let records = turn_of(&world, &mut members, &mut leader).await;
        if records.contains(&Record::JobOver) {
            // A new process tells the whole story.
            for record in records {
                match record {
                    Record::Claimed { contributors, .. } => claimed.push(contributors.len()),
                    Record::Paid { workers, .. } => paid += workers.len(),
                    Record::Abandoned { .. } => panic!("{record:?}"),
                    _ => {}
                }
            }
            break;
        }
        assert!(turn < 200);
    }
    assert_eq!(claimed, [WORKERS; 2]);
    assert_eq!(paid, 2 * WORKERS);
    for number in 0..WORKERS {
        let sent = world.contract.chain.nonce(world.account(FIRST + number), BlockTag::Latest).await.unwrap();
        // Stake, membership, server; then five messages and at most one vote for each round.
        assert!((13..=15).contains(&sent), "{sent}");
    }
}

/// The coordinator is gone in mid-round, and a worker's account goes on in its place.
#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_is_replaced_in_mid_round() {
    let world = World::new(WORKERS, masked(), 1).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    turns_until(&world, &mut members, &mut leader, async || phase(&world).await == Phase::Masked).await;
    drop(leader);
    let board = world.board(FIRST).await;
    members[0] = world.member_of(0, board.clone());
    let mut leader = Leader::open(board.clone(), None, None);
    let (claimed, paid) = to_the_end(&world, &mut members, &mut leader).await;
    assert_eq!((claimed, paid.len()), (vec![WORKERS], WORKERS));
    let aggregate = board.history(|history| history.runs[&1].claim.clone()).unwrap().aggregate;
    let mean = plain_mean(&world, &[0, 1, 2, 3, 4], board.job().length());
    assert_eq!(aggregate, payload_commitment(&mean));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_contract_of_a_rollup_on_l1() {
    let world = World::on_l1(WORKERS, 1).await;
    let (mut members, mut leader) = (world.members(WORKERS).await, world.leader(CREATOR).await);
    let (claimed, paid) = to_the_end(&world, &mut members, &mut leader).await;
    assert_eq!((claimed, paid.len()), (vec![WORKERS], WORKERS));
    let board = world.board(CREATOR).await;
    let aggregate = board.history(|history| history.runs[&1].claim.clone()).unwrap().aggregate;
    let mean = plain_mean(&world, &[0, 1, 2, 3, 4], board.job().length());
    assert_eq!(aggregate, payload_commitment(&mean));
}
