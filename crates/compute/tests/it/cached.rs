//! A worker with little room for what others name.

use crate::world::{PERIOD, WORKER, World, ether, gather, step};
use alloy_primitives::B256;
use lux_blobs::{BlobStore, ServerConfig, serve};
use lux_compute::WorkerConfig;
use lux_protocol::market::ModelTerms;
use lux_protocol::market::contract::TaskStatus;
use lux_protocol::payload_commitment;

/// A small blob with its index.
const BLOB_BYTES: u64 = 8_192;
/// Model and weights, and three pairs of input and output.
const ROOM: u64 = 8;
const TASKS: u8 = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_cache_loses_nothing_of_what_is_claimed_or_not_paid_yet() {
    let world = World::new().await;
    let bundle = gather();
    let published = world.store("published");
    lux_models::save(&published, &bundle).await.unwrap();
    let server = serve(([127, 0, 0, 1], 0).into(), published.clone(), ServerConfig::default()).await.unwrap();
    let location = format!("http://{}", server.local_addr);
    world.register_hash(bundle.model.hash(), ModelTerms::default().flags, &location).await;
    let mut tasks = Vec::new();
    for number in 0..TASKS {
        let data = [number % 4, 0, 0, 0, number / 4, 0, 0, 0];
        published.put(data.to_vec().into()).await.unwrap();
        let id = B256::repeat_byte(number + 1);
        world.offer_with(id, &bundle, &data, &location).await;
        tasks.push((id, payload_commitment(&data)));
    }

    let folder = world.file("cache");
    let cache = BlobStore::cache(&folder, ROOM * BLOB_BYTES, world.store("own")).await.unwrap();
    let config = WorkerConfig { allow_loss: true, ..WorkerConfig::default() };
    let mut worker = world.worker_of(WORKER, world.shop_of(cache.clone()), config).await;
    worker.join(ether(1)).await.unwrap();
    let (mut most, mut paid) = (0, 0);
    for round in 0.. {
        assert!(round < 2_000, "{paid} of {TASKS} are paid");
        step(&mut worker).await;
        let mut open = 0;
        paid = 0;
        for (id, input) in &tasks {
            match world.status(*id).await {
                TaskStatus::Claimed | TaskStatus::Submitted => {
                    open += 1;
                    assert!(cache.has(*input).await.unwrap(), "the input of a claimed task is gone");
                }
                TaskStatus::Final => paid += 1,
                status => assert_eq!(status, TaskStatus::Open, "nobody else is here"),
            }
        }
        assert!(open == 0 || cache.has(bundle.model.hash()).await.unwrap());
        most = most.max(open);
        if paid == TASKS {
            break;
        }
        world.advance(if round % 40 == 39 { PERIOD } else { 2 });
    }
    assert!(most < usize::from(TASKS), "there was room for all at once");
    assert!(world.balance(WORKER).await > ether(1));
    let files = std::fs::read_dir(&folder).unwrap().flat_map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap());
    assert!(files.count() as u64 <= 2 * ROOM);
    server.stop().await;
}
