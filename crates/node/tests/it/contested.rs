//! Disputes while L1 reorganises, others challenge too, and gas gets dear.

use crate::common::World;
use crate::common::false_claim::FalseClaim;
use crate::common::world::{BOB, CAROL, OPERATOR, Setup};
use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use lux_devnet::ReorgTransactions;
use lux_protocol::contracts::BatchStatus;

/// Far above what transactions here offer at first, and below the most that they ever do.
const SPIKE_WEI: u64 = 200_000_000_000;

/// A rollup whose claims Bob lies about; he, the operator and Carol have bonds.
async fn world() -> World {
    let world = World::with_unclaimed_batches(Setup::default(), 1).await;
    for who in [BOB, CAROL, OPERATOR] {
        world.post_bond(who);
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn challenge_that_a_reorganisation_undoes_is_made_again() {
    for kind in [ReorgTransactions::Return, ReorgTransactions::Reinclude, ReorgTransactions::Forget] {
        let mut world = world().await;
        FalseClaim::make(&mut world, 1, 5).await;
        let mut disputes = world.disputes();
        world.watch_until_rejected(&mut disputes, 1, "first").await;
        // The watcher sees that it is done, and L1 takes it back.
        world.watch(&mut disputes).await;
        world.reorg_l1(1, kind);
        world.mine_l1(1);
        world.watch_until_rejected(&mut disputes, 1, "again").await;
        assert!(!world.has_bond(BOB) && world.has_bond(OPERATOR));
        world.honest_claim_follows(&mut disputes, 1).await;
        world.check_journal();
    }
}

/// The claimant answers once more, and differently, after a reorganisation dropped the first answer.
#[tokio::test(flavor = "multi_thread")]
async fn answer_that_a_reorganisation_replaces_is_read_again() {
    let mut world = world().await;
    let mut claim = FalseClaim::make(&mut world, 4, 5).await;
    let mut disputes = world.disputes();
    world.watch(&mut disputes).await;
    world.mine_l1(1);
    assert_eq!(world.status(1), BatchStatus::Challenged, "it asked");
    claim.reveal(&world, 1);
    // A disproof by that answer is on its way.
    world.watch(&mut disputes).await;
    world.reorg_l1(1, ReorgTransactions::Forget);
    let truth = world.states(1).await;
    claim.states[5..7].copy_from_slice(&truth[5..7]);
    claim.reveal(&world, 1);
    assert_eq!(world.status(1), BatchStatus::Challenged);
    world.watch_until_rejected(&mut disputes, 1, "by the second answer").await;
    assert!(!world.has_bond(BOB) && world.has_bond(OPERATOR));
    world.honest_claim_follows(&mut disputes, 1).await;
}

/// Theirs is mined first, ours reverts in the same block: no harm done, and nothing is tried again.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_wins() {
    let mut world = world().await;
    FalseClaim::make(&mut world, 1, 5).await;
    let mut disputes = world.disputes();
    let proof = world.disproof(1).await;
    let theirs = world.challenge_call(1, proof).abi_encode();
    let theirs = world.send_l1(CAROL, world.rollup.address, U256::ZERO, theirs);
    let before = world.operator_nonce();
    world.watch(&mut disputes).await;
    world.mine_l1(1);
    assert_eq!(world.l1_success(theirs), Some(true));
    assert_eq!(world.operator_nonce() - before, 1, "ours was mined too");
    assert_eq!(world.status(1), BatchStatus::Rejected);
    assert!(!world.has_bond(BOB) && world.has_bond(OPERATOR) && world.has_bond(CAROL));
    for _ in 0..3 {
        world.watch(&mut disputes).await;
        world.mine_l1(1);
    }
    assert_eq!((disputes.open().count(), world.operator_nonce() - before), (0, 1));
    world.honest_claim_follows(&mut disputes, 1).await;
}

/// Base fees many times those of when it was sent: the challenge is replaced by one that pays.
#[tokio::test(flavor = "multi_thread")]
async fn challenge_outbids_a_rising_base_fee() {
    let mut world = world().await;
    FalseClaim::make(&mut world, 1, 5).await;
    let mut disputes = world.disputes();
    let before = world.operator_nonce();
    world.watch(&mut disputes).await;
    let mut blocks = 0;
    while world.status(1) != BatchStatus::Rejected {
        assert!(blocks < 20, "the challenge does not get through");
        // It stays high for a while.
        if blocks < 6 {
            world.devnet.set_next_base_fee(SPIKE_WEI).unwrap();
        }
        world.advance_time(40);
        world.mine_l1(1);
        world.watch(&mut disputes).await;
        blocks += 1;
    }
    assert!((2..=6).contains(&blocks), "{blocks} blocks: neither at the first price nor after the spike");
    assert_eq!(world.operator_nonce() - before, 1);
    world.check_journal();
    world.honest_claim_follows(&mut disputes, 1).await;
}
