//! Where blobs go and come from.

use crate::downloads::{Downloads, FetchLimits};
use alloy_primitives::B256;
use bytes::Bytes;
use lux_blobs::{BlobError, BlobStore, Client};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// An own store, and servers that others have theirs behind. Copies share both, and what is under way.
#[derive(Clone, Debug)]
pub struct Exchange {
    store: BlobStore,
    downloads: Option<Arc<Downloads>>,
    wait: Option<Duration>,
}

impl Exchange {
    pub const fn new(store: BlobStore) -> Self {
        Self { store, downloads: None, wait: None }
    }

    /// Asks these servers, in order, for what the own store lacks.
    pub fn with_sources(self, client: Client, sources: Vec<String>) -> Self {
        self.with_limits(client, sources, FetchLimits::default())
    }

    /// The same with other limits.
    pub fn with_limits(self, client: Client, sources: Vec<String>, limits: FetchLimits) -> Self {
        let downloads = Downloads::new(client, limits);
        downloads.set_sources(sources, HashMap::new());
        Self { downloads: Some(Arc::new(downloads)), ..self }
    }

    /// This copy waits so long for a blob, counted from when somebody asked for it first. Then it says so, and the transfer goes on.
    pub fn waiting_at_most(self, wait: Duration) -> Self {
        Self { wait: Some(wait), ..self }
    }

    /// From now on, for all copies of this. The `likely` server of a blob is asked before the others.
    pub fn set_sources(&self, sources: Vec<String>, likely: HashMap<B256, String>) {
        if let Some(downloads) = &self.downloads {
            downloads.set_sources(sources, likely);
        }
    }

    pub const fn store(&self) -> &BlobStore {
        &self.store
    }

    pub async fn put(&self, bytes: Vec<u8>) -> Result<B256, BlobError> {
        self.store.put(bytes.into()).await
    }

    /// Begins to fetch these blobs, each of at most so many bytes, all at a time.
    pub fn prefetch(&self, wanted: impl IntoIterator<Item = (B256, usize)>) {
        let Some(downloads) = &self.downloads else { return };
        for (commitment, limit) in wanted {
            downloads.begin(&self.store, commitment, limit as u64);
        }
    }

    /// A blob of at most `limit` bytes. What came from elsewhere is kept.
    pub async fn get(&self, commitment: B256, limit: usize) -> Result<Bytes, BlobError> {
        let limit = limit as u64;
        match (self.store.get(commitment, limit).await, &self.downloads) {
            (Err(BlobError::NotFound(_)), Some(downloads)) => {
                downloads.wait(&self.store, commitment, limit, self.wait).await?;
                self.store.get(commitment, limit).await
            }
            (found, _) => found,
        }
    }
}
