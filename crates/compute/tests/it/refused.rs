//! Tasks that no worker should take, and results that never come.

use crate::world::{CLAIM_WINDOW, LIAR, REQUESTER, WORKER, World, ether, gather, gemm, input, step};
use alloy_primitives::{B256, U256};
use lux_protocol::market::ModelTerms;
use lux_protocol::market::contract::IComputeMarket::{claimTaskCall, refundTaskCall};
use lux_protocol::market::contract::TaskStatus;

#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_would_cost_the_bond_are_left_alone() {
    let world = World::new().await;
    let (table, matrix) = (gather(), gemm(2, 1));
    let store = world.store("worker");
    for bundle in [&table, &matrix] {
        lux_models::save(&store, bundle).await.unwrap();
        world.register(bundle, ModelTerms::default().flags).await;
    }
    let absent = gemm(2, 2);
    world.register(&absent, ModelTerms::default().flags).await;
    let [no_row, withheld, unknown, short, good] = [1, 2, 3, 4, 5].map(B256::repeat_byte);
    // A row that the table does not have: the model has no output for it.
    let bad = [9, 0, 0, 0, 1, 0, 0, 0];
    let truncated = &input(&matrix, 3)[1..];
    for data in [&bad[..], truncated, &[1, 0, 0, 0, 1, 0, 0, 0]] {
        store.put(data.to_vec().into()).await.unwrap();
    }
    world.offer(no_row, &table, &bad).await;
    world.offer(withheld, &matrix, &input(&matrix, 7)).await;
    world.offer(unknown, &absent, &input(&absent, 1)).await;
    world.offer(short, &matrix, truncated).await;
    world.offer_with(good, &table, &[1, 0, 0, 0, 1, 0, 0, 0], "http://127.0.0.1:1").await;

    let mut worker = world.new_worker(WORKER, "worker").await;
    world.work(&mut worker, async || world.status(good).await == TaskStatus::Submitted).await;
    for _ in 0..10 {
        step(&mut worker).await;
        world.advance(1);
    }
    for id in [no_row, withheld, unknown, short] {
        assert_eq!(world.status(id).await, TaskStatus::Open);
    }
    // The data come, and so does the worker.
    store.put(input(&matrix, 7).into()).await.unwrap();
    world.advance(11);
    world.work(&mut worker, async || world.status(withheld).await == TaskStatus::Submitted).await;
    assert_eq!(world.status(unknown).await, TaskStatus::Open);
    assert_eq!(world.balance(WORKER).await, ether(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_worker_pays_the_requester() {
    let world = World::new().await;
    let bundle = gather();
    world.register(&bundle, ModelTerms::default().flags).await;
    // Only so that it has a stake and a balance.
    drop(world.new_worker(LIAR, "liar").await);
    let id = B256::repeat_byte(1);
    world.offer(id, &bundle, &input(&bundle, 1)).await;
    assert!(world.send(LIAR, U256::ZERO, claimTaskCall { taskId: id }).await);
    let bond = ether(1) - world.balance(LIAR).await;
    let before = world.balance(REQUESTER).await;
    world.advance(CLAIM_WINDOW + 1);
    assert!(world.send(REQUESTER, U256::ZERO, refundTaskCall { taskId: id }).await);
    assert_eq!(world.status(id).await, TaskStatus::Refunded);
    let price = U256::from(2 * bundle.model.plan().macs) * U256::from(1_000_000_000u64);
    assert_eq!(world.balance(REQUESTER).await, before + price + bond);
}
