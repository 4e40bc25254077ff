//! Kills a process that stores blobs with SIGKILL, again and again: what it said is stored is there, and what is there is
//! whole. Has a `main` of its own, to be both processes.

#![allow(clippy::unwrap_used)]

use alloy_primitives::B256;
use bytes::Bytes;
use lux_blobs::BlobStore;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const ROUNDS: u64 = 12;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match std::env::args().skip_while(|argument| argument != "store-into").nth(1) {
        Some(folder) => runtime.block_on(store_for_ever(Path::new(&folder))),
        None => kill_and_look(&runtime),
    }
}

/// Blobs of 12 MiB, which are written in parts, no two alike.
async fn store_for_ever(folder: &Path) {
    let store = BlobStore::folder(folder).unwrap();
    let mut blob = vec![7; 12 << 20];
    for seed in u64::from(std::process::id()) << 32.. {
        blob[..8].copy_from_slice(&seed.to_le_bytes());
        let commitment = store.put(Bytes::copy_from_slice(&blob)).await.unwrap();
        println!("{commitment}");
        std::io::stdout().flush().unwrap();
    }
}

fn names(folder: &Path) -> Vec<String> {
    let shards = std::fs::read_dir(folder).unwrap();
    let files = shards.flat_map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap());
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
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["store-into", folder.path().to_str().unwrap()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
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
