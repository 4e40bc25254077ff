//! Trie nodes and code with a bounded cache in front of the database.

use crate::{ChainError, Store};
use alloy_primitives::{B256, Bytes};
use lux_stf::StateSource;
use lux_trie::NodeSource;
use quick_cache::{Weighter, sync::Cache};
use std::sync::Arc;

/// Bytes of nodes and code kept in memory.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

#[derive(Clone)]
struct ByLength;

impl Weighter<B256, Bytes> for ByLength {
    fn weight(&self, _: &B256, value: &Bytes) -> u64 {
        // The map's own overhead counts too, or many small nodes would exceed the bound.
        value.len() as u64 + 96
    }
}

/// Content-addressed state data: any state root ever committed is readable through it. Clones share the cache.
#[derive(Clone)]
pub struct NodeDb {
    store: Store,
    cache: Arc<Cache<B256, Bytes, ByLength>>,
}

impl std::fmt::Debug for NodeDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeDb").field("cached_bytes", &self.cache.weight()).finish()
    }
}

impl NodeDb {
    pub fn new(store: Store) -> Self {
        let cache = Cache::with_weighter(CACHE_BYTES as usize / 400, CACHE_BYTES, ByLength);
        Self { store, cache: Arc::new(cache) }
    }

    /// Takes freshly written nodes into the cache.
    pub(crate) fn remember(&self, nodes: Vec<(B256, Bytes)>) {
        for (hash, node) in nodes {
            self.cache.insert(hash, node);
        }
    }

    fn read(
        &self,
        hash: &B256,
        load: impl FnOnce(&Store, &B256) -> Result<Option<Bytes>, ChainError>,
    ) -> Result<Bytes, String> {
        if let Some(value) = self.cache.get(hash) {
            return Ok(value);
        }
        let value = load(&self.store, hash).map_err(|error| error.to_string())?;
        let value = value.ok_or_else(|| format!("{hash} is not in the database"))?;
        self.cache.insert(*hash, value.clone());
        Ok(value)
    }
}

impl NodeSource for NodeDb {
    type Error = String;

    fn node(&self, hash: &B256) -> Result<Bytes, String> {
        self.read(hash, Store::node)
    }
}

impl StateSource for NodeDb {
    fn code(&self, hash: &B256) -> Result<Bytes, String> {
        self.read(hash, Store::code)
    }
}
