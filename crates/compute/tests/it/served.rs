//! Honest work.

use crate::world::{PERIOD, REQUESTER, WORKER, World, ether, gather, gemm, input, output, step};
use alloy_primitives::{B256, U256};
use lux_compute::{Bounds, Offer, Role};
use lux_protocol::market::contract::TaskStatus;
use lux_protocol::market::{InputData, ModelTerms};

const TASKS: u8 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_computed_delivered_and_paid_by_a_worker_that_dies_all_the_time() {
    let world = World::new().await;
    let bundle = gemm(2, 1);
    let store = world.store("worker");
    lux_models::save(&store, &bundle).await.unwrap();
    world.register(&bundle, ModelTerms::default().flags).await;
    let inputs: Vec<_> = (0..TASKS).map(|seed| input(&bundle, seed.into())).collect();
    for (number, data) in (1..).zip(&inputs) {
        store.put(data.clone().into()).await.unwrap();
        world.offer(B256::repeat_byte(number), &bundle, data).await;
    }
    let ids: Vec<B256> = (1..=TASKS).map(B256::repeat_byte).collect();
    let price = U256::from(2 * bundle.model.plan().macs) * U256::from(1_000_000_000u64);
    let all = async |status| {
        for id in &ids {
            if world.status(*id).await != status {
                return false;
            }
        }
        true
    };

    // A new process after every few steps, which leaves transactions and runs as they are.
    drop(world.new_worker(WORKER, "worker").await);
    let mut delivered = false;
    for _ in 0..60 {
        let mut worker = world.worker(WORKER, "worker").await;
        for _ in 0..3 {
            step(&mut worker).await;
        }
        if all(TaskStatus::Submitted).await {
            delivered = true;
            break;
        }
    }
    assert!(delivered);
    for (id, data) in ids.iter().zip(&inputs) {
        assert_eq!(world.task(*id).await.output, output(&bundle, data));
    }

    let mut worker = world.worker(WORKER, "worker").await;
    let before = world.balance(WORKER).await;
    assert_eq!(before, ether(1), "all bonds are back");
    worker.step().await.unwrap();
    assert!(all(TaskStatus::Submitted).await, "nothing is paid before the challenge period ends");
    world.advance(PERIOD);
    world.work(&mut worker, async || all(TaskStatus::Final).await).await;
    let payment = price * U256::from(85) / U256::from(100);
    assert_eq!(world.balance(WORKER).await, before + payment * U256::from(TASKS));
    assert_eq!(world.balance(REQUESTER).await, ether(10) - price * U256::from(TASKS));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_serve_every_task_once() {
    let world = World::new().await;
    let bundle = gemm(2, 1);
    let other = WORKER + 2;
    world.register(&bundle, ModelTerms::default().flags).await;
    for name in ["one", "two"] {
        lux_models::save(&world.store(name), &bundle).await.unwrap();
    }
    let ids: Vec<B256> = (1..=12).map(B256::repeat_byte).collect();
    for (seed, id) in ids.iter().enumerate() {
        let data = input(&bundle, seed);
        for name in ["one", "two"] {
            world.store(name).put(data.clone().into()).await.unwrap();
        }
        world.offer(*id, &bundle, &data).await;
    }
    let (mut one, mut two) = (world.new_worker(WORKER, "one").await, world.new_worker(other, "two").await);
    let all = async |status| {
        for id in &ids {
            if world.status(*id).await != status {
                return false;
            }
        }
        true
    };
    for round in 0.. {
        assert!(round < 200, "not all are served");
        for worker in [&mut one, &mut two] {
            step(worker).await;
        }
        if all(TaskStatus::Submitted).await {
            break;
        }
    }
    world.advance(PERIOD);
    for round in 0.. {
        assert!(round < 20, "not all are paid");
        one.step().await.unwrap();
        two.step().await.unwrap();
        if all(TaskStatus::Final).await {
            break;
        }
    }
    let price = U256::from(2 * bundle.model.plan().macs) * U256::from(1_000_000_000u64);
    let earned = world.balance(WORKER).await + world.balance(other).await - ether(2);
    assert_eq!(earned, price * U256::from(12 * 85) / U256::from(100), "every task is paid once");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_may_lack_an_output_is_computed_before_it_is_claimed() {
    let world = World::new().await;
    let shop = world.shop("worker");
    let bounds = Bounds { max_flops: u64::MAX, costs: None };
    for (bundle, is_computed) in [(gemm(2, 1), false), (gather(), true)] {
        lux_models::save(shop.library.store(), &bundle).await.unwrap();
        world.register(&bundle, ModelTerms::default().flags).await;
        let data = if is_computed { vec![1, 0, 0, 0, 3, 0, 0, 0] } else { input(&bundle, 1) };
        let commitment = shop.library.store().put(data.clone().into()).await.unwrap();
        let offer = Offer {
            task: B256::repeat_byte(1),
            model: bundle.model.hash(),
            input: InputData { commitment, location: Default::default() },
            gas_limit: u64::MAX,
            gas_price: 1,
            program_version: 1,
            flags: ModelTerms::FAULT,
            expires_at: u64::MAX,
        };
        let prepared = shop.prepare(&offer, bounds).await.unwrap().unwrap();
        assert_eq!(prepared.is_computed(), is_computed);
        let recorded = shop.record(&offer, &prepared).await.unwrap();
        assert_eq!(recorded.record.output, output(&bundle, &data));
        assert!(shop.library.store().has(recorded.record.output).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_a_reorganisation_undid_is_made_again() {
    let world = World::new().await;
    let bundle = gather();
    let data = [1, 0, 0, 0, 3, 0, 0, 0];
    let store = world.store("worker");
    lux_models::save(&store, &bundle).await.unwrap();
    store.put(data.to_vec().into()).await.unwrap();
    world.register(&bundle, ModelTerms::default().flags).await;
    let id = B256::repeat_byte(9);
    let mut worker = world.new_worker(WORKER, "worker").await;
    world.offer(id, &bundle, &data).await;
    world.work(&mut worker, async || world.status(id).await == TaskStatus::Claimed).await;
    world.devnet.reorg(1, lux_devnet::ReorgTransactions::Return).unwrap();
    assert_eq!(world.status(id).await, TaskStatus::Open);
    world.work(&mut worker, async || world.status(id).await == TaskStatus::Submitted).await;
    assert_eq!(world.task(id).await.output, output(&bundle, &data));
}
