//! Kills a process that stores blobs with SIGKILL, again and again: what it said is stored is there, and what is there is
//! whole. A cache, which removes blobs meanwhile, stays within its limit. Has a `main` of its own, to be both processes.

#![allow(clippy::unwrap_used)]

use alloy_primitives::B256;
use bytes::Bytes;
use lux_blobs::BlobStore;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const ROUNDS: u64 = 12;

/// Room for five blobs.
const CACHE_BYTES: u64 = 64 << 20;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let arguments: Vec<String> = std::env::args().collect();
    match &arguments[..] {
        [_, role, folder, behind] if role == "store-into" => {
            runtime.block_on(store_for_ever(Path::new(folder), Path::new(behind)));
        }
        _ => {
            kill_and_look(&runtime);
            kill_caches(&runtime);
        }
    }
}

/// A cache where something is behind it.
async fn open(folder: &Path, behind: &Path) -> BlobStore {
    match behind.as_os_str().is_empty() {
        true => BlobStore::folder(folder).unwrap(),
        false => BlobStore::cache(folder, CACHE_BYTES, BlobStore::folder(behind).unwrap()).await.unwrap(),
    }
}

/// Blobs of 12 MiB, which are written in parts, no two alike.
async fn store_for_ever(folder: &Path, behind: &Path) {
    let store = open(folder, behind).await;
    let mut blob = vec![7; 12 << 20];
    for seed in u64::from(std::process::id()) << 32.. {
        blob[..8].copy_from_slice(&seed.to_le_bytes());
        let commitment = store.put(Bytes::copy_from_slice(&blob)).await.unwrap();
        println!("{commitment}");
        std::io::stdout().flush().unwrap();
    }
}

fn start(folder: &Path, behind: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["store-into", folder.to_str().unwrap(), behind])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Bytes of all files, remains included.
fn size(folder: &Path) -> u64 {
    let shards = std::fs::read_dir(folder).unwrap().map(|shard| shard.unwrap().path()).filter(|path| path.is_dir());
    let files = shards.flat_map(|shard| std::fs::read_dir(shard).unwrap());
    files.filter_map(|file| Some(file.ok()?.metadata().ok()?.len())).sum()
}

fn kill_caches(runtime: &tokio::runtime::Runtime) {
    let (folder, behind) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut largest, mut removed) = (0, 0);
    for round in 0..ROUNDS {
        let mut child = start(folder.path(), behind.path().to_str().unwrap());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Some are removed in every round, and the kill comes at any point.
        let stored: Vec<B256> = lines.by_ref().take(7).map(|line| line.unwrap().parse().unwrap()).collect();
        std::thread::sleep(Duration::from_millis(round * 3));
        child.kill().unwrap();
        child.wait().unwrap();
        largest = size(folder.path()).max(largest);
        let store = runtime.block_on(open(folder.path(), behind.path()));
        for name in names(folder.path()) {
            if let Some(commitment) = name.strip_suffix(".index") {
                let read = runtime.block_on(store.get(commitment.parse().unwrap(), u64::MAX));
                assert!(read.is_ok(), "{commitment} is visible: {read:?}");
            }
        }
        assert_eq!(unfinished(folder.path()), 0, "no remains in a cache");
        let gone = stored.iter().filter(|blob| !runtime.block_on(store.has(**blob)).unwrap());
        removed += gone.count();
    }
    assert!(largest <= CACHE_BYTES, "{largest} bytes in a cache of {CACHE_BYTES}");
    assert!(removed as u64 >= ROUNDS, "the cache was never full");
    println!("{ROUNDS} caches killed: {largest} bytes of {CACHE_BYTES}, {removed} blobs removed");
}

fn names(folder: &Path) -> Vec<String> {
    let shards = std::fs::read_dir(folder).unwrap().map(|shard| shard.unwrap().path()).filter(|path| path.is_dir());
    let files = shards.flat_map(|shard| std::fs::read_dir(shard).unwrap());
    // A name that is gone was made whole in between.
    files.filter_map(|file| file.ok()?.file_name().into_string().ok()).collect()
}

fn unfinished(folder: &Path) -> usize {
    names(folder).iter().filter(|name| name.contains('#')).count()
}

fn kill_and_look(runtime: &tokio::runtime::Runtime) {
    let folder = tempfile::tempdir().unwrap();
    let (mut stored, mut whole) = (Vec::<B256>::new(), 0);
    for round in 0..ROUNDS {
        let mut child = start(folder.path(), "");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        stored.push(lines.next().unwrap().unwrap().parse().unwrap());
        // At every other kill, a write is under way.
        let before = unfinished(folder.path());
        while round % 2 == 0 && unfinished(folder.path()) == before {}
        std::thread::sleep(Duration::from_millis(round * 3));
        child.kill().unwrap();
        child.wait().unwrap();
        stored.extend(lines.map(|line| line.unwrap().parse::<B256>().unwrap()));
    }
    let store = BlobStore::folder(folder.path()).unwrap();
    for commitment in &stored {
        let read = runtime.block_on(store.get(*commitment, u64::MAX));
        assert!(read.is_ok(), "{commitment} was stored: {read:?}");
    }
    for name in names(folder.path()) {
        if let Some(commitment) = name.strip_suffix(".index") {
            let read = runtime.block_on(store.get(commitment.parse().unwrap(), u64::MAX));
            assert!(read.is_ok(), "{commitment} is visible: {read:?}");
            whole += 1;
        }
    }
    let remains = unfinished(folder.path());
    assert!(remains > 0, "no kill came while a blob was written");
    assert!(whole >= stored.len());
    println!("{ROUNDS} processes killed: {} blobs stored, {whole} visible and whole, {remains} remains", stored.len());
}
