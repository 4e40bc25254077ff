//! Transactions of a worker: what a block has room for, and what is worth its gas.

use crate::world::{PERIOD, WORKER, World, ether, gather, step, table};
use alloy_primitives::B256;
use lux_blobs::{ServerConfig, serve};
use lux_compute::{Worker, WorkerConfig, flops_of};
use lux_devnet::Mining;
use lux_inference::Bundle;
use lux_l1::{FeeEstimate, TxStatus};
use lux_protocol::market::ModelTerms;
use lux_protocol::market::contract::TaskStatus;

const ROWS: [u8; 8] = [1, 0, 0, 0, 3, 0, 0, 0];
const GWEI: u64 = 1_000_000_000;

async fn scene() -> (World, Bundle) {
    let (world, bundle) = (World::new().await, gather());
    let store = world.store("worker");
    lux_models::save(&store, &bundle).await.unwrap();
    store.put(ROWS.to_vec().into()).await.unwrap();
    world.register(&bundle, ModelTerms::default().flags).await;
    (world, bundle)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_transaction_has_no_room_for_goes_into_several() {
    const TASKS: u8 = 20;
    const ROOM: u64 = 250_000;
    let (mut world, bundle) = scene().await;
    world.worker_gas = ROOM;
    let ids: Vec<_> = (1..=TASKS).map(B256::repeat_byte).collect();
    for id in &ids {
        world.offer(*id, &bundle, &ROWS).await;
    }
    let all = async |status| {
        for id in &ids {
            if world.status(*id).await != status {
                return false;
            }
        }
        true
    };
    let mut worker = world.new_worker(WORKER, "worker").await;
    // A block only when there is nothing left to compute: results come together.
    world.devnet.set_mining(Mining::Manual).unwrap();
    world.work(&mut worker, async || all(TaskStatus::Submitted).await).await;
    world.advance(PERIOD);
    world.work(&mut worker, async || all(TaskStatus::Final).await).await;
    drop(worker);

    let sent = world.transactions(WORKER).await;
    for kind in ["claim", "result", "pay"] {
        let count = sent.known(kind).len();
        assert!((2..usize::from(TASKS)).contains(&count), "{count} transactions of the kind {kind}");
    }
    for id in sent.known("") {
        let Some(TxStatus::Confirmed(outcome)) = sent.status(&id) else { continue };
        assert!(outcome.success && outcome.gas_used <= ROOM, "{id}: {} gas", outcome.gas_used);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn results_and_payments_wait_for_gas_that_they_are_worth() {
    let (mut world, bundle) = scene().await;
    let mut worker = world.worker_with(WORKER, "worker", WorkerConfig::default()).await;
    worker.join(ether(1)).await.unwrap();
    let id = B256::repeat_byte(1);
    // It pays for some 400,000 gas.
    world.price = 400_000 * GWEI / flops_of(&bundle.model);
    world.offer(id, &bundle, &ROWS).await;
    world.set_base_fee(GWEI / 10);
    world.work(&mut worker, async || world.status(id).await == TaskStatus::Claimed).await;
    let nothing_while_dear = async |worker: &mut Worker, status| {
        for _ in 0..8 {
            world.set_base_fee(20 * GWEI);
            step(worker).await;
            assert_eq!(world.status(id).await, status);
            assert_eq!(world.transactions(WORKER).await.unfinished(), Vec::<String>::new());
        }
        world.advance(11);
        world.set_base_fee(GWEI / 10);
    };
    nothing_while_dear(&mut worker, TaskStatus::Claimed).await;
    world.work(&mut worker, async || world.status(id).await == TaskStatus::Submitted).await;
    world.advance(PERIOD);
    nothing_while_dear(&mut worker, TaskStatus::Submitted).await;
    world.work(&mut worker, async || world.status(id).await == TaskStatus::Final).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_payment_fetches_no_large_model() {
    let mut world = World::new().await;
    // 4 MiB of weights, and hardly any FLOPs.
    let large = table(1 << 19);
    let published = world.store("published");
    lux_models::save(&published, &large).await.unwrap();
    published.put(ROWS.to_vec().into()).await.unwrap();
    let server = serve(([127, 0, 0, 1], 0).into(), published, ServerConfig::default()).await.unwrap();
    let location = format!("http://{}", server.local_addr);
    let model = world.register_hash(large.model.hash(), ModelTerms::default().flags, &location).await;
    let (_, weights) = large.model.constants().next().unwrap();
    let mut worker = world.worker_with(WORKER, "worker", WorkerConfig::default()).await;
    worker.join(ether(1)).await.unwrap();
    let store = world.store("worker");
    world.set_base_fee(GWEI);
    let gas_price = match world.market.chain.fees().await.unwrap() {
        FeeEstimate::Eip1559 { base_fee, priority_fee } => u64::try_from(base_fee + priority_fee).unwrap(),
        legacy => panic!("{legacy:?}"),
    };
    // Gas that they pay for: none to speak of, that of a small run, and what 4 MiB take too.
    for (number, gas) in [(1, 1_000), (2, 100_000), (3, 1_000_000)] {
        world.price = gas_price / flops_of(&large.model) * gas;
        world.offer_with(B256::repeat_byte(number), &large, &ROWS, &location).await;
        for _ in 0..6 {
            world.set_base_fee(GWEI);
            step(&mut worker).await;
        }
        assert_eq!(store.has(model).await.unwrap(), number > 1, "the graph for {gas} gas");
        assert_eq!(store.has(weights.commitment).await.unwrap(), number > 2, "the weights for {gas} gas");
    }
    world.work(&mut worker, async || world.status(B256::repeat_byte(3)).await == TaskStatus::Submitted).await;
    server.stop().await;
}
