//! Where blobs go and come from.

use alloy_primitives::B256;
use bytes::Bytes;
use lux_blobs::{BlobError, BlobStore, Client};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;

/// An own store, and servers that others have theirs behind.
#[derive(Clone, Debug)]
pub struct Exchange {
    store: BlobStore,
    client: Option<Client>,
    sources: Arc<RwLock<Sources>>,
}

/// Servers, which become known in the course of a job.
#[derive(Debug, Default)]
struct Sources {
    all: Vec<String>,
    /// Who said that it has a blob is asked first.
    likely: HashMap<B256, String>,
}

impl Exchange {
    pub fn new(store: BlobStore) -> Self {
        Self { store, client: None, sources: Arc::default() }
    }

    /// Asks these servers, in order, for what the own store lacks.
    pub fn with_sources(self, client: Client, sources: Vec<String>) -> Self {
        let exchange = Self { client: Some(client), ..self };
        exchange.set_sources(sources, HashMap::new());
        exchange
    }

    /// From now on, for all copies of this. The `likely` server of a blob is asked before the others.
    pub fn set_sources(&self, sources: Vec<String>, likely: HashMap<B256, String>) {
        *self.sources.write() = Sources { all: sources, likely };
    }

    fn sources_of(&self, commitment: B256) -> Vec<String> {
        let sources = self.sources.read();
        let likely = sources.likely.get(&commitment);
        let others = sources.all.iter().filter(|source| Some(*source) != likely);
        likely.into_iter().chain(others).cloned().collect()
    }

    pub const fn store(&self) -> &BlobStore {
        &self.store
    }

    pub async fn put(&self, bytes: Vec<u8>) -> Result<B256, BlobError> {
        self.store.put(bytes.into()).await
    }

    /// A blob of at most `limit` bytes. What came from elsewhere is kept.
    pub async fn get(&self, commitment: B256, limit: usize) -> Result<Bytes, BlobError> {
        let limit = limit as u64;
        let mut missing = match self.store.get(commitment, limit).await {
            Err(error @ BlobError::NotFound(_)) => error,
            found => return found,
        };
        let Some(client) = &self.client else { return Err(missing) };
        for source in self.sources_of(commitment) {
            match client.fetch_into(&self.store, &source, commitment, limit).await {
                Ok(_) => return self.store.get(commitment, limit).await,
                Err(error) => {
                    tracing::debug!(%commitment, source, %error, "not from here");
                    // A server that cannot be reached may have it: try again.
                    if error.is_temporary() {
                        missing = error;
                    }
                }
            }
        }
        Err(missing)
    }
}
