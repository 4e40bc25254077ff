//! L1 takes batches back: evidence against one rejects it and all after it.

use crate::common::contracts::{self, Settings, Timelock};
use crate::common::world::{ADMIN, ALICE, BOB, CAROL, OPERATOR, same_chain};
use crate::common::{FullNode, World, ether, evm};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use lux_devnet::ReorgTransactions;
use lux_protocol::contracts::ILuxRollup::challengeStateRootCall;
use lux_protocol::contracts::ISequencerRegistry;

/// A rollup whose fault proofs accept anything, with three batches.
async fn world() -> (World, FullNode) {
    let mut world = World::new().await;
    let liar = world.create_l1(ADMIN, contracts::liar());
    let settings = evm::view(&world.devnet.chain(), world.rollup.address, Settings::settingsCall {});
    let data = alloy_primitives::Bytes::from(Settings::setEvidenceCall { kind: 0, module: liar }.abi_encode());
    let (predecessor, salt) = (B256::ZERO, B256::ZERO);
    let schedule = Timelock::scheduleCall {
        target: settings,
        value: U256::ZERO,
        data: data.clone(),
        predecessor,
        salt,
        delay: U256::ZERO,
    };
    let execute = Timelock::executeCall { target: settings, value: U256::ZERO, payload: data, predecessor, salt };
    succeed(&world, ADMIN, world.deployment.timelock, schedule.abi_encode());
    succeed(&world, ADMIN, world.deployment.timelock, execute.abi_encode());
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    for _ in 0..3 {
        world.mine_l1(2);
        world.op.sync().await;
        world.op.transfer_if_funded(&world.key(ALICE), world.account(BOB));
        world.build(2);
        world.deposit(BOB, ether(1), world.account(CAROL), &[]);
        world.batch_all().await;
    }
    let node = world.check_full_node().await;
    (world, node)
}

fn succeed(world: &World, from: usize, to: Address, data: Vec<u8>) {
    let hash = world.send_l1(from, to, U256::ZERO, data);
    world.mine_l1(1);
    assert_eq!(world.l1_success(hash), Some(true));
}

fn challenge(world: &World, batch: u64) {
    let call = challengeStateRootCall { batchNumber: U256::from(batch), fraudProof: Default::default() };
    succeed(world, ADMIN, world.rollup.address, call.abi_encode());
}

#[tokio::test]
async fn rejected_batches_are_unwound_and_made_again() {
    let (mut world, mut node) = world().await;
    let last = world.op.ledger.last_batch().unwrap();
    let promised: Vec<B256> = (1..=world.op.head())
        .flat_map(|n| world.op.block(n).transactions.clone())
        .filter(|tx| tx.as_ethereum().is_some())
        .map(|tx| tx.hash())
        .collect();
    let kept = world.op.ledger.expect_batch(last - 2).unwrap();
    challenge(&world, last - 1);
    world.op.sync().await;
    node.sync().await;
    assert_eq!(world.op.ledger.tip().unwrap(), kept);
    assert_eq!(world.op.head(), kept.last_block);
    same_chain(&world.op.l2, &node.l2);

    // The stake is gone: nothing goes through until there is a new one.
    world.build(2);
    world.advance_time(30);
    assert!(!world.op.batch().await);
    let join = ISequencerRegistry::joinCall {}.abi_encode();
    world.send_l1(OPERATOR, world.rollup.registry, ether(100), join);
    world.mine_l1(1);
    world.batch_all().await;
    for hash in promised {
        assert!(world.op.receipt(hash).is_some_and(|receipt| receipt.success), "{hash} is lost");
    }
    node.sync().await;
    same_chain(&world.op.l2, &node.l2);
    world.check_full_node().await;
}

#[tokio::test]
async fn rejection_that_l1_takes_back_restores_the_batches() {
    let (mut world, mut node) = world().await;
    let tip = world.op.ledger.tip().unwrap();
    challenge(&world, tip.number - 1);
    world.op.sync().await;
    node.sync().await;
    world.reorg_l1(1, ReorgTransactions::Forget);
    world.op.sync().await;
    node.sync().await;
    assert_eq!(world.op.ledger.tip().unwrap(), tip);
    same_chain(&world.op.l2, &node.l2);
    world.build(2);
    world.batch_all().await;
    world.check_full_node().await;
}
