//! What a worker earns, and what it does not work for.

use crate::world::{PERIOD, REQUESTER, WORKER, World, ether, gather, input, step};
use alloy_primitives::{B256, U256};
use lux_compute::{Role, WorkerConfig};
use lux_inference::Bundle;
use lux_protocol::market::InputData;
use lux_protocol::market::ModelTerms;
use lux_protocol::market::contract::IComputeMarket::submitComputeTaskCall;
use lux_protocol::market::contract::{ComputeTask, TaskStatus};
use lux_protocol::payload_commitment;

const ROWS: [u8; 8] = [1, 0, 0, 0, 3, 0, 0, 0];

async fn scene() -> (World, Bundle) {
    let (world, bundle) = (World::new().await, gather());
    let store = world.store("worker");
    lux_models::save(&store, &bundle).await.unwrap();
    store.put(ROWS.to_vec().into()).await.unwrap();
    world.register(&bundle, ModelTerms::default().flags).await;
    (world, bundle)
}

/// A task that pays so many wei for each FLOP.
async fn offer_at(world: &World, id: B256, bundle: &Bundle, gas_price: u64) -> U256 {
    let flops = U256::from(2 * bundle.model.plan().macs);
    let input = InputData { commitment: payload_commitment(&ROWS), location: Default::default() };
    let task = ComputeTask {
        taskId: id,
        modelHash: bundle.model.hash(),
        inputDataHash: input.encode().unwrap(),
        requiredFlops: flops,
        maxGasPrice: U256::from(gas_price),
        ..Default::default()
    };
    assert!(world.send(REQUESTER, U256::ZERO, submitComputeTaskCall { task }).await);
    flops * U256::from(gas_price)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_pays_less_than_its_gas_is_left_alone() {
    let (world, bundle) = scene().await;
    let flops = 2 * bundle.model.plan().macs;
    let head = world.market.chain.head().await.unwrap();
    let base_fee = u64::try_from(head.base_fee.unwrap()).unwrap();
    // Far below the gas of a claim, a result and a payment, and far above.
    let (poor, rich) = (B256::repeat_byte(1), B256::repeat_byte(2));
    offer_at(&world, poor, &bundle, base_fee * 10_000 / flops).await;
    let price = offer_at(&world, rich, &bundle, (base_fee + 2_000_000_000) * 2_000_000 / flops).await;
    let mut worker = world.worker_with(WORKER, "worker", WorkerConfig::default()).await;
    worker.join(ether(1)).await.unwrap();
    let before = world.coins(WORKER).await;
    world.work(&mut worker, async || world.status(rich).await == TaskStatus::Submitted).await;
    world.advance(PERIOD);
    world.work(&mut worker, async || world.status(rich).await == TaskStatus::Final).await;
    let earned = world.balance(WORKER).await - ether(1);
    assert_eq!(earned, price * U256::from(85) / U256::from(100));
    assert!(earned > before - world.coins(WORKER).await, "more than the gas of all that it sent");
    assert_eq!(world.status(poor).await, TaskStatus::Open);

    drop(worker);
    let mut generous = world.worker(WORKER, "worker").await;
    world.work(&mut generous, async || world.status(poor).await == TaskStatus::Submitted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_pay_together_wait_for_each_other() {
    let (world, bundle) = scene().await;
    let flops = 2 * bundle.model.plan().macs;
    let mut worker = world.worker_with(WORKER, "worker", WorkerConfig::default()).await;
    worker.join(ether(1)).await.unwrap();
    let gas_price = match world.market.chain.fees().await.unwrap() {
        lux_l1::FeeEstimate::Eip1559 { base_fee, priority_fee } => u64::try_from(base_fee + priority_fee).unwrap(),
        legacy => panic!("{legacy:?}"),
    };
    // Each pays for 120,000 gas after the fee: more than one of many takes, less than one alone.
    let price = gas_price / flops * 120_000 * 100 / 85;
    let first = B256::repeat_byte(1);
    offer_at(&world, first, &bundle, price).await;
    for _ in 0..6 {
        step(&mut worker).await;
    }
    assert_eq!(world.status(first).await, TaskStatus::Open);
    let ids: Vec<_> = (2..=12).map(B256::repeat_byte).collect();
    for id in &ids {
        offer_at(&world, *id, &bundle, price).await;
    }
    let all = async || {
        for id in ids.iter().chain([&first]) {
            if world.status(*id).await != TaskStatus::Submitted {
                return false;
            }
        }
        true
    };
    world.work(&mut worker, all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_away_for_very_long_collects_what_it_is_owed() {
    let (world, bundle) = scene().await;
    let ids = [1, 2, 3].map(B256::repeat_byte);
    let mut worker = world.new_worker(WORKER, "worker").await;
    for id in &ids {
        world.offer(*id, &bundle, &ROWS).await;
        world.work(&mut worker, async || world.status(*id).await == TaskStatus::Submitted).await;
    }
    drop(worker);
    let before = world.balance(WORKER).await;
    // Until no event about these tasks is in the blocks that a start reads.
    let offered = world.market.chain.block_number().await.unwrap();
    for _ in 0..20 {
        world.advance(24 * 3_600);
    }
    assert!(world.market.first_relevant_block().await.unwrap() > offered);

    // The first life ends before it is paid.
    let mut worker = world.worker(WORKER, "worker").await;
    worker.step().await.unwrap();
    drop(worker);
    let mut worker = world.worker(WORKER, "worker").await;
    for id in &ids {
        world.work(&mut worker, async || world.status(*id).await == TaskStatus::Final).await;
    }
    let price = U256::from(2 * bundle.model.plan().macs) * U256::from(1_000_000_000u64);
    let payment = price - price * U256::from(15) / U256::from(100);
    assert_eq!(world.balance(WORKER).await, before + payment * U256::from(3));

    // And it goes on with new ones.
    let next = B256::repeat_byte(9);
    world.offer(next, &bundle, &input(&bundle, 0)).await;
    world.offer(B256::repeat_byte(10), &bundle, &ROWS).await;
    world.work(&mut worker, async || world.status(B256::repeat_byte(10)).await == TaskStatus::Submitted).await;
    assert_eq!(world.status(next).await, TaskStatus::Open, "its input is not there");
}
