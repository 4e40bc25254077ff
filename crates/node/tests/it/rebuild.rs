//! A node with nothing but L1 rebuilds the identical L2.

use crate::common::world::{ALICE, BOB, CAROL};
use crate::common::{World, ether};
use alloy_primitives::U256;

#[tokio::test]
async fn full_node_derives_identical_blocks() {
    let mut world = World::new().await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    world.build(3);
    assert_eq!(world.op.balance(world.account(ALICE)), ether(10));
    for round in 0..4u64 {
        for n in 0..50 {
            world.op.transfer(&world.key(ALICE), world.account(BOB), U256::from(n + round));
        }
        world.deposit(BOB, ether(1), world.account(CAROL), &[]);
        world.build(5);
        world.mine_l1(2);
        world.op.sync().await;
        world.build(5);
        world.batch_all().await;
    }
    assert!(world.op.ledger.last_batch().unwrap() >= 4);
    assert_eq!(world.op.balance(world.account(CAROL)), ether(4));
    let node = world.check_full_node().await;
    assert_eq!(node.l2.chain.head().number(), world.op.head());
    assert!((0..=world.op.ledger.last_batch().unwrap()).all(|n| {
        let batch = world.op.ledger.expect_batch(n).unwrap();
        batch.payload_valid && !batch.is_claim_false()
    }));
}
