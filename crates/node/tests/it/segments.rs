//! Disputes about claims whose trace has checkpoints at the ends of segments only.

use crate::common::world::{ALICE, BOB, CAROL, OPERATOR, RESPONSE_PERIOD, Setup};
use crate::common::{World, ether, evm};
use crate::transitions::{generate, transition};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_node::{BatchRecord, Challenger, fraud_proof, segment_move};
use lux_protocol::contracts::ILuxRollup::{challengeStateRootCall, proposeStateRootCall};
use lux_protocol::contracts::IRollupDisputes::revealTraceCall;
use lux_protocol::contracts::{BatchStatus, IRollupViews, ISequencerRegistry, Move};
use lux_protocol::{BatchOutput, ClaimTrace};

/// Checkpoints of a claim by the operator.
const CHECKPOINTS: usize = 3;
const WRONG: B256 = B256::repeat_byte(0x66);

/// One batch without a claim, on a rollup with fault proofs; Bob and Carol have bonds.
async fn world() -> World {
    let setup = Setup { fault_proofs: true, max_checkpoints: CHECKPOINTS, ..Setup::default() };
    let mut world = World::with(setup).await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    for _ in 0..2 {
        world.op.transfer_if_funded(&world.key(ALICE), world.account(BOB));
        world.build(1);
    }
    world.batch_all().await;
    for account in [BOB, CAROL] {
        let bond = evm::view(&world.devnet.chain(), world.rollup.registry, ISequencerRegistry::requiredBondCall {});
        world.send_l1(account, world.rollup.registry, bond, ISequencerRegistry::postBondCall {}.abi_encode());
    }
    world.mine_l1(1);
    world
}

/// Sends a call to the rollup that succeeds.
fn act(world: &World, from: usize, call: impl SolCall) {
    let hash = world.send_l1(from, world.rollup.address, U256::ZERO, call.abi_encode());
    world.mine_l1(1);
    assert_eq!(world.l1_success(hash), Some(true), "{}", hash);
}

fn status(world: &World) -> BatchStatus {
    let call = IRollupViews::getBatchStatusCall { batchNumber: U256::ONE };
    evm::view(&world.devnet.chain(), world.rollup.address, call)
}

fn has_bond(world: &World, account: usize) -> bool {
    let call = ISequencerRegistry::hasBondCall { account: world.account(account) };
    evm::view(&world.devnet.chain(), world.rollup.registry, call)
}

fn ask(world: &World, from: usize, trace: &ClaimTrace, segment: usize) {
    let proof = segment_move(Move::RequestSegment, trace, segment);
    act(world, from, challengeStateRootCall { batchNumber: U256::ONE, fraudProof: proof });
    assert_eq!(status(world), BatchStatus::Challenged);
}

/// Bob's claim about the batch: his states and output.
struct FalseClaim {
    output: BatchOutput,
    trace: ClaimTrace,
    states: Vec<B256>,
}

impl FalseClaim {
    /// Makes the claim that the run leaves the true one after chunk `at`.
    async fn make(world: &mut World, stride: usize, at: usize) -> (Self, BatchRecord) {
        let prover = world.op.node.prover();
        let mut states = prover.trace(&prover.batch(1).await.unwrap()).await.unwrap().checkpoints;
        assert!(states.len() > 2 * stride && at < states.len());
        states[at..].fill(WRONG);
        let mut output = world.op.ledger.expect_batch(1).unwrap().output();
        output.state_root = WRONG;
        let trace = ClaimTrace::with_stride(&states, stride);
        let proof = (output.transaction_root, output.receipt_root, trace.encode()).abi_encode_params();
        let call = proposeStateRootCall { batchNumber: U256::ONE, stateRoot: WRONG, proof: proof.into() };
        act(world, BOB, call);
        world.op.sync().await;
        let batch = world.op.watcher.step().unwrap().unwrap();
        (Self { output, trace, states }, batch)
    }

    /// Bob's answer. Without padding behind the states: L1 takes that too.
    fn reveal(&self, world: &World, segment: usize) {
        let chunks = self.trace.segment(segment);
        let inside = self.states[chunks.start..chunks.end - 1].concat();
        let length = inside.len();
        let mut checkpoints = (self.trace.opening(), Bytes::from(inside)).abi_encode_params();
        checkpoints.truncate(5 * 32 + length);
        let call =
            revealTraceCall { batchNumber: U256::ONE, segment: U256::from(segment), checkpoints: checkpoints.into() };
        act(world, BOB, call);
    }
}

fn challenger(world: &World) -> Challenger {
    world.op.node.challenger(world.op.transactions.clone()).unwrap()
}

/// Lets the challenger do what it can until it waits or is done; whether it is done.
async fn challenge(world: &mut World, challenger: &mut Challenger, batch: &BatchRecord) -> bool {
    for _ in 0..5 {
        if challenger.step(batch).await.unwrap() {
            return true;
        }
        world.mine_l1(1);
        world.op.sync().await;
    }
    false
}

/// The number is free again, and the operator's claim about it stands.
async fn honest_claim_follows(world: &mut World) {
    assert_eq!(status(world), BatchStatus::Rejected);
    assert!(!has_bond(world, BOB), "the bond of who lied is gone");
    world.mine_l1(1);
    world.op.sync().await;
    world.build(1);
    world.batch_all().await;
    assert!(world.op.propose().await);
    world.mine_l1(1);
    world.op.sync().await;
    assert_eq!(status(world), BatchStatus::Proposed);
    assert_eq!(world.op.watcher.step().unwrap(), None);
}

