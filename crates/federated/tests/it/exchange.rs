//! Blobs of many servers at a time, some of which are slow or silent.

use alloy_primitives::B256;
use lux_blobs::{BlobError, BlobStore, Client, ClientConfig, ServerConfig, ServerHandle, serve};
use lux_federated::{Exchange, FetchLimits};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;

const LENGTH: usize = 10_000;
const SHORT: Duration = Duration::from_millis(200);

fn client() -> Client {
    Client::new(ClientConfig { allow_private: true, ..ClientConfig::default() }).unwrap()
}

struct Scene {
    folder: TempDir,
    server: ServerHandle,
    blobs: Vec<B256>,
}

impl Scene {
    /// A server with so many blobs.
    async fn new(count: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::folder(&folder.path().join("theirs")).unwrap();
        let mut blobs = Vec::new();
        for number in 0..count {
            blobs.push(store.put(vec![number; LENGTH].into()).await.unwrap());
        }
        let server = serve("127.0.0.1:0".parse().unwrap(), store, ServerConfig::default()).await.unwrap();
        Self { folder, server, blobs }
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.local_addr)
    }

    fn own(&self) -> BlobStore {
        BlobStore::folder(&self.folder.path().join("own")).unwrap()
    }

    fn wanted(&self) -> impl Iterator<Item = (B256, usize)> {
        self.blobs.iter().map(|blob| (*blob, LENGTH))
    }
}

/// A server that takes connections and never answers; how many it has.
async fn silent() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, connections) = (format!("http://{}", listener.local_addr().unwrap()), Arc::new(AtomicUsize::new(0)));
    let count = connections.clone();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
            count.store(held.len(), Ordering::SeqCst);
        }
    });
    (url, connections)
}

#[tokio::test]
async fn a_silent_server_keeps_nobody_waiting() {
    let scene = Scene::new(12).await;
    let (silent, _) = silent().await;
    let blobs = Exchange::new(scene.own()).with_sources(client(), vec![scene.url()]).waiting_at_most(SHORT);
    blobs.set_sources(vec![scene.url()], HashMap::from([(scene.blobs[0], silent)]));
    blobs.prefetch(scene.wanted());
    for blob in &scene.blobs[1..] {
        // However busy this machine is: what is under way comes in the end.
        while let Err(error) = blobs.get(*blob, LENGTH).await {
            assert!(error.is_temporary(), "{error}");
        }
    }
    let error = blobs.get(scene.blobs[0], LENGTH).await.unwrap_err();
    assert!(matches!(error, BlobError::TimedOut { .. }), "{error}");
}

#[tokio::test]
async fn after_a_slow_server_the_next_one_is_asked() {
    let scene = Scene::new(1).await;
    let (silent, _) = silent().await;
    let limits = FetchLimits { patience: SHORT, ..FetchLimits::default() };
    let blobs = Exchange::new(scene.own()).with_limits(client(), vec![silent, scene.url()], limits);
    assert_eq!(blobs.get(scene.blobs[0], LENGTH).await.unwrap(), vec![0; LENGTH]);
}

#[tokio::test]
async fn as_many_at_a_time_as_memory_is_for() {
    let scene = Scene::new(10).await;
    let (silent, connections) = silent().await;
    // For three: a blob, and what a transfer holds besides.
    let limits = FetchLimits { memory_bytes: 3 * (576 << 10), ..FetchLimits::default() };
    let blobs = Exchange::new(scene.own()).with_limits(client(), vec![silent], limits);
    blobs.prefetch(scene.wanted());
    while connections.load(Ordering::SeqCst) < 3 {
        tokio::time::sleep(SHORT / 20).await;
    }
    tokio::time::sleep(SHORT).await;
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}

/// Two transfers of which one may have fewer bytes, and a blob that is too large for all memory.
#[tokio::test]
async fn limits_are_those_of_who_asks() {
    let scene = Scene::new(1).await;
    let limits = FetchLimits { memory_bytes: 1, ..FetchLimits::default() };
    let blobs = Exchange::new(scene.own()).with_limits(client(), vec![scene.url()], limits);
    blobs.prefetch([(scene.blobs[0], LENGTH - 1)]);
    assert_eq!(blobs.get(scene.blobs[0], LENGTH).await.unwrap().len(), LENGTH);
    let error = blobs.get(scene.blobs[0], LENGTH - 1).await.unwrap_err();
    assert!(matches!(error, BlobError::TooLarge { .. }), "{error}");
}
