//! A worker with little room for what others name.

use crate::world::{PERIOD, WORKER, World, ether, gather, step};
use alloy_primitives::{B256, U256};
use lux_blobs::{BlobStore, ServerConfig, serve};
use lux_compute::WorkerConfig;
use lux_protocol::market::ModelTerms;
use lux_protocol::market::contract::TaskStatus;
use lux_protocol::payload_commitment;

/// A small blob with its index.
const BLOB_BYTES: u64 = 8_192;
/// Model and weights, and three pairs of input and output.
const ROOM: u64 = 8;
const CYCLES: u8 = 3;
const TASKS: u8 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_cache_loses_nothing_of_what_is_claimed_or_not_paid_yet() {
    let world = World::new().await;
    let bundle = gather();
    let published = world.store("published");
    lux_models::save(&published, &bundle).await.unwrap();
    let server = serve(([127, 0, 0, 1], 0).into(), published.clone(), ServerConfig::default()).await.unwrap();
    let location = format!("http://{}", server.local_addr);
    world.register_hash(bundle.model.hash(), ModelTerms::default().flags, &location).await;
    let folder = world.file("cache");
    let cache = BlobStore::cache(&folder, ROOM * BLOB_BYTES, world.store("own")).await.unwrap();
    let config = WorkerConfig { allow_loss: true, ..WorkerConfig::default() };
    let mut worker = world.worker_of(WORKER, world.shop_of(cache.clone()), config).await;
    worker.join(ether(1)).await.unwrap();
    let mut price = U256::ZERO;
    for cycle in 0..CYCLES {
        let mut tasks = Vec::new();
        for number in cycle * TASKS..(cycle + 1) * TASKS {
            let data = [number % 4, 0, 0, 0, number / 4, 0, 0, 0];
            let id = B256::repeat_byte(number + 1);
            published.put(data.to_vec().into()).await.unwrap();
            world.offer_with(id, &bundle, &data, &location).await;
            tasks.push((id, payload_commitment(&data)));
            price += U256::from(2 * bundle.model.plan().macs) * U256::from(1_000_000_000u64);
        }
        let mut found = Vec::new();
        for round in 1.. {
            assert!(round < 200, "cycle {cycle}: not all are paid: {found:?}");
            step(&mut worker).await;
            let mut paid = 0;
            found.clear();
            for (id, input) in &tasks {
                let status = world.status(*id).await;
                found.push(status);
                match status {
                    TaskStatus::Final => paid += 1,
                    TaskStatus::Claimed | TaskStatus::Submitted => {
                        assert!(cache.has(*input).await.unwrap(), "the input of a claimed task is gone");
                        assert!(cache.has(bundle.model.hash()).await.unwrap(), "and the model");
                    }
                    _ => {}
                }
            }
            if paid == tasks.len() {
                break;
            }
            // Never past the window of a claim, however slow this machine is.
            let is_claimed = found.contains(&TaskStatus::Claimed);
            world.advance(if round % 20 == 0 && !is_claimed { PERIOD } else { 2 });
        }
    }
    assert_eq!(world.balance(WORKER).await, ether(1) + price * U256::from(85) / U256::from(100), "no bond was lost");
    assert!(!cache.has(payload_commitment(&[0; 8])).await.unwrap(), "the first input made room for others");
    let shards = std::fs::read_dir(&folder).unwrap().map(|shard| shard.unwrap().path()).filter(|path| path.is_dir());
    let files = shards.flat_map(|shard| std::fs::read_dir(shard).unwrap());
    assert!(files.count() as u64 <= 2 * ROOM);
    server.stop().await;
}
