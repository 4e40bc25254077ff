#![allow(clippy::unwrap_used)]

mod client;
mod full;
mod index;
mod lying;
mod s3;
mod server;
mod slow;
mod store;

use alloy_primitives::B256;
use bytes::Bytes;
use lux_blobs::{BlobStore, Client, ClientConfig, ServerConfig, ServerHandle, serve};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes without a pattern.
fn bytes(length: usize, seed: u64) -> Bytes {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = std::iter::repeat_with(word).take(length.div_ceil(8)).flatten().collect();
    bytes.truncate(length);
    bytes.into()
}

fn store() -> (TempDir, BlobStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = BlobStore::folder(folder.path()).unwrap();
    (folder, store)
}

/// Paths of all files of a store, by what their name ends with.
fn files(folder: &TempDir, ending: &str) -> Vec<std::path::PathBuf> {
    let shards = std::fs::read_dir(folder.path()).unwrap().map(|shard| shard.unwrap().path());
    let files = shards.filter(|path| path.is_dir()).flat_map(|shard| std::fs::read_dir(shard).unwrap());
    let all = files.map(|file| file.unwrap().path());
    all.filter(|path| path.to_str().unwrap().ends_with(ending)).collect()
}

/// A server that takes uploads, of a new store.
async fn served(change: impl FnOnce(&mut ServerConfig)) -> (TempDir, BlobStore, ServerHandle) {
    let (folder, store) = store();
    let mut config = ServerConfig { writable: true, ..Default::default() };
    change(&mut config);
    let server = serve(([127, 0, 0, 1], 0).into(), store.clone(), config).await.unwrap();
    (folder, store, server)
}

fn client() -> Client {
    let retry_pause = Duration::from_millis(1);
    Client::new(ClientConfig { allow_private: true, retry_pause, ..Default::default() }).unwrap()
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Sends a request as it stands, and reads until the server closes.
async fn ask(server: &ServerHandle, first_line: &str, headers: &str, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(server.local_addr).await.unwrap();
    let head = format!("{first_line} HTTP/1.1\r\nHost: blobs\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    // A server may refuse before it has read everything.
    let _ = stream.write_all(body).await;
    answer(stream).await
}

async fn answer(mut stream: TcpStream) -> Answer {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all).await;
    let end = all.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8(all[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: all[end + 4..].to_vec() }
}

fn path(commitment: B256) -> String {
    format!("/blobs/{commitment}")
}
