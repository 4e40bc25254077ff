//! Disputes about claims whose trace has checkpoints at the ends of segments only.

use crate::common::World;
use crate::common::dispute::WRONG;
use crate::common::false_claim::FalseClaim;
use crate::common::world::{BOB, CAROL, OPERATOR, RESPONSE_PERIOD, Setup};
use crate::transitions::{generate, transition};
use alloy_primitives::U256;
use lux_dispute::NextMove;
use lux_node::Disputes;
use lux_protocol::ClaimTrace;
use lux_protocol::contracts::BatchStatus;
use lux_protocol::contracts::ILuxRollup::finalizeStateRootCall;

/// Checkpoints of a claim by the operator.
const CHECKPOINTS: usize = 2;

/// One batch without a claim, on a rollup with fault proofs; Bob and Carol have bonds.
async fn world() -> World {
    let world = World::with_unclaimed_batches(Setup { max_checkpoints: CHECKPOINTS, ..Setup::default() }, 1).await;
    world.post_bond(BOB);
    world.post_bond(CAROL);
    world
}

/// Lets the watcher do what it can until it waits or is done; whether it is done.
async fn challenge(world: &mut World, disputes: &mut Disputes) -> bool {
    for _ in 0..5 {
        world.watch(disputes).await;
        world.mine_l1(1);
        if world.status(1) == BatchStatus::Rejected {
            return true;
        }
    }
    false
}

async fn honest_claim(world: &mut World) -> ClaimTrace {
    assert!(world.op.propose().await);
    world.mine_l1(1);
    world.op.sync().await;
    assert_eq!(world.status(1), BatchStatus::Proposed);
    let trace = ClaimTrace::decode(&world.op.node.prover().evidence(1).await.unwrap()).unwrap();
    assert!(trace.stride > 1 && trace.checkpoints.len() <= CHECKPOINTS, "{}, {}", trace.chunks, trace.stride);
    trace
}

