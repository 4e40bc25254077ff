use crate::{bytes, files, store};
use alloy_primitives::B256;
use bytes::Bytes;
use futures_util::stream;
use lux_blobs::{BlobError, BlobStore, Part};
use lux_protocol::payload_commitment;
use proptest::prelude::*;
use std::path::Path;

const MIB: usize = 1 << 20;

/// A store that has checked nothing yet.
fn reopened(folder: &Path) -> BlobStore {
    BlobStore::folder(folder).unwrap()
}

#[tokio::test]
async fn what_was_put_is_got() {
    let (folder, store) = store();
    for length in [0, 1, 4_095, 4_096, 4_097, MIB, 3 * MIB + 5, 8 * MIB, 8 * MIB + 1, 25 * MIB + 77] {
        let blob = bytes(length, length as u64);
        let commitment = store.put(blob.clone()).await.unwrap();
        assert_eq!(commitment, payload_commitment(&blob));
        for store in [&store, &reopened(folder.path())] {
            assert!(store.has(commitment).await.unwrap());
            assert_eq!(store.get(commitment, length as u64).await.unwrap(), blob);
            let parts: Vec<Bytes> = futures_util::TryStreamExt::try_collect(
                store.stream(commitment, length as u64 / 3..length as u64).await.unwrap(),
            )
            .await
            .unwrap();
            assert!(parts.iter().all(|part| part.len() <= MIB));
            assert_eq!(parts.concat(), blob[length / 3..]);
        }
        if length > 0 {
            let limited = store.get(commitment, length as u64 - 1).await;
            assert!(matches!(limited, Err(BlobError::TooLarge { .. })));
        }
    }
    assert_eq!(files(&folder, "").len(), 20);
}

