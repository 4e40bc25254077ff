//! Models and inputs, from the operator's store or from where others say that they are.

use crate::DataError;
use crate::board::Offer;
use alloy_primitives::B256;
use bytes::Bytes;
use lux_blobs::{BlobError, BlobStore, Client, ClientConfig};
use lux_inference::Bundle;
use lux_inference::fast::Engine;
use lux_models::ModelsError;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// Where models and inputs come from, and how much of them is kept.
#[derive(Clone, Debug)]
pub struct LibraryConfig {
    /// Asked before any place that a requester or a model's owner names. May be in a private network.
    pub sources: Vec<String>,
    /// Whether places that others name may be in a private network. Only for development.
    pub allow_private: bool,
    pub max_weight_bytes: u64,
    /// Weights of models that stay in memory.
    pub memory_bytes: u64,
    pub threads: usize,
}

impl Default for LibraryConfig {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            allow_private: false,
            max_weight_bytes: 1 << 30,
            memory_bytes: 4 << 30,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// A model that is ready to run.
#[derive(Debug)]
pub struct LoadedModel {
    pub bundle: Bundle,
    pub engine: Engine,
}

impl LoadedModel {
    /// Multiply-accumulates count twice.
    pub fn flops(&self) -> u64 {
        self.bundle.model.plan().macs.saturating_mul(2)
    }
}

#[derive(Clone)]
struct ByWeights;

impl Weighter<B256, Arc<LoadedModel>> for ByWeights {
    fn weight(&self, _: &B256, model: &Arc<LoadedModel>) -> u64 {
        // As they are, and packed for the processor.
        2 * model.bundle.model.plan().constant_bytes + (1 << 20)
    }
}

/// The operator's store in front of everybody else's.
pub struct Library {
    store: BlobStore,
    own: Client,
    strangers: Client,
    config: LibraryConfig,
    models: Cache<B256, Arc<LoadedModel>, ByWeights>,
}

impl Library {
    pub fn new(store: BlobStore, config: LibraryConfig) -> Result<Self, BlobError> {
        let client = |allow_private| Client::new(ClientConfig { allow_private, ..ClientConfig::default() });
        let (own, strangers) = (client(true)?, client(config.allow_private)?);
        let models = Cache::with_weighter(64, config.memory_bytes, ByWeights);
        Ok(Self { store, own, strangers, config, models })
    }

    pub const fn store(&self) -> &BlobStore {
        &self.store
    }

    /// The places to ask, the operator's first.
    fn places<'a>(&'a self, location: &'a str) -> impl Iterator<Item = (&'a Client, &'a str)> {
        let named = Some(location).filter(|location| !location.is_empty()).map(|location| (&self.strangers, location));
        self.config.sources.iter().map(|source| (&self.own, source.as_str())).chain(named)
    }

    /// A model and its weights, fetched where the store lacks them.
    pub async fn model(&self, hash: B256, location: &str) -> Result<Arc<LoadedModel>, DataError> {
        if let Some(model) = self.models.get(&hash) {
            return Ok(model);
        }
        let limit = self.config.max_weight_bytes;
        let bundle = match lux_models::load(&self.store, hash, limit).await {
            Err(ModelsError::Blob(BlobError::NotFound(_) | BlobError::Corrupt { .. })) => {
                self.fetch_model(hash, location).await?;
                lux_models::load(&self.store, hash, limit).await?
            }
            loaded => loaded?,
        };
        let engine = Engine::new(&bundle, self.config.threads);
        let model = Arc::new(LoadedModel { bundle, engine });
        self.models.insert(hash, model.clone());
        Ok(model)
    }

    async fn fetch_model(&self, hash: B256, location: &str) -> Result<(), DataError> {
        let mut failure = DataError::NoPlace("the model");
        for (client, place) in self.places(location) {
            match lux_models::fetch(client, place, &self.store, hash, self.config.max_weight_bytes).await {
                Ok(_) => return Ok(()),
                Err(error) => failure = error.into(),
            }
        }
        Err(failure)
    }

    /// The input of a task, of the length that the model takes.
    pub async fn input(&self, model: &LoadedModel, offer: &Offer) -> Result<Bytes, DataError> {
        let (commitment, expected) = (offer.input.commitment, model.bundle.model.input_bytes() as u64);
        let input = match self.store.get(commitment, expected).await {
            Err(BlobError::NotFound(_) | BlobError::Corrupt { .. }) => {
                self.fetch_input(commitment, expected, &offer.location()).await?
            }
            found => found.map_err(|error| input_error(error, expected))?,
        };
        match input.len() as u64 {
            found if found == expected => Ok(input),
            found => Err(DataError::InputLength { found, expected }),
        }
    }

    async fn fetch_input(&self, commitment: B256, limit: u64, location: &str) -> Result<Bytes, DataError> {
        let mut failure = DataError::NoPlace("the input");
        for (client, place) in self.places(location) {
            let fetched = match client.fetch(place, commitment, limit).await {
                // Kept: it is read again for the trace, and after a restart.
                Ok(input) => self.store.put(input.clone()).await.map(|_| input),
                Err(error) => Err(error),
            };
            match fetched {
                Ok(input) => return Ok(input),
                Err(error) => failure = input_error(error, limit),
            }
        }
        Err(failure)
    }
}

fn input_error(error: BlobError, expected: u64) -> DataError {
    match error {
        BlobError::TooLarge { length, .. } => DataError::InputLength { found: length, expected },
        error => DataError::Input(error),
    }
}
