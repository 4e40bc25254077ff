//! A node with nothing but L1 rebuilds the identical L2.

use crate::common::world::{ALICE, BOB, CAROL, same_chain};
use crate::common::{FullNode, Rng, Setup, World, ether};
use alloy_primitives::{B256, U256, keccak256};
use lux_chain::Store;
use lux_node::{MAX_BLOCK_TRANSACTION_BYTES, RollupContext, rollup_module};
use lux_protocol::verify_merkle_proof;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

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

#[tokio::test]
async fn full_node_that_restarts_at_every_step_arrives_too() {
    let mut world = World::new().await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    for round in 0..6u64 {
        world.mine_l1(2);
        world.op.sync().await;
        world.deposit(BOB, ether(1), world.account(CAROL), &[]);
        if round > 0 {
            world.op.transfer(&world.key(ALICE), world.account(BOB), U256::from(round));
        }
        world.build(2);
        world.batch_all().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l2.redb");
    let open = |path: &std::path::Path| {
        FullNode::open(Store::open(path).unwrap(), world.client.clone(), &world.rollup, world.clock())
    };
    // Closed in good order, and cut off with what is on disk.
    let mut node = open(&path);
    for step in 0.. {
        if !node.deriver.step().await.unwrap() {
            break;
        }
        if step % 2 == 0 {
            drop(node);
            node = open(&path);
        } else {
            let copy = folder.path().join("copy.redb");
            std::fs::copy(&path, &copy).unwrap();
            drop(node);
            std::fs::rename(&copy, &path).unwrap();
            node = open(&path);
        }
    }
    same_chain(&world.op.l2, &node.l2);
    assert_eq!(node.l2.chain.safe_number(), world.op.chain().safe_number());
}

#[tokio::test]
async fn operator_that_lost_its_database_finds_its_chain_on_l1() {
    let mut world = World::new().await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    world.build(3);
    world.batch_all().await;
    let head = world.op.chain().head().hash;
    world.lose_database().await;
    world.op.sync().await;
    assert_eq!(world.op.chain().head().hash, head);
    world.build(3);
    world.batch_all().await;
    world.check_full_node().await;
}

#[tokio::test]
async fn tags_follow_l1() {
    let mut world = World::with(Setup { finalized_depth: 10, ..Setup::default() }).await;
    world.mine_l1(12);
    world.op.sync().await;
    world.build(5);
    assert_eq!((world.op.chain().safe_number(), world.op.chain().finalized_number()), (0, 0));
    world.batch_all().await;
    assert_eq!((world.op.chain().safe_number(), world.op.chain().finalized_number()), (5, 0));
    world.build(1);
    world.mine_l1(9);
    world.op.sync().await;
    assert_eq!((world.op.chain().safe_number(), world.op.chain().finalized_number()), (5, 0));
    world.mine_l1(1);
    world.op.sync().await;
    assert_eq!((world.op.chain().safe_number(), world.op.chain().finalized_number()), (5, 5));
    assert_eq!(world.op.head(), 6);
}

#[tokio::test]
async fn blocks_full_of_noise_fit_their_batches() {
    let mut world = World::new().await;
    world.deposit(ALICE, ether(1_000), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    world.build(1);
    let mut rng = Rng(5);
    let mut noise = |bytes: usize| (0..bytes).map(|_| rng.next() as u8).collect::<Vec<u8>>();
    // One that alone fills a block, and many that do together.
    let sizes = [vec![MAX_BLOCK_TRANSACTION_BYTES - 140], vec![3_000; 45], vec![60; 900]];
    let sent: Vec<_> = sizes
        .concat()
        .into_iter()
        .map(|bytes| {
            let tx = world.op.sign_gas(&world.key(ALICE), world.account(BOB), noise(bytes), 6_000_000);
            world.op.submit(tx)
        })
        .collect();
    world.build(1);
    assert!(world.op.head() >= 3, "one block cannot hold them");
    world.batch_all().await;
    assert!(sent.iter().all(|hash| world.op.receipt(*hash).unwrap().success));
    world.check_full_node().await;
}

#[tokio::test]
async fn rollup_methods_answer_from_the_ledger() {
    let mut world = World::new().await;
    world.deposit(ALICE, ether(10), world.account(ALICE), &[]);
    world.mine_l1(2);
    world.op.sync().await;
    world.build(5);
    world.batch_all().await;
    let context = RollupContext {
        chain: world.op.chain.clone(),
        rollup: world.op.node.rollup.clone(),
        l1_position: Arc::new(AtomicU64::new(world.op.position())),
    };
    let module = rollup_module(context).unwrap();
    let config: Value = module.call("rollup_config", [(); 0]).await.unwrap();
    assert_eq!(config["rollup"], json!(world.rollup.address));
    let status: Value = module.call("rollup_syncStatus", [(); 0]).await.unwrap();
    assert_eq!((&status["safeBlock"], &status["queueConsumed"]), (&json!("0x5"), &json!("0x1")));
    for selector in [json!("latest"), json!(1), json!("0x1")] {
        let batch: Value = module.call("rollup_getBatch", [selector]).await.unwrap();
        assert_eq!((&batch["lastBlock"], &batch["claim"]), (&json!("0x5"), &json!("correct")));
    }
    let none: Value = module.call("rollup_getBatch", [json!(2)]).await.unwrap();
    assert!(none.is_null());
    let proof: Value = module.call("rollup_getBlockProof", [json!("0x3")]).await.unwrap();
    let word = |value: &Value| serde_json::from_value::<B256>(value.clone()).unwrap();
    let siblings: Vec<B256> = serde_json::from_value(proof["siblings"].clone()).unwrap();
    assert!(verify_merkle_proof(word(&proof["blocksRoot"]), world.op.block(3).hash, 2, &siblings));
    let root = [word(&proof["lastBlockHash"]).0, word(&proof["blocksRoot"]).0].concat();
    assert_eq!(keccak256(root), word(&proof["transactionRoot"]));
}
