//! False claims fall to one transaction, true ones stand.

use crate::common::world::{ADMIN, ALICE, BOB, OPERATOR, Setup};
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
    let bond = evm::view(&world.devnet.chain(), world.rollup.registry, ISequencerRegistry::requiredBondCall {});
    world.send_l1(BOB, world.rollup.registry, bond, ISequencerRegistry::postBondCall {}.abi_encode());
    world.mine_l1(1);
    world
}

fn status(world: &World, batch: u64) -> BatchStatus {
    let call = IRollupViews::getBatchStatusCall { batchNumber: U256::from(batch) };
    evm::view(&world.devnet.chain(), world.rollup.address, call)
}

/// A claim by somebody with a bond.
fn claim(world: &World, batch: u64, output: BatchOutput, trace: Bytes) {
    let proof = (output.transaction_root, output.receipt_root, trace).abi_encode_params();
    let call =
        proposeStateRootCall { batchNumber: U256::from(batch), stateRoot: output.state_root, proof: proof.into() };
    let hash = world.send_l1(BOB, world.rollup.address, U256::ZERO, call.abi_encode());
    world.mine_l1(1);
    assert_eq!(world.l1_success(hash), Some(true));
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

#[tokio::test(flavor = "multi_thread")]
async fn every_lie_falls_to_one_transaction() {
    let mut world = world().await;
    let honest = world.op.ledger.expect_batch(1).unwrap().output();
    let trace = ClaimTrace::decode(&world.op.node.prover().evidence(1).await.unwrap()).unwrap();
    assert!(trace.chunks > 10 && trace.stride == 1);
    let last = trace.checkpoints.len() - 1;
    let wrong = B256::repeat_byte(0x66);
    let with = |change: &dyn Fn(&mut ClaimTrace)| {
        let mut other = trace.clone();
        change(&mut other);
        other.chunks = other.checkpoints.len() as u32 + 1;
        other.encode()
    };
    let lies = [
        ("state root", BatchOutput { state_root: wrong, ..honest }, trace.encode()),
        ("transaction root", BatchOutput { transaction_root: wrong, ..honest }, trace.encode()),
        ("receipt root", BatchOutput { receipt_root: wrong, ..honest }, trace.encode()),
        ("no trace", honest, Bytes::new()),
        ("first checkpoint", honest, with(&|trace| trace.checkpoints[0] = wrong)),
        ("middle checkpoint", honest, with(&|trace| trace.checkpoints[last / 2] = wrong)),
        ("last checkpoint", honest, with(&|trace| trace.checkpoints[last] = wrong)),
        ("a chunk too few", honest, with(&|trace| trace.checkpoints.truncate(last))),
        ("a chunk too many", honest, with(&|trace| trace.checkpoints.push(lux_machine::halted_hash(&honest.hash())))),
        ("all from one on", BatchOutput { state_root: wrong, ..honest }, with(&|trace| trace.checkpoints[3..].fill(wrong))),
    ];
    let mut challenger = world.op.node.challenger(world.op.transactions.clone()).unwrap();
    for (lie, output, trace) in lies {
        claim(&world, 1, output, trace);
        world.op.sync().await;
        let batch = world.op.ledger.expect_batch(1).unwrap();
        assert_eq!(batch.claimed(), output, "{lie}");
        let found = world.op.watcher.step().unwrap();
        assert_eq!(found.is_some(), output != honest, "{lie}");
        let gas = challenge(&mut world, &mut challenger, &batch).await;
        assert!(gas < 10_000_000, "{lie}: {gas} gas");
        assert_eq!(status(&world, 1), BatchStatus::Rejected, "{lie}");
        let bond = ISequencerRegistry::hasBondCall { account: world.account(BOB) };
        assert!(!evm::view(&world.devnet.chain(), world.rollup.registry, bond), "{lie}: the bond is gone");
        // The same data can be submitted again at once, and claimed by whoever has a bond.
        world.batch_all().await;
        let bond = evm::view(&world.devnet.chain(), world.rollup.registry, ISequencerRegistry::requiredBondCall {});
        world.send_l1(BOB, world.rollup.registry, bond, ISequencerRegistry::postBondCall {}.abi_encode());
        world.mine_l1(1);
    }
    assert!(world.op.propose().await);
    world.mine_l1(1);
    world.op.sync().await;
    assert_eq!(status(&world, 1), BatchStatus::Proposed);
    assert_eq!(world.op.watcher.step().unwrap(), None);
    let _ = (ADMIN, OPERATOR);
}