async fn honest_claim(world: &mut World) -> ClaimTrace {
    assert!(world.op.propose().await);
    world.mine_l1(1);
    world.op.sync().await;
    assert_eq!(status(world), BatchStatus::Proposed);
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
    ask(&world, BOB, &trace, 0);
    world.op.crash().await;
    answer(&mut world).await;
    // The last segment ends with the run; this question comes to a running process.
    ask(&world, CAROL, &trace, trace.segments() - 1);
    answer(&mut world).await;
    assert!(world.op.node.prover().disproof(1).await.unwrap().is_none());
    world.advance_time(world.setup.challenge_period.max(RESPONSE_PERIOD));
    world.mine_l1(1);
    for _ in 0..3 {
        world.op.propose().await;
        world.mine_l1(1);
        world.op.sync().await;
    }
    assert_eq!(status(&world), BatchStatus::Finalized);
    assert!(!has_bond(&world, BOB) && !has_bond(&world, CAROL), "they asked for nothing");
    assert!(!world.op.propose().await, "nothing is left to do");
    world.check_journal();
}

#[tokio::test(flavor = "multi_thread")]
async fn false_claim_falls_to_what_it_reveals() {
    // A lie inside a segment, at its end, and in the last segment.
    for (stride, at) in [(4, 1), (4, 3), (3, usize::MAX)] {
        let mut world = world().await;
        let prover = world.op.node.prover();
        let chunks = prover.trace(&prover.batch(1).await.unwrap()).await.unwrap().checkpoints.len();
        let at = at.min(chunks - 1);
        let (claim, batch) = FalseClaim::make(&mut world, stride, at).await;
        assert_eq!(batch.claimed(), claim.output);
        let mut challenger = challenger(&world);
        let segment = at / stride;
        if claim.trace.segment(segment).len() > 1 {
            assert!(!challenge(&mut world, &mut challenger, &batch).await, "it waits for Bob");
            assert_eq!(status(&world), BatchStatus::Challenged);
            assert!(world.op.node.prover().disproof(1).await.is_err());
            claim.reveal(&world, segment);
            let disproof = world.op.node.prover().disproof(1).await.unwrap().unwrap();
            // `IStateTransition` comes to the same proof, by what was revealed.
            let (stated, _) = transition(&world, 1, Some(at as u64)).await;
            assert_eq!(generate(&world, &stated, at), Ok(fraud_proof(&disproof)));
        }
        assert!(challenge(&mut world, &mut challenger, &batch).await, "stride {stride}, {at}");
        honest_claim_follows(&mut world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_claimant_loses() {
    let mut world = world().await;
    let (_, batch) = FalseClaim::make(&mut world, 4, 5).await;
    let mut challenger = challenger(&world);
    assert!(!challenge(&mut world, &mut challenger, &batch).await, "it waits for Bob");
    assert_eq!(status(&world), BatchStatus::Challenged);
    world.advance_time(RESPONSE_PERIOD);
    assert!(challenge(&mut world, &mut challenger, &batch).await);
    honest_claim_follows(&mut world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dispute_of_somebody_else_is_finished_after_a_crash() {
    let mut world = world().await;
    let (claim, batch) = FalseClaim::make(&mut world, 4, 5).await;
    ask(&world, CAROL, &claim.trace, 1);
    let mut first = challenger(&world);
    assert!(!challenge(&mut world, &mut first, &batch).await, "it waits for Bob");
    claim.reveal(&world, 1);
    world.op.crash().await;
    world.op.sync().await;
    let again = world.op.watcher.step().unwrap();
    assert_eq!(again.as_ref(), Some(&batch));
    let mut second = challenger(&world);
    assert!(challenge(&mut world, &mut second, &batch).await);
    honest_claim_follows(&mut world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn same_lie_again_is_another_dispute() {
    let mut world = world().await;
    let (claim, batch) = FalseClaim::make(&mut world, 4, 5).await;
    ask(&world, CAROL, &claim.trace, 1);
    claim.reveal(&world, 1);
    let mut challenger = challenger(&world);
    assert!(challenge(&mut world, &mut challenger, &batch).await);
    assert_eq!(status(&world), BatchStatus::Rejected);
    // The batch comes back unchanged, with the same claim.
    let submission = world.client.transaction(batch.l1_transaction).await.unwrap().unwrap();
    let hash = world.send_l1(OPERATOR, world.rollup.address, U256::ZERO, submission.input);
    world.mine_l1(1);
    assert_eq!(world.l1_success(hash), Some(true));
    world.op.sync().await;
    let bond = evm::view(&world.devnet.chain(), world.rollup.registry, ISequencerRegistry::requiredBondCall {});
    world.send_l1(BOB, world.rollup.registry, bond, ISequencerRegistry::postBondCall {}.abi_encode());
    let (claim, batch) = FalseClaim::make(&mut world, 4, 5).await;
    ask(&world, CAROL, &claim.trace, 1);
    claim.reveal(&world, 1);
    assert!(challenge(&mut world, &mut challenger, &batch).await);
    assert_eq!(status(&world), BatchStatus::Rejected);
}
