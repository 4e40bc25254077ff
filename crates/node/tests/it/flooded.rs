//! More messages from L1 than one block or one batch takes.

use crate::common::World;
use crate::common::world::{BOB, CAROL, Setup};
use alloy_primitives::U256;
use lux_protocol::Transaction;
use lux_protocol::constants::MAX_BATCH_MESSAGE_GAS;
use lux_stf::MAX_BLOCK_DEPOSIT_GAS;

/// Entries per L1 block: with them the price of the queue does not rise.
const ENTRIES: u64 = 9;

/// Fills the queue with more than one batch can take.
async fn flood(world: &World) -> u64 {
    let blocks = MAX_BATCH_MESSAGE_GAS / (ENTRIES * world.rollup.params.messageGasLimit) + 5;
    for _ in 0..blocks {
        for _ in 0..ENTRIES {
            world.deposit(BOB, U256::ONE, world.account(CAROL), &[]);
        }
        world.mine_l1(1);
    }
    world.mine_l1(1);
    blocks * ENTRIES
}

async fn check(world: &World, entries: u64) {
    assert_eq!(world.op.balance(world.account(CAROL)), U256::from(entries), "each was executed once");
    let tip = world.op.ledger.tip().unwrap();
    assert_eq!(tip.message_count, entries);
    for number in 1..=tip.number {
        let (batch, parent) =
            (world.op.ledger.expect_batch(number).unwrap(), world.op.ledger.expect_batch(number - 1).unwrap());
        let gas: u64 = (parent.message_count..batch.message_count)
            .map(|index| world.op.ledger.entry(index).unwrap().gas_limit)
            .sum();
        assert!(gas <= MAX_BATCH_MESSAGE_GAS, "batch {number}");
    }
    world.check_full_node().await;
}

#[tokio::test]
async fn a_flooded_queue_is_spread_over_blocks_and_batches() {
    let mut world = World::new().await;
    let entries = flood(&world).await;
    world.op.sync().await;
    while world.op.chain().head().l1_origin().message_count < entries {
        world.build(1);
    }
    world.batch_all().await;
    for number in 1..=world.op.head() {
        let block = world.op.block(number);
        let gas: u64 = block
            .transactions
            .iter()
            .map(|tx| match tx {
                Transaction::Deposit(deposit) => deposit.gas_limit,
                Transaction::Ethereum(_) => 0,
            })
            .sum();
        assert!(gas <= MAX_BLOCK_DEPOSIT_GAS, "block {number}");
    }
    let last = world.op.ledger.last_batch().unwrap();
    assert!(last >= 2);
    assert!((1..=last).all(|number| world.op.ledger.expect_batch(number).unwrap().payload_valid));
    check(&world, entries).await;
}

#[tokio::test]
async fn a_sequencer_that_was_down_while_the_queue_was_flooded_catches_up() {
    let mut world = World::with(Setup { inclusion_window: 20, ..Setup::default() }).await;
    let entries = flood(&world).await;
    world.mine_l1(40);
    for _ in 0..30 {
        world.op.sync().await;
        world.build(1);
        world.advance_time(30);
        world.op.batch().await;
        world.op.propose().await;
        world.mine_l1(1);
    }
    world.batch_all().await;
    assert!(world.op.ledger.last_batch().unwrap() >= 2);
    check(&world, entries).await;
}
