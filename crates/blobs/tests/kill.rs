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

const ROUNDS: u64 = 25;

/// 12 MiB, written in parts, and nothing that another seed gives.
fn blob(seed: u64) -> Bytes {
    (0..12u64 << 17).flat_map(|word| (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed).to_le_bytes()).collect()
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match std::env::args().skip_while(|argument| argument != "store-into").nth(1) {
        Some(folder) => runtime.block_on(store_for_ever(Path::new(&folder))),
        None => kill_and_look(&runtime),
    }
}

async fn store_for_ever(folder: &Path) {
    let store = BlobStore::folder(folder).unwrap();
    for seed in u64::from(std::process::id()) << 32.. {
        let commitment = store.put(blob(seed)).await.unwrap();
        println!("{commitment}");
        std::io::stdout().flush().unwrap();
    }
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
        std::thread::sleep(Duration::from_millis(round * 7));
        child.kill().unwrap();
        child.wait().unwrap();
        stored.extend(lines.map(|line| line.unwrap().parse::<B256>().unwrap()));
    }
    let store = BlobStore::folder(folder.path()).unwrap();
    for commitment in &stored {
        let read = runtime.block_on(store.get(*commitment, u64::MAX));
        assert!(read.is_ok(), "{commitment} was stored: {read:?}");
    }
    let mut remains = 0;
    for shard in std::fs::read_dir(folder.path()).unwrap() {
        for file in std::fs::read_dir(shard.unwrap().path()).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            remains += u32::from(name.contains('#'));
            if let Some(commitment) = name.strip_suffix(".index") {
                let read = runtime.block_on(store.get(commitment.parse().unwrap(), u64::MAX));
                assert!(read.is_ok(), "{commitment} is visible: {read:?}");
                whole += 1;
            }
        }
    }
    assert!(whole >= stored.len());
    println!("{ROUNDS} processes killed: {} blobs stored, {whole} visible and whole, {remains} remains", stored.len());
}
