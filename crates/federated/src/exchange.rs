//! Where blobs go and come from.

use alloy_primitives::B256;
use bytes::Bytes;
use lux_blobs::{BlobError, BlobStore, Client};

/// An own store, and servers that others have theirs behind.
#[derive(Clone, Debug)]
pub struct Exchange {
    store: BlobStore,
    client: Option<Client>,
    sources: Vec<String>,
}

impl Exchange {
    pub const fn new(store: BlobStore) -> Self {
        Self { store, client: None, sources: Vec::new() }
    }

    /// Asks these servers, in order, for what the own store lacks.
    pub fn with_sources(self, client: Client, sources: Vec<String>) -> Self {
        Self { client: Some(client), sources, ..self }
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
        for source in &self.sources {
            match client.fetch_into(&self.store, source, commitment, limit).await {
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