/// Lets the operator answer all questions.
async fn answer(world: &mut World) {
    assert!(world.op.propose().await, "there is an answer to send");
    world.mine_l1(1);
    assert!(!world.op.propose().await, "one answer is enough");
    world.op.sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn true_claim_outlives_questions_and_takes_the_bonds() {
    let mut world = world().await;
    let trace = honest_claim(&mut world).await;
    // What it needs is on L1.
    world.ask(BOB, 1, &trace, 0);
    world.op.crash().await;
    answer(&mut world).await;
    // This question comes to a running process. It is about the last segment that hides a state.
    let last = (1..trace.segments()).rfind(|index| trace.segment(*index).len() > 1).unwrap();
    world.ask(CAROL, 1, &trace, last);
    answer(&mut world).await;
    assert!(world.next_move(1).await.is_none());
    world.advance_time(world.setup.challenge_period.max(RESPONSE_PERIOD));
    world.mine_l1(1);
    for _ in 0..3 {
        world.op.propose().await;
        world.mine_l1(1);
        world.op.sync().await;
    }
    assert_eq!(world.status(1), BatchStatus::Finalized);
    assert!(!world.has_bond(BOB) && !world.has_bond(CAROL), "they asked for nothing");
    assert!(!world.op.propose().await, "nothing is left to do");
    world.check_journal();
}

/// Somebody else finalises the claim while its claimant is down.
#[tokio::test(flavor = "multi_thread")]
async fn who_asked_for_nothing_pays_even_after_the_claim_is_final() {
    let mut world = world().await;
    let trace = honest_claim(&mut world).await;
    world.ask(BOB, 1, &trace, 0);
    answer(&mut world).await;
    world.advance_time(world.setup.challenge_period.max(RESPONSE_PERIOD));
    world.mine_l1(1);
    world.act(CAROL, finalizeStateRootCall { batchNumber: U256::ONE }, "the claim becomes final");
    assert_eq!(world.status(1), BatchStatus::Finalized);
    world.op.sync().await;
    assert_eq!(world.op.ledger.finalized_batch().unwrap(), 1);
    world.op.crash().await;
    assert!(world.has_bond(BOB));
    assert!(world.op.propose().await, "Bob's bond is to be taken");
    world.mine_l1(1);
    assert!(!world.has_bond(BOB) && world.has_bond(CAROL));
    world.op.sync().await;
    assert!(!world.op.propose().await, "nothing is left to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn false_claim_falls_to_what_it_reveals() {
    // A lie inside a segment, at its end, and in the last segment.
    for (stride, at) in [(4, 1), (4, 3), (3, usize::MAX)] {
        let mut world = world().await;
        let at = at.min(world.states(1).await.len() - 1);
        let claim = FalseClaim::make(&mut world, stride, at).await;
        let mut disputes = world.disputes();
        let segment = at / stride;
        if claim.trace.segment(segment).len() > 1 {
            assert!(!challenge(&mut world, &mut disputes).await, "it waits for Bob");
            assert_eq!(world.status(1), BatchStatus::Challenged);
            assert!(matches!(world.next_move(1).await, Some(NextMove::Wait { .. })));
            claim.reveal(&world, segment);
            let disproof = world.disproof(1).await;
            // `IStateTransition` comes to the same proof, by what was revealed.
            let (stated, _) = transition(&world, 1, Some(at as u64)).await;
            assert_eq!(generate(&world, &stated, at), Ok(disproof));
        }
        assert!(challenge(&mut world, &mut disputes).await, "stride {stride}, {at}");
        assert!(!world.has_bond(BOB), "the bond of who lied is gone");
        world.honest_claim_follows(&mut disputes, 1).await;
    }
}

/// The output is right. What is wrong is a checkpoint, the number of chunks, or how many of them lie between checkpoints.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_traces_fall_without_an_answer() {
    type Lie = fn(&mut ClaimTrace);
    let lies: [(&str, Lie); 4] = [
        ("a checkpoint", |trace| trace.checkpoints[1] = WRONG),
        ("twice the stride", |trace| {
            trace.stride *= 2;
            trace.chunks *= 2;
        }),
        ("half a stride more", |trace| {
            trace.stride += 2;
            trace.chunks = trace.stride * trace.checkpoints.len() as u32 + 1;
        }),
        ("one chunk more", |trace| trace.chunks += 1),
    ];
    let mut world = world().await;
    let mut disputes = world.disputes();
    for (name, lie) in lies {
        let output = world.op.ledger.expect_batch(1).unwrap().output();
        let states = world.states(1).await;
        // The last segment has room for one more, so that only its length is wrong then.
        let stride = (3..).find(|stride| states.len() % stride != 0).unwrap();
        let mut trace = ClaimTrace::with_stride(&states, stride);
        lie(&mut trace);
        world.claim(BOB, 1, output, &trace, name);
        if !challenge(&mut world, &mut disputes).await {
            assert_eq!(world.status(1), BatchStatus::Challenged, "{name}");
            world.advance_time(RESPONSE_PERIOD);
            assert!(challenge(&mut world, &mut disputes).await, "{name}");
        }
        assert!(!world.has_bond(BOB), "{name}");
        world.op.sync().await;
        world.build(1);
        world.batch_all().await;
        world.post_bond(BOB);
    }
    world.honest_claim_follows(&mut disputes, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_claimant_loses() {
    let mut world = world().await;
    FalseClaim::make(&mut world, 4, 5).await;
    let mut disputes = world.disputes();
    assert!(!challenge(&mut world, &mut disputes).await, "it waits for Bob");
    assert_eq!(world.status(1), BatchStatus::Challenged);
    world.advance_time(RESPONSE_PERIOD);
    assert!(challenge(&mut world, &mut disputes).await);
    world.honest_claim_follows(&mut disputes, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dispute_of_somebody_else_is_finished_after_a_crash() {
    let mut world = world().await;
    let claim = FalseClaim::make(&mut world, 4, 5).await;
    world.ask(CAROL, 1, &claim.trace, 1);
    let mut first = world.disputes();
    assert!(!challenge(&mut world, &mut first).await, "it waits for Bob");
    claim.reveal(&world, 1);
    drop(first);
    world.op.crash().await;
    let mut second = world.disputes();
    assert!(challenge(&mut world, &mut second).await);
    world.honest_claim_follows(&mut second, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn same_lie_again_is_another_dispute() {
    let mut world = world().await;
    let claim = FalseClaim::make(&mut world, 4, 5).await;
    world.ask(CAROL, 1, &claim.trace, 1);
    claim.reveal(&world, 1);
    let mut disputes = world.disputes();
    assert!(challenge(&mut world, &mut disputes).await);
    // The batch comes back unchanged, with the same claim.
    let submission = world.client.transaction(claim.batch.l1_transaction).await.unwrap().unwrap();
    let hash = world.send_l1(OPERATOR, world.rollup.address, U256::ZERO, submission.input);
    world.mine_l1(1);
    assert_eq!(world.l1_success(hash), Some(true));
    world.op.sync().await;
    world.post_bond(BOB);
    let claim = FalseClaim::make(&mut world, 4, 5).await;
    world.ask(CAROL, 1, &claim.trace, 1);
    claim.reveal(&world, 1);
    assert!(challenge(&mut world, &mut disputes).await);
}
