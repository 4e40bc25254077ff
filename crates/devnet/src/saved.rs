//! What a devnet remembers beside its chain.

use crate::{DevnetError, Mining, clock::Clock};
use lux_chain::{ChainError, Store, StoreWriter};
use serde::{Deserialize, Serialize};

const META_DEVNET: &str = "devnet";

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Saved {
    pub clock: Clock,
    pub mining: Mining,
    /// Of the next block, where it was set; wei per gas.
    pub next_base_fee: Option<u64>,
    /// Reorganisations so far: their blocks carry the number, so that they differ from what they replace.
    pub reorgs: u64,
}

impl Saved {
    pub fn load(store: &Store) -> Result<Option<Self>, DevnetError> {
        let Some(bytes) = store.meta(META_DEVNET)? else { return Ok(None) };
        let saved = serde_json::from_slice(&bytes).map_err(|_| ChainError::Corrupt("state of the devnet"))?;
        Ok(Some(saved))
    }

    pub fn put(&self, writer: &StoreWriter) -> Result<(), ChainError> {
        let bytes = serde_json::to_vec(self).map_err(|error| ChainError::Store(error.to_string()))?;
        writer.put_meta(META_DEVNET, &bytes)
    }
}
