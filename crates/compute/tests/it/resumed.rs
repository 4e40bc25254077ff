//! A worker that dies while a claim of it is under way.

use crate::world::{WORKER, World, ether, gather, step};
use alloy_primitives::B256;
use lux_blobs::{BlobStore, ServerConfig, serve};
use lux_compute::{Role, WorkerConfig};
use lux_devnet::Mining;
use lux_protocol::market::ModelTerms;
use lux_protocol::market::contract::TaskStatus;
use lux_protocol::payload_commitment;

const ROWS: [u8; 8] = [1, 0, 0, 0, 3, 0, 0, 0];
/// Ten small blobs with their indices.
const ROOM: u64 = 10 * 8_192;

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_under_way_is_made_once_and_served_with_the_data_that_it_was_made_for() {
    let world = World::new().await;
    let bundle = gather();
    let published = world.store("published");
    lux_models::save(&published, &bundle).await.unwrap();
    published.put(ROWS.to_vec().into()).await.unwrap();
    let server = serve(([127, 0, 0, 1], 0).into(), published, ServerConfig::default()).await.unwrap();
    let location = format!("http://{}", server.local_addr);
    world.register_hash(bundle.model.hash(), ModelTerms::default().flags, &location).await;
    let cache = async || BlobStore::cache(&world.file("cache"), ROOM, world.store("own")).await.unwrap();
    let allow_loss = WorkerConfig { allow_loss: true, ..WorkerConfig::default() };
    let id = B256::repeat_byte(1);
    {
        let mut worker = world.worker_of(WORKER, world.shop_of(cache().await), allow_loss.clone()).await;
        worker.join(ether(1)).await.unwrap();
        world.offer_with(id, &bundle, &ROWS, &location).await;
        world.devnet.set_mining(Mining::Manual).unwrap();
        let is_claiming = async || !world.transactions(WORKER).await.unfinished().is_empty();
        while !is_claiming().await {
            step(&mut worker).await;
        }
        assert!(!worker.is_computing());
    }
    // Nobody has the data any more, and the new process would not take such a task.
    server.stop().await;
    let store = cache().await;
    let config = WorkerConfig { max_flops: 1, ..allow_loss };
    let mut worker = world.worker_of(WORKER, world.shop_of(store.clone()), config).await;
    for number in 0..20u8 {
        step(&mut worker).await;
        store.put(vec![number; 100].into()).await.unwrap();
        assert_eq!(world.status(id).await, TaskStatus::Open);
    }
    for blob in [bundle.model.hash(), payload_commitment(&ROWS)] {
        assert!(store.has(blob).await.unwrap(), "what is claimed soon stays");
    }
    world.work(&mut worker, async || world.status(id).await == TaskStatus::Submitted).await;
    assert_eq!(world.transactions(WORKER).await.known("claim").len(), 1, "claimed once");
}
