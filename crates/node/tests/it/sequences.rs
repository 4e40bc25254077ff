//! Claims of what other blocks than those of the batch would have come to.

use crate::common::hostile_payload::submit_payload;
use crate::common::world::{ALICE, BOB, CAROL, OPERATOR, Setup};
use crate::common::{World, ether};
use alloy_primitives::U256;
use lux_chain::{BlockLimits, BuildRequest};
use lux_node::{BatchRecord, batch_output};
use lux_protocol::contracts::BatchStatus;
use lux_protocol::{BatchOutput, ClaimTrace, Deposit};

type Change = fn(&mut Vec<Deposit>);

/// What a batch would come to if its deposits were others.
async fn output_with(world: &World, batch: &BatchRecord, change: Change) -> BatchOutput {
    let mut node = world.full_node().await;
    node.sync().await;
    let parent = node.l2.ledger.expect_batch(batch.number - 1).unwrap();
    let chain = &node.l2.chain;
    let blocks: Vec<_> = (batch.first_block..=batch.last_block).map(|number| node.l2.block(number)).collect();
    let entries = node.l2.ledger.entries(parent.message_count, batch.message_count).unwrap();
    let mut writer = chain.writer();
    writer.rewind(parent.last_block, |_| Ok(())).unwrap();
    let mut first = parent.message_count;
    for block in blocks {
        let origin = block.l1_origin();
        let range = (first - parent.message_count) as usize..(origin.message_count - parent.message_count) as usize;
        let mut deposits = entries[range].iter().map(|entry| entry.to_deposit()).collect();
        first = origin.message_count;
        change(&mut deposits);
        let request = BuildRequest {
            timestamp: block.header.timestamp,
            l1_origin: Some(origin),
            deposits,
            limits: BlockLimits::NONE,
            use_pool: false,
        };
        writer.build(request).unwrap();
    }
    drop(writer);
    batch_output(chain, batch.first_block, batch.last_block).unwrap()
}

const CHANGES: [(&str, Change); 5] = [
    ("nothing", |_| {}),
    ("deposits skipped", |deposits| drop(deposits.pop())),
    ("deposits duplicated", |deposits| deposits.extend(deposits.last().cloned())),
    ("deposits reordered", |deposits| deposits.reverse()),
    ("a deposit to somebody else", |deposits| deposits.iter_mut().for_each(|deposit| deposit.to = deposit.from)),
];

/// A rollup and a batch of deposits alone: Alice's and Bob's, which come to something else in another order.
async fn world() -> World {
    let mut world = World::with(Setup { fault_proofs: true, ..Setup::default() }).await;
    for (from, amount) in [(ALICE, 3), (BOB, 2), (ALICE, 1)] {
        world.deposit(from, ether(amount), world.account(CAROL), &[]);
    }
    world.mine_l1(2);
    world.op.sync().await;
    world
}

/// Carol, who has a bond, claims each; the operator's watcher ends each with one transaction.
async fn every_change_falls(world: &mut World) {
    let mut disputes = world.disputes();
    world.post_bond(OPERATOR);
    for (name, change) in CHANGES {
        let batch = world.op.ledger.expect_batch(1).unwrap();
        let output = output_with(world, &batch, change).await;
        let is_true = output == batch.output();
        assert_eq!(is_true, name == "nothing", "{name}");
        if is_true {
            continue;
        }
        world.post_bond(CAROL);
        let trace = ClaimTrace::with_stride(&world.states(1).await, 1);
        world.claim(CAROL, 1, output, &trace, name);
        let before = world.operator_nonce();
        world.watch_until_rejected(&mut disputes, 1, name).await;
        assert_eq!(world.operator_nonce() - before, 1, "{name}");
        assert!(!world.has_bond(CAROL), "{name}");
        // The same batch comes again.
        let submission = world.client.transaction(batch.l1_transaction).await.unwrap().unwrap();
        let hash = world.send_l1(OPERATOR, world.rollup.address, U256::ZERO, submission.input);
        world.mine_l1(1);
        assert_eq!(world.l1_success(hash), Some(true), "{name}");
        world.op.sync().await;
    }
    assert!(world.op.propose().await);
    world.mine_l1(1);
    world.watch(&mut disputes).await;
    assert_eq!((world.status(1), disputes.open().count()), (BatchStatus::Proposed, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn output_of_other_deposits_is_disproved() {
    let mut world = world().await;
    world.build(1);
    world.batch_all().await;
    let batch = world.op.ledger.expect_batch(1).unwrap();
    assert!(batch.payload_valid && batch.message_count == 3);
    every_change_falls(&mut world).await;
}

/// L1 carries the data, so that they cannot be withheld; but they may be nonsense. What it means is as provable.
#[tokio::test(flavor = "multi_thread")]
async fn false_claims_about_a_payload_that_does_not_decode_are_disproved() {
    let mut world = world().await;
    submit_payload(&mut world, vec![0xa5; 500]).await;
    let batch = world.op.ledger.expect_batch(1).unwrap();
    assert!(!batch.payload_valid && batch.message_count == 3);
    every_change_falls(&mut world).await;
}
