//! Stores and servers with a limit.

use crate::{ask, bytes, client, files, path, store};
use bytes::Bytes;
use futures_util::StreamExt;
use lux_blobs::{BlobError, BlobStore, ServerConfig, ServerHandle, serve};
use lux_protocol::payload_commitment;
use std::collections::HashSet;
use tempfile::TempDir;

/// A blob of less than 4,096 bytes and its index take a block each.
const SMALL: u64 = 8_192;

async fn limited(folder: &TempDir, limit: u64) -> ServerHandle {
    let store = BlobStore::folder(folder.path()).unwrap().limited(limit).await.unwrap();
    let config = ServerConfig { writable: true, ..Default::default() };
    serve(([127, 0, 0, 1], 0).into(), store, config).await.unwrap()
}

async fn put(server: &ServerHandle, blob: &Bytes) -> u16 {
    let line = format!("PUT {}", path(payload_commitment(blob)));
    ask(server, &line, &format!("Content-Length: {}\r\n", blob.len()), blob).await.status
}

async fn put_without_length(server: &ServerHandle, blob: &Bytes) -> u16 {
    let line = format!("PUT {}", path(payload_commitment(blob)));
    let body = [format!("{:x}\r\n", blob.len()).as_bytes(), blob, b"\r\n0\r\n\r\n"].concat();
    ask(server, &line, "Transfer-Encoding: chunked\r\n", &body).await.status
}

#[tokio::test]
async fn uploads_beyond_the_quota_are_refused() {
    let (folder, _) = store();
    let server = limited(&folder, 3 * SMALL).await;
    let [one, two, three, four] = [1, 2, 3, 4].map(|seed| bytes(1_000, seed));
    assert_eq!(put(&server, &bytes(4 * SMALL as usize, 5)).await, 507);
    assert_eq!(put_without_length(&server, &bytes(4 * SMALL as usize, 5)).await, 507);
    assert_eq!(files(&folder, "").len(), 0, "nothing was written");
    assert_eq!(put(&server, &one).await, 201);
    assert_eq!(put_without_length(&server, &two).await, 201);
    assert_eq!(put(&server, &three).await, 201);
    assert_eq!(put(&server, &four).await, 507);
    assert_eq!(put_without_length(&server, &four).await, 507);
    assert_eq!(put(&server, &one).await, 201, "what is there may come again");
    server.stop().await;

    let server = limited(&folder, 3 * SMALL).await;
    assert_eq!(put(&server, &four).await, 507, "a restart makes no room");
    assert_eq!(put(&server, &two).await, 201);
    assert_eq!(files(&folder, "").len(), 6);
    let location = format!("http://{}", server.local_addr);
    for blob in [one, two, three] {
        assert_eq!(client().fetch(&location, payload_commitment(&blob), 1_000).await.unwrap(), blob);
    }
}

#[tokio::test]
async fn an_upload_that_fails_gives_its_room_back() {
    let (folder, _) = store();
    let server = limited(&folder, SMALL).await;
    let blob = bytes(1_000, 1);
    let line = format!("PUT {}", path(payload_commitment(&blob)));
    for _ in 0..3 {
        assert_eq!(ask(&server, &line, "Content-Length: 1000\r\n", &bytes(1_000, 2)).await.status, 422);
    }
    assert_eq!(put(&server, &blob).await, 201);
}

#[tokio::test]
async fn uploads_at_a_time_do_not_share_room() {
    let (folder, plain) = store();
    let limited = plain.limited(5 * SMALL).await.unwrap();
    let puts = (0..40).map(|seed| limited.put(bytes(4_000, seed)));
    let done = futures_util::future::join_all(puts).await;
    assert_eq!(done.iter().filter(|put| put.is_ok()).count(), 5);
    assert!(done.iter().flat_map(|put| put.as_ref().err()).all(|error| matches!(error, BlobError::Full { .. })));
    assert_eq!(files(&folder, ".index").len(), 5);
}

#[tokio::test]
async fn remains_take_room_too() {
    let (folder, plain) = store();
    let blob = bytes(10_000, 1);
    plain.put(blob.clone()).await.unwrap();
    std::fs::remove_file(&files(&folder, ".index")[0]).unwrap();
    let limited = plain.clone().limited(12_288 + SMALL).await.unwrap();
    limited.put(bytes(10, 2)).await.unwrap();
    assert!(matches!(limited.put(bytes(10, 3)).await, Err(BlobError::Full { .. })));
}

fn size(folder: &TempDir) -> u64 {
    let blocks = |path: &std::path::PathBuf| std::fs::metadata(path).unwrap().len().next_multiple_of(4_096);
    files(folder, "").iter().map(blocks).sum()
}

