//! The operator's process dies at every request it makes to L1, before and after the request took effect.

use crate::common::world::{ALICE, BOB};
use crate::common::{Fault, Rng, World, ether};
use alloy_primitives::U256;
use lux_devnet::ReorgTransactions;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Derive,
    Batch,
    Propose,
}

async fn run(world: &mut World, phase: Phase) -> Result<(), crate::common::Died> {
    match phase {
        Phase::Derive => while world.op.try_derive().await? {},
        Phase::Batch => while world.op.try_batch().await? {},
        Phase::Propose => while world.op.try_propose().await? {},
    }
    Ok(())
}

/// Some of everything: deposits in both orders, transactions, a batch, its derivation, its finalisation.
async fn round(world: &mut World, reorg: &mut Rng, faulty: Phase, skip: u64, fault: Fault) -> bool {
    let mut hit = false;
    let (alice, bob) = (world.key(ALICE), world.account(BOB));
    world.deposit(BOB, ether(1), bob, &[]);
    world.mine_l1(1);
    world.op.transfer(&alice, bob, U256::ONE);
    for phase in [Phase::Derive, Phase::Derive, Phase::Batch, Phase::Derive, Phase::Propose] {
        if phase == faulty && !hit {
            world.op.faults.plan(skip, fault);
        }
        let died = run(world, phase).await.is_err();
        hit |= phase == faulty && !world.op.faults.clear();
        if died {
            if reorg.below(2) == 0 {
                let kind = [ReorgTransactions::Return, ReorgTransactions::Forget][reorg.below(2) as usize];
                world.reorg_l1(1 + reorg.below(3), kind);
            }
            crash(world).await;
        }
        world.advance_time(20);
        world.build(2);
        world.mine_l1(1);
    }
    hit
}

async fn crash(world: &mut World) {
    let pooled: Vec<_> = world.op.chain().pool().content().into_values().flat_map(|account| account.pending).collect();
    let head = world.op.chain().head();
    world.op.crash().await;
    assert_eq!(world.op.chain().head().hash, head.hash, "an L2 block was promised and is gone");
    for tx in pooled {
        world.op.submit(tx.tx.clone());
    }
}

async fn dies_everywhere(faulty: Phase) {
    let mut world = World::new().await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    world.build(1);
    world.mine_l1(10);
    for fault in [Fault::DieBefore, Fault::DieAfter, Fault::Refuse, Fault::LoseAnswer] {
        let mut skip = 0;
        while round(&mut world, &mut Rng(skip), faulty, skip, fault).await {
            skip += 1;
        }
        assert!(skip > 2, "{faulty:?} makes requests");
    }
    world.batch_all().await;
    world.check_full_node().await;
    world.check_journal();
    let last = world.op.ledger.last_batch().unwrap();
    assert!((1..=last).all(|n| world.op.ledger.expect_batch(n).unwrap().payload_valid));
}

#[tokio::test]
async fn deriver_dies_at_every_request() {
    dies_everywhere(Phase::Derive).await;
}

#[tokio::test]
async fn batcher_dies_at_every_request() {
    dies_everywhere(Phase::Batch).await;
}

#[tokio::test]
async fn proposer_dies_at_every_request() {
    dies_everywhere(Phase::Propose).await;
}

#[tokio::test]
async fn l1_block_that_was_read_half_is_replaced() {
    let mut world = World::new().await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    for fault in [Fault::DieBefore, Fault::Refuse] {
        for skip in 0.. {
            world.op.sync().await;
            world.build(25);
            // Both in one block, the deposit first.
            world.deposit(BOB, ether(1), world.account(BOB), &[]);
            assert!(world.op.batch().await);
            world.mine_l1(1);
            world.op.faults.plan(skip, fault);
            if world.op.try_derive().await.is_err() {
                world.op.crash().await;
            }
            let missed = world.op.faults.clear();
            world.reorg_l1(1, ReorgTransactions::Forget);
            world.deposit(BOB, ether(2), world.account(BOB), &[]);
            world.mine_l1(1);
            world.batch_all().await;
            world.check_full_node().await;
            if missed {
                assert!(skip > 2);
                break;
            }
        }
    }
}
