//! Blobs that are under way from the servers of others: many at a time, in bounded memory, and no server keeps the others waiting.

use alloy_primitives::B256;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use lux_blobs::{BlobError, BlobStore, Client};
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

/// What a transfer holds of a blob, at most: a part that is being written, and the next one.
const PART_BYTES: u64 = 16 << 20;
/// What it holds besides, whatever the blob's length.
const WINDOW_BYTES: u64 = 512 << 10;
/// A piece of 4,096 bytes has a hash of 32.
const INDEX_PART: u64 = 128;
/// Memory is counted in these.
const UNIT_BYTES: u64 = 64 << 10;
/// Times that all servers are asked, as long as one of them is only slow. Each time they get twice as long.
const TURNS: u32 = 6;

/// How much is fetched at a time, and how long a server may take.
#[derive(Clone, Copy, Debug)]
pub struct FetchLimits {
    /// Bytes that all transfers together hold in memory; a blob for which that is not enough is fetched alone.
    pub memory_bytes: u64,
    /// Then the next server is asked. A large blob gets more time: see `bytes_per_second`.
    pub patience: Duration,
    /// Rate below which a server is slow.
    pub bytes_per_second: u64,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self { memory_bytes: 64 << 20, patience: Duration::from_secs(20), bytes_per_second: 256 << 10 }
    }
}

/// Servers, which become known in the course of a job.
#[derive(Debug, Default)]
struct Sources {
    all: Vec<String>,
    /// Who said that it has a blob is asked first.
    likely: HashMap<B256, String>,
}

#[derive(Clone, Debug)]
struct Download {
    began: Instant,
    outcome: Shared<BoxFuture<'static, Result<(), BlobError>>>,
}

#[derive(Debug)]
pub(crate) struct Downloads {
    client: Client,
    limits: FetchLimits,
    room: Semaphore,
    sources: RwLock<Sources>,
    /// By commitment and limit: who allows less bytes fails alone.
    under_way: Mutex<HashMap<(B256, u64), Download>>,
}

impl Downloads {
    pub fn new(client: Client, limits: FetchLimits) -> Self {
        let room = Semaphore::new(units(limits.memory_bytes) as usize);
        Self { client, limits, room, sources: RwLock::default(), under_way: Mutex::default() }
    }

    pub fn set_sources(&self, all: Vec<String>, likely: HashMap<B256, String>) {
        *self.sources.write() = Sources { all, likely };
    }

    fn sources_of(&self, commitment: B256) -> Vec<String> {
        let sources = self.sources.read();
        let likely = sources.likely.get(&commitment);
        let others = sources.all.iter().filter(|source| Some(*source) != likely);
        likely.into_iter().chain(others).cloned().collect()
    }

    /// Sees to it that a blob comes into the store, and goes on with that whether or not somebody waits for it.
    pub fn begin(self: &Arc<Self>, store: &BlobStore, commitment: B256, limit: u64) {
        self.download(store, commitment, limit);
    }

    fn download(self: &Arc<Self>, store: &BlobStore, commitment: B256, limit: u64) -> Download {
        let (key, mut under_way) = ((commitment, limit), self.under_way.lock());
        if let Some(known) = under_way.get(&key) {
            return known.clone();
        }
        let (this, store) = (self.clone(), store.clone());
        let task = tokio::spawn(async move {
            let outcome = this.fetch(&store, commitment, limit).await;
            this.under_way.lock().remove(&key);
            outcome
        });
        let outcome = task.map(|ended| ended.unwrap_or_else(|error| Err(BlobError::Store(Arc::new(error)))));
        let download = Download { began: Instant::now(), outcome: outcome.boxed().shared() };
        under_way.insert(key, download.clone());
        download
    }

    /// Waits for a blob, at most until it has been under way for so long.
    pub async fn wait(
        self: &Arc<Self>,
        store: &BlobStore,
        commitment: B256,
        limit: u64,
        most: Option<Duration>,
    ) -> Result<(), BlobError> {
        let Download { began, outcome } = self.download(store, commitment, limit);
        let Some(most) = most else { return outcome.await };
        let late = BlobError::TimedOut { url: format!("blob {commitment}"), what: "its transfer, which goes on," };
        timeout_at(began + most, outcome).await.unwrap_or(Err(late))
    }

    async fn fetch(&self, store: &BlobStore, commitment: B256, limit: u64) -> Result<(), BlobError> {
        if store.has(commitment).await? {
            return Ok(());
        }
        let usual = self.limits.patience + Duration::from_secs(limit / self.limits.bytes_per_second.max(1));
        let memory =
            units(limit.min(PART_BYTES) + limit / INDEX_PART + WINDOW_BYTES).min(units(self.limits.memory_bytes));
        let mut missing = BlobError::NotFound(commitment);
        for turn in 0..TURNS {
            let mut is_slow = false;
            for source in self.sources_of(commitment) {
                let Ok(_room) = self.room.acquire_many(memory).await else { return Err(missing) };
                let transfer = self.client.fetch_into(store, &source, commitment, limit);
                match timeout(usual * 2u32.pow(turn), transfer).await {
                    Ok(Ok(_)) => return Ok(()),
                    Ok(Err(error)) => {
                        tracing::debug!(%commitment, source, %error, "not from here");
                        // A server that cannot be reached may have it: try again.
                        if error.is_temporary() {
                            missing = error;
                        }
                    }
                    Err(_) => {
                        tracing::debug!(%commitment, source, "slow: the next server is asked");
                        missing = BlobError::TimedOut { url: source, what: "a blob" };
                        is_slow = true;
                    }
                }
            }
            if !is_slow {
                break;
            }
        }
        Err(missing)
    }
}

/// Of memory, at least one.
fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES).max(1)).unwrap_or(u32::MAX)
}