#[tokio::test]
async fn a_cache_stays_within_its_limit_and_keeps_what_it_must() {
    const LIMIT: u64 = 40 * SMALL;
    let (folder, (behind_folder, behind)) = (tempfile::tempdir().unwrap(), store());
    let own = bytes(50_000, 1_000);
    behind.put(own.clone()).await.unwrap();
    let cache = BlobStore::cache(folder.path(), LIMIT, behind.clone()).await.unwrap();
    let kept: HashSet<_> = {
        let mut kept = HashSet::new();
        for seed in 0..5 {
            kept.insert(cache.put(bytes(5_000, seed)).await.unwrap());
        }
        kept
    };
    cache.keep(kept.clone());
    let used = cache.put(bytes(3_000, 5)).await.unwrap();
    let mut last = used;
    for seed in 6..100 {
        last = cache.put(bytes((seed as usize * 97) % 9_000, seed)).await.unwrap();
        assert!(size(&folder) <= LIMIT, "{} bytes", size(&folder));
        assert!(cache.has(used).await.unwrap(), "it is used all the time");
    }
    assert!(cache.has(last).await.unwrap());
    for blob in &kept {
        assert!(cache.get(*blob, 5_000).await.is_ok());
    }
    assert!(files(&folder, ".index").len() < 60, "some went");
    assert_eq!(cache.get(payload_commitment(&own), 50_000).await.unwrap(), own);
    assert_eq!(files(&behind_folder, "").len(), 2, "what is behind is not touched");

    // What is needed leaves no room for this.
    let large = cache.put(bytes(LIMIT as usize - 5 * 12_288, 200)).await;
    assert!(matches!(large, Err(BlobError::Full { .. })), "{large:?}");
    assert!(cache.has(last).await.unwrap(), "and nothing went for it");
    drop(cache);
    let cache = BlobStore::cache(folder.path(), 2 * SMALL, behind).await.unwrap();
    let newest = cache.put(bytes(10, 300)).await.unwrap();
    assert!(size(&folder) <= 2 * SMALL, "a smaller limit holds from the first blob on");
    assert!(cache.has(newest).await.unwrap());
}

#[tokio::test]
async fn a_cache_reads_what_is_behind_it() {
    let (folder, (_behind_folder, behind)) = (tempfile::tempdir().unwrap(), store());
    let blob = bytes(3_000_000, 1);
    let commitment = behind.put(blob.clone()).await.unwrap();
    let cache = BlobStore::cache(folder.path(), 1 << 30, behind.clone()).await.unwrap();
    assert!(cache.has(commitment).await.unwrap());
    assert_eq!(cache.get(commitment, u64::MAX).await.unwrap(), blob);
    assert_eq!(cache.range(commitment, 5_000..9_000).await.unwrap(), blob[5_000..9_000]);
    let parts: Vec<_> = cache.stream(commitment, 10..2_500_000).await.unwrap().collect().await;
    let parts: Vec<Bytes> = parts.into_iter().map(Result::unwrap).collect();
    assert_eq!(parts.concat(), blob[10..2_500_000]);
    assert!(files(&folder, "").is_empty());

    let other = cache.put(bytes(10, 2)).await.unwrap();
    assert!(!behind.has(other).await.unwrap());
    cache.put(blob.clone()).await.unwrap();
    cache.remove(commitment).await.unwrap();
    assert_eq!(cache.get(commitment, u64::MAX).await.unwrap(), blob, "there it still is");
    cache.remove(other).await.unwrap();
    assert!(matches!(cache.get(other, 10).await, Err(BlobError::NotFound(_))));
}

#[tokio::test]
async fn a_cache_belongs_to_one_process() {
    let (folder, (_behind_folder, behind)) = (tempfile::tempdir().unwrap(), store());
    let cache = BlobStore::cache(folder.path(), 1 << 20, behind.clone()).await.unwrap();
    let other = BlobStore::cache(folder.path(), 1 << 20, behind.clone()).await;
    assert!(matches!(&other, Err(BlobError::InUse(place)) if place == folder.path()), "{other:?}");
    let copy = cache.clone();
    drop(cache);
    assert!(BlobStore::cache(folder.path(), 1 << 20, behind.clone()).await.is_err(), "a copy holds it too");
    drop(copy);
    assert!(BlobStore::cache(folder.path(), 1 << 20, behind).await.is_ok());
}

/// Blobs that come and go while somebody else decides what stays: what was there after it was kept, is there at the end.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_and_there_stays_whoever_makes_room() {
    let (folder, (_behind_folder, behind)) = (tempfile::tempdir().unwrap(), store());
    let cache = BlobStore::cache(folder.path(), 24 * SMALL, behind).await.unwrap();
    let writer = {
        let cache = cache.clone();
        tokio::spawn(async move {
            for seed in 0..600 {
                cache.put(bytes(2_000, seed % 40)).await.unwrap();
            }
        })
    };
    let (mut round, mut found) = (0u64, 0);
    while !writer.is_finished() || round < 50 {
        let wanted: Vec<_> = (0..3).map(|number| bytes(2_000, (round * 7 + number) % 40)).collect();
        let names: Vec<_> = wanted.iter().map(|blob| payload_commitment(blob)).collect();
        cache.keep(names.iter().copied().collect());
        for (name, blob) in names.iter().zip(&wanted) {
            if cache.has(*name).await.unwrap() {
                found += 1;
                tokio::task::yield_now().await;
                assert_eq!(cache.get(*name, 2_000).await.unwrap(), *blob, "round {round}");
            }
        }
        round += 1;
    }
    writer.await.unwrap();
    assert!(found > 0, "nothing was tried");
}
