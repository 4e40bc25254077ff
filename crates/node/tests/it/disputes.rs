//! False claims fall to one transaction, true ones stand.

use crate::common::world::{ALICE, BOB, Setup};
use crate::common::{World, ether, evm};
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_node::{BatchRecord, Challenger};
use lux_protocol::contracts::ILuxRollup::proposeStateRootCall;
use lux_protocol::contracts::{BatchStatus, IRollupViews, ISequencerRegistry};
use lux_protocol::{BatchOutput, ClaimTrace};

/// A rollup with fault proofs and one batch that nobody has claimed anything about.
async fn world() -> World {
    let mut world = World::with(Setup { fault_proofs: true, ..Setup::default() }).await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    for _ in 0..4 {
        world.op.transfer_if_funded(&world.key(ALICE), world.account(BOB));
        world.build(1);
    }
    world.batch_all().await;
    post_bond(&world);
    world
}

fn post_bond(world: &World) {
    let bond = evm::view(&world.devnet.chain(), world.rollup.registry, ISequencerRegistry::requiredBondCall {});
    world.send_l1(BOB, world.rollup.registry, bond, ISequencerRegistry::postBondCall {}.abi_encode());
    world.mine_l1(1);
}

fn status(world: &World, batch: u64) -> BatchStatus {
    let call = IRollupViews::getBatchStatusCall { batchNumber: U256::from(batch) };
    evm::view(&world.devnet.chain(), world.rollup.address, call)
}

/// A claim by somebody with a bond.
fn claim(world: &World, batch: u64, output: BatchOutput, trace: Bytes, lie: &str) {
    let proof = (output.transaction_root, output.receipt_root, trace).abi_encode_params();
    let call =
        proposeStateRootCall { batchNumber: U256::from(batch), stateRoot: output.state_root, proof: proof.into() };
    let hash = world.send_l1(BOB, world.rollup.address, U256::ZERO, call.abi_encode());
    world.mine_l1(1);
    assert_eq!(world.l1_success(hash), Some(true), "{lie}");
}

/// Lets the operator challenge until L1 has nothing to challenge any more. Returns the gas of the challenge.
async fn challenge(world: &mut World, challenger: &mut Challenger, batch: &BatchRecord) -> u64 {
    for _ in 0..10 {
        if challenger.step(batch).await.unwrap() {
            let block = world.devnet.chain().head();
            return block.header.gas_used;
        }
        world.mine_l1(1);
        world.op.sync().await;
    }
    panic!("batch {} was not rejected", batch.number);
}

#[tokio::test(flavor = "multi_thread")]
async fn true_claim_stands_and_becomes_final() {
    let mut world = world().await;
    assert_eq!(status(&world, 1), BatchStatus::Submitted);
    assert!(world.op.propose().await);
    world.mine_l1(1);
    world.op.sync().await;
    assert_eq!(status(&world, 1), BatchStatus::Proposed);
    let batch = world.op.ledger.expect_batch(1).unwrap();
    assert_eq!(batch.claimed(), batch.output());
    assert_eq!(world.op.watcher.step().unwrap(), None);
    assert!(world.op.node.prover().disproof(1).await.unwrap().is_none());
    world.advance_time(world.setup.challenge_period);
    world.mine_l1(1);
    assert!(world.op.propose().await);
    world.mine_l1(1);
    assert_eq!(status(&world, 1), BatchStatus::Finalized);
}

type Lie = fn(&mut BatchOutput, &mut ClaimTrace);

const WRONG: B256 = B256::repeat_byte(0x66);

const LIES: [(&str, Lie); 10] = [
    ("state root", |output, _| output.state_root = WRONG),
    ("transaction root", |output, _| output.transaction_root = WRONG),
    ("receipt root", |output, _| output.receipt_root = WRONG),
    ("no trace", |_, trace| trace.checkpoints.clear()),
    ("first checkpoint", |_, trace| trace.checkpoints[0] = WRONG),
    ("a checkpoint in the middle", |_, trace| trace.checkpoints[4] = WRONG),
    ("last checkpoint", |_, trace| *trace.checkpoints.last_mut().unwrap() = WRONG),
    ("a chunk too few", |_, trace| trace.checkpoints.truncate(trace.checkpoints.len() - 1)),
    ("a chunk too many", |output, trace| trace.checkpoints.push(lux_machine::halted_hash(&output.hash()))),
    ("everything from a checkpoint on", |output, trace| {
        output.state_root = WRONG;
        trace.checkpoints[3..].fill(WRONG);
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_lie_falls_to_one_transaction() {
    let mut world = world().await;
    let mut challenger = world.op.node.challenger(world.op.transactions.clone()).unwrap();
    for (name, lie) in LIES {
        let honest = world.op.ledger.expect_batch(1).unwrap().output();
        let mut trace = ClaimTrace::decode(&world.op.node.prover().evidence(1).await.unwrap()).unwrap();
        assert!(trace.chunks > 8 && trace.stride == 1);
        let mut output = honest;
        lie(&mut output, &mut trace);
        trace.chunks = trace.checkpoints.len() as u32 + 1;
        claim(&world, 1, output, trace.encode(), name);
        world.op.sync().await;
        let batch = world.op.ledger.expect_batch(1).unwrap();
        assert_eq!(batch.claimed(), output, "{name}");
        // A watcher looks at results; a trace alone that is wrong is a matter for `challenge`.
        assert_eq!(world.op.watcher.step().unwrap().is_some(), output != honest, "{name}");
        let gas = challenge(&mut world, &mut challenger, &batch).await;
        assert!(gas < 10_000_000, "{name}: {gas} gas");
        assert_eq!(status(&world, 1), BatchStatus::Rejected, "{name}");
        let bond = ISequencerRegistry::hasBondCall { account: world.account(BOB) };
        assert!(!evm::view(&world.devnet.chain(), world.rollup.registry, bond), "{name}: the bond is gone");
        // The same number can be submitted at once, and claimed by whoever has a bond.
        world.mine_l1(1);
        world.op.sync().await;
        world.build(2);
        world.batch_all().await;
        post_bond(&world);
    }
    assert!(world.op.propose().await);
    world.mine_l1(1);
    world.op.sync().await;
    assert_eq!(status(&world, 1), BatchStatus::Proposed);
    assert_eq!(world.op.watcher.step().unwrap(), None);
}
