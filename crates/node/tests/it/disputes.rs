//! False claims fall to one transaction, true ones stand.

use crate::common::World;
use crate::common::dispute::WRONG;
use crate::common::world::{BOB, CAROL, Setup};
use alloy_primitives::B256;
use lux_machine::halted_hash;
use lux_protocol::contracts::BatchStatus;
use lux_protocol::{BatchOutput, ClaimTrace};

async fn world() -> World {
    World::with_unclaimed_batches(Setup::default(), 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn true_claim_stands_and_becomes_final() {
    let mut world = world().await;
    assert_eq!(world.status(1), BatchStatus::Submitted);
    assert!(world.op.propose().await);
    world.mine_l1(1);
    let mut disputes = world.disputes();
    world.watch(&mut disputes).await;
    assert_eq!(world.status(1), BatchStatus::Proposed);
    let batch = world.op.ledger.expect_batch(1).unwrap();
    assert_eq!(batch.claimed(), batch.output());
    assert_eq!(disputes.open().count(), 0);
    assert!(world.next_move(1).await.is_none());
    world.advance_time(world.setup.challenge_period);
    world.mine_l1(1);
    assert!(world.op.propose().await);
    world.mine_l1(1);
    assert_eq!(world.status(1), BatchStatus::Finalized);
}

type Lie = fn(&mut BatchOutput, &mut Vec<B256>);

/// Changes to the output and to the states between the chunks.
const LIES: [(&str, Lie); 12] = [
    ("state root", |output, _| output.state_root = WRONG),
    ("transaction root", |output, _| output.transaction_root = WRONG),
    ("receipt root", |output, _| output.receipt_root = WRONG),
    ("no trace", |_, states| states.clear()),
    ("first checkpoint", |_, states| states[0] = WRONG),
    ("a checkpoint in the middle", |_, states| states[4] = WRONG),
    ("last checkpoint", |_, states| *states.last_mut().unwrap() = WRONG),
    ("a chunk too few", |_, states| states.truncate(states.len() - 1)),
    ("a chunk too many", |output, states| states.push(halted_hash(&output.hash()))),
    ("many chunks too many", |output, states| states.resize(900, halted_hash(&output.hash()))),
    ("two states swapped", |_, states| states.swap(2, 3)),
    ("everything from a checkpoint on", |output, states| {
        output.state_root = WRONG;
        states[3..].fill(WRONG);
    }),
];

/// Of the output as well as of the trace: the watcher finds each by itself.
#[tokio::test(flavor = "multi_thread")]
async fn every_lie_falls_to_one_transaction() {
    let mut world = world().await;
    let mut disputes = world.disputes();
    // The first challenge comes with a bond, which stays.
    world.post_bond(crate::common::world::OPERATOR);
    for (name, lie) in LIES {
        let mut output = world.op.ledger.expect_batch(1).unwrap().output();
        let mut trace = ClaimTrace::decode(&world.op.node.prover().evidence(1).await.unwrap()).unwrap();
        assert!(trace.chunks > 8 && trace.stride == 1);
        lie(&mut output, &mut trace.checkpoints);
        trace.chunks = trace.checkpoints.len() as u32 + 1;
        world.post_bond(BOB);
        world.claim(BOB, 1, output, &trace, name);
        let before = world.operator_nonce();
        world.watch_until_rejected(&mut disputes, 1, name).await;
        assert_eq!(world.operator_nonce() - before, 1, "{name}");
        let gas = world.devnet.chain().head().header.gas_used;
        assert!(gas < 10_000_000, "{name}: {gas} gas");
        assert!(!world.has_bond(BOB), "{name}: the bond is gone");
        // The same number can be submitted at once, and claimed by whoever has a bond.
        world.mine_l1(1);
        world.op.sync().await;
        world.build(2);
        world.batch_all().await;
    }
    world.honest_claim_follows(&mut disputes, 1).await;
}

/// Whoever only looks at outputs misses a wrong trace; the claim that it belongs to is right otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn watcher_without_a_key_audits_and_challenges_nothing() {
    let mut world = world().await;
    world.post_bond(BOB);
    let mut trace = ClaimTrace::with_stride(&world.states(1).await, 1);
    trace.checkpoints[1] = WRONG;
    let output = world.op.ledger.expect_batch(1).unwrap().output();
    world.claim(BOB, 1, output, &trace, "wrong trace");
    let mut disputes = world.op.node.disputes(None);
    let before = world.operator_nonce();
    world.watch(&mut disputes).await;
    world.mine_l1(1);
    assert_eq!((world.operator_nonce(), disputes.open().count()), (before, 0));
    assert_eq!(world.op.watcher.step().unwrap(), None);
    assert_eq!(world.status(1), BatchStatus::Proposed);
}

/// Batch 1 waits for an answer, batch 2 falls meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn disputes_do_not_wait_for_each_other() {
    let mut world = World::with_unclaimed_batches(Setup::default(), 2).await;
    world.post_bond(BOB);
    world.post_bond(CAROL);
    let mut disputes = world.disputes();
    let mut states = world.states(1).await;
    states[3] = WRONG;
    let output = world.op.ledger.expect_batch(1).unwrap().output();
    world.claim(BOB, 1, output, &ClaimTrace::with_stride(&states, 4), "wrong at the end of a segment");
    let mut output = world.op.ledger.expect_batch(2).unwrap().output();
    let trace = ClaimTrace::with_stride(&world.states(2).await, 1);
    output.state_root = WRONG;
    world.claim(CAROL, 2, output, &trace, "wrong output");
    world.watch_until_rejected(&mut disputes, 2, "the second").await;
    assert_eq!(world.status(1), BatchStatus::Challenged);
    assert_eq!(disputes.open().map(|batch| batch.number).collect::<Vec<_>>(), [1, 2]);
    assert!(world.has_bond(BOB) && !world.has_bond(CAROL));
    world.advance_time(crate::common::world::RESPONSE_PERIOD);
    world.watch_until_rejected(&mut disputes, 1, "the first, without an answer").await;
    assert!(!world.has_bond(BOB));
    world.honest_claim_follows(&mut disputes, 1).await;
    world.check_journal();
}

/// A claim that follows a false one falls with it, and needs no dispute of its own.
#[tokio::test(flavor = "multi_thread")]
async fn false_claims_in_a_row_fall_with_the_first() {
    let mut world = World::with_unclaimed_batches(Setup::default(), 3).await;
    let mut disputes = world.disputes();
    for (batch, who) in [(1, BOB), (2, CAROL)] {
        world.post_bond(who);
        let mut output = world.op.ledger.expect_batch(batch).unwrap().output();
        output.state_root = WRONG;
        world.claim(who, batch, output, &ClaimTrace::with_stride(&world.states(1).await, 1), "wrong output");
    }
    let output = world.op.ledger.expect_batch(3).unwrap().output();
    world.claim(CAROL, 3, output, &ClaimTrace::with_stride(&[WRONG, WRONG], 1), "wrong trace");
    world.watch_until_rejected(&mut disputes, 1, "the first").await;
    for batch in 2..=3 {
        assert_eq!(world.status(batch), BatchStatus::Rejected);
    }
    assert!(!world.has_bond(BOB) && world.has_bond(CAROL));
    world.op.sync().await;
    let node = world.check_full_node().await;
    assert_eq!(node.l2.ledger.last_batch().unwrap(), 0);
    world.honest_claim_follows(&mut disputes, 1).await;
}