#[tokio::test]
async fn a_file_is_put() {
    let (folder, store) = store();
    let blob = bytes(9 * MIB + 1, 5);
    let file = folder.path().join("input");
    std::fs::write(&file, &blob).unwrap();
    let commitment = store.put_file(&file).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(store.get(commitment, u64::MAX).await.unwrap(), blob);
    assert!(matches!(store.put_file(&file).await, Err(BlobError::Source(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn ranges(length in 0usize..300_000, a: prop::sample::Index, b: prop::sample::Index) {
        let (a, b) = (a.index(length + 1), b.index(length + 1));
        let blob = bytes(length, 11);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (_folder, store) = store();
            let commitment = store.put(blob.clone()).await.unwrap();
            let got = store.range(commitment, a.min(b) as u64..a.max(b) as u64).await.unwrap();
            assert_eq!(got, blob[a.min(b)..a.max(b)]);
            let beyond = store.range(commitment, 0..length as u64 + 1).await;
            assert!(matches!(beyond, Err(BlobError::OutOfRange { .. })));
        });
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (_folder, store) = store();
    assert!(!store.has(B256::ZERO).await.unwrap());
    assert!(matches!(store.get(B256::ZERO, 1).await, Err(BlobError::NotFound(_))));
    assert!(matches!(store.range(B256::ZERO, 0..0).await, Err(BlobError::NotFound(_))));
}

/// Damages the file with this ending, and returns what a reader finds.
async fn after(ending: &str, damage: impl Fn(&Path)) -> (Result<Bytes, BlobError>, bool) {
    let (folder, store) = store();
    let blob = bytes(100_000, 1);
    let commitment = store.put(blob.clone()).await.unwrap();
    let name = format!("{}{ending}", commitment.to_string().trim_start_matches("0x"));
    damage(&files(&folder, &name)[0]);
    let store = reopened(folder.path());
    let found = (store.get(commitment, u64::MAX).await, store.has(commitment).await.unwrap());
    assert_eq!(reopened(folder.path()).put(blob.clone()).await.unwrap(), commitment);
    assert_eq!(reopened(folder.path()).get(commitment, u64::MAX).await.unwrap(), blob, "storing again repairs");
    found
}

fn change(path: &Path, change: impl Fn(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_corrupting_store_is_found_out() {
    let corrupt = |found: &Result<Bytes, BlobError>, expected| match found {
        Err(BlobError::Corrupt { part, .. }) => assert_eq!(*part, expected),
        other => panic!("{other:?}"),
    };
    for at in [0, 4_096, 99_999] {
        let (found, _) = after("", |path| change(path, |bytes| bytes[at] ^= 1)).await;
        corrupt(&found, Part::Piece(at as u64 / 4_096));
    }
    for length in [0, 1, 99_999] {
        let (found, has) = after("", |path| change(path, |bytes| bytes.truncate(length))).await;
        corrupt(&found, Part::Whole);
        assert!(!has);
    }
    let (_, has) = after("", |path| change(path, |bytes| bytes.push(0))).await;
    assert!(!has, "a byte too many");
    let (found, has) = after("", |path| std::fs::remove_file(path).unwrap()).await;
    assert!(matches!(found, Err(BlobError::NotFound(_))) && !has);
    for at in [0, 7, 8, 100] {
        let (found, has) = after(".index", |path| change(path, |bytes| bytes[at] ^= 1)).await;
        corrupt(&found, Part::Index);
        assert!(!has);
    }
    for length in [0, 7, 8, 40] {
        let (found, _) = after(".index", |path| change(path, |bytes| bytes.truncate(length))).await;
        corrupt(&found, Part::Index);
    }
    let (found, _) = after(".index", |path| change(path, |bytes| bytes.resize(10 * MIB, 0))).await;
    corrupt(&found, Part::Index);
}

#[tokio::test]
async fn a_range_does_not_suffer_from_damage_elsewhere() {
    let (folder, store) = store();
    let blob = bytes(100_000, 1);
    let commitment = store.put(blob.clone()).await.unwrap();
    let name = commitment.to_string();
    change(&files(&folder, &name[2..])[0], |bytes| bytes[50_000] ^= 1);
    assert_eq!(store.range(commitment, 60_000..99_999).await.unwrap(), blob[60_000..99_999]);
    assert!(store.range(commitment, 50_500..50_501).await.is_err(), "the same piece");
}

#[tokio::test]
async fn other_bytes_than_announced_leave_nothing() {
    let (folder, store) = store();
    for length in [10, 20 * MIB] {
        let blob = bytes(length, 1);
        let parts = || stream::iter(blob.chunks(MIB).map(|part| Ok(Bytes::copy_from_slice(part))).collect::<Vec<_>>());
        let wrong = store.put_stream(B256::repeat_byte(1), u64::MAX, parts()).await;
        assert!(matches!(wrong, Err(BlobError::Corrupt { part: Part::Whole, .. })));
        let limit = length as u64 - 1;
        let long = store.put_stream(payload_commitment(&blob), limit, parts()).await;
        assert!(matches!(long, Err(BlobError::TooLarge { .. })));
    }
    assert_eq!(files(&folder, "").len(), 0);
}

#[tokio::test]
async fn an_interrupted_put_leaves_nothing() {
    let (folder, store) = store();
    let blob = bytes(20 * MIB, 1);
    let commitment = payload_commitment(&blob);
    for kept in [MIB, 9 * MIB, 20 * MIB] {
        let error = BlobError::NotFound(B256::ZERO);
        let broken = stream::iter([Ok(blob.slice(..kept)), Err(error)]);
        assert!(matches!(store.put_stream(commitment, u64::MAX, broken).await, Err(BlobError::NotFound(_))));
        assert!(!store.has(commitment).await.unwrap());
    }
    assert_eq!(files(&folder, "").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_puts_of_one_blob() {
    let (folder, store) = store();
    let blob = bytes(10 * MIB, 1);
    let mut puts = tokio::task::JoinSet::new();
    for n in 0..8 {
        let (store, other, blob) = (store.clone(), reopened(folder.path()), blob.clone());
        puts.spawn(async move { if n % 2 == 0 { store.put(blob).await } else { other.put(blob).await } });
    }
    let done = puts.join_all().await;
    let commitment = payload_commitment(&blob);
    assert!(done.iter().all(|put| put.as_ref().is_ok_and(|put| *put == commitment)), "{done:?}");
    assert_eq!(reopened(folder.path()).get(commitment, u64::MAX).await.unwrap(), blob);
    assert_eq!(files(&folder, "").len(), 2);
}

#[tokio::test]
async fn old_remains_are_removed_and_young_ones_are_not() {
    let (folder, store) = store();
    let commitment = store.put(bytes(10, 1)).await.unwrap();
    let data = files(&folder, &commitment.to_string()[2..])[0].clone();
    let (old, young) = (format!("{}#1", data.display()), format!("{}#2", data.display()));
    let two_days_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 86_400);
    std::fs::File::create(&old).unwrap().set_modified(two_days_ago).unwrap();
    std::fs::File::open(&data).unwrap().set_modified(two_days_ago).unwrap();
    std::fs::write(&young, b"").unwrap();
    let store = reopened(folder.path());
    assert!(!Path::new(&old).exists() && Path::new(&young).exists());
    assert!(store.has(commitment).await.unwrap());
}
