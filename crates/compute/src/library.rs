//! Models and inputs, from the operator's store or from where others say that they are.

use crate::DataError;
use crate::board::Offer;
use alloy_primitives::B256;
use bytes::Bytes;
use lux_blobs::{BlobError, BlobStore, Client, ClientConfig};
use lux_confidential::{MAX_RECIPIENTS, sealed_bytes};
use lux_dispute::{DisputeError, run_blocking};
use lux_inference::fast::Engine;
use lux_inference::limits::MAX_MODEL_BYTES;
use lux_inference::{Bundle, Model};
use lux_models::ModelsError;
use parking_lot::Mutex;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

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
    /// For one blob from a place that others name.
    pub fetch_timeout: Duration,
}

impl Default for LibraryConfig {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            allow_private: false,
            max_weight_bytes: 1 << 30,
            memory_bytes: 4 << 30,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            fetch_timeout: Duration::from_secs(120),
        }
    }
}

/// Models in memory at a time, however small: each has threads of its own.
const MAX_MODELS: u64 = 16;
/// Models whose weights are known by name.
const MAX_REMEMBERED: usize = 1_000;

/// A model that is ready to run.
#[derive(Debug)]
pub struct LoadedModel {
    pub bundle: Bundle,
    pub engine: Engine,
}

/// Work of a model; multiply-accumulates count twice.
pub fn flops_of(model: &Model) -> u64 {
    model.plan().macs.saturating_mul(2)
}

/// Of the blob that a task names as its input.
fn longest_input(model: &Model, offer: &Offer) -> u64 {
    let plaintext = model.input_bytes();
    let longest = if offer.is_sealed() { sealed_bytes(plaintext, MAX_RECIPIENTS) } else { plaintext };
    longest as u64
}

#[derive(Clone)]
struct ByWeights {
    least: u64,
}

impl Weighter<B256, Arc<LoadedModel>> for ByWeights {
    fn weight(&self, _: &B256, model: &Arc<LoadedModel>) -> u64 {
        // As they are, and packed for the processor.
        (2 * model.bundle.model.plan().constant_bytes).max(self.least)
    }
}

/// The operator's store in front of everybody else's.
pub struct Library {
    store: BlobStore,
    own: Client,
    strangers: Client,
    config: LibraryConfig,
    models: Cache<B256, Arc<LoadedModel>, ByWeights>,
    /// Blobs of weights by their model.
    weights: Mutex<BTreeMap<B256, Arc<[B256]>>>,
}

impl Library {
    pub fn new(store: BlobStore, config: LibraryConfig) -> Result<Self, BlobError> {
        let own = Client::new(ClientConfig { allow_private: true, ..ClientConfig::default() })?;
        // Whoever names a slow place keeps a fetch busy no longer than this.
        let strangers = Client::new(ClientConfig {
            allow_private: config.allow_private,
            total_timeout: config.fetch_timeout,
            attempts: 1,
            ..ClientConfig::default()
        })?;
        let weighter = ByWeights { least: config.memory_bytes / MAX_MODELS };
        let models = Cache::with_weighter(MAX_MODELS as usize, config.memory_bytes, weighter);
        Ok(Self { store, own, strangers, config, models, weights: Mutex::default() })
    }

    pub const fn store(&self) -> &BlobStore {
        &self.store
    }

    /// The places to ask, the operator's first.
    pub(crate) fn places<'a>(&'a self, location: &'a str) -> impl Iterator<Item = (&'a Client, &'a str)> {
        let named = Some(location).filter(|location| !location.is_empty()).map(|location| (&self.strangers, location));
        self.config.sources.iter().map(|source| (&self.own, source.as_str())).chain(named)
    }

    /// Whether the store has all of a model.
    pub async fn has_model(&self, hash: B256) -> Result<bool, DataError> {
        if !self.store.has(hash).await.map_err(DataError::Blob)? {
            return Ok(false);
        }
        for (_, constant) in self.graph(hash).await?.constants() {
            if !self.store.has(constant.commitment).await.map_err(DataError::Blob)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Bytes of weights and input that the store lacks.
    pub async fn missing_bytes(&self, model: &Model, input: B256) -> Result<u64, DataError> {
        let weights = model.constants().map(|(value, constant)| (constant.commitment, model.types()[value].bytes()));
        let blobs: BTreeMap<B256, usize> = weights.chain([(input, model.input_bytes())]).collect();
        let mut missing = 0;
        for (blob, bytes) in blobs {
            if !self.store.has(blob).await.map_err(DataError::Blob)? {
                missing += bytes as u64;
            }
        }
        Ok(missing)
    }

    /// Keeps these blobs in the store, and these models with their weights: all else in a cache may go.
    pub async fn keep(&self, models: &BTreeSet<B256>, blobs: impl IntoIterator<Item = B256>) {
        let mut kept: HashSet<B256> = blobs.into_iter().collect();
        for model in models {
            kept.insert(*model);
            kept.extend(self.weights_of(*model).await.iter());
        }
        self.store.keep(kept);
    }

    /// None of a model that is not there, or is none.
    async fn weights_of(&self, hash: B256) -> Arc<[B256]> {
        if let Some(weights) = self.weights.lock().get(&hash) {
            return weights.clone();
        }
        let Ok(graph) = self.graph(hash).await else { return Arc::default() };
        let weights: Arc<[B256]> = graph.constants().map(|(_, constant)| constant.commitment).collect();
        let mut known = self.weights.lock();
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        known.insert(hash, weights.clone());
        weights
    }

    /// A model of the store, without its weights.
    pub async fn graph(&self, hash: B256) -> Result<Model, DataError> {
        Ok(lux_models::load_model(&self.store, hash).await?)
    }

    /// Fetches the graph of a model, a megabyte at most.
    pub async fn fetch_graph(&self, hash: B256, location: &str) -> Result<(), DataError> {
        self.fetch(hash, MAX_MODEL_BYTES as u64, location, "the model").await
    }

    /// The operator's limit, which says nothing about the model.
    pub(crate) fn check_weight_bytes(&self, hash: B256, model: &Model) -> Result<(), DataError> {
        let (bytes, limit) = (model.plan().constant_bytes, self.config.max_weight_bytes);
        if bytes > limit { Err(ModelsError::TooLarge { hash, bytes, limit }.into()) } else { Ok(()) }
    }

    /// Fetches the weights that the store lacks.
    pub async fn fetch_weights(&self, hash: B256, location: &str) -> Result<(), DataError> {
        let mut failure = DataError::NoPlace("the weights");
        for (client, place) in self.places(location) {
            match lux_models::fetch(client, place, &self.store, hash, self.config.max_weight_bytes).await {
                Ok(_) => return Ok(()),
                Err(error) => failure = error.into(),
            }
        }
        Err(failure)
    }

    /// Fetches the input of a task, of the length that the model takes.
    pub async fn fetch_input(&self, model: &Model, offer: &Offer) -> Result<(), DataError> {
        let expected = model.input_bytes() as u64;
        let longest = longest_input(model, offer);
        if !self.store.has(offer.input.commitment).await.map_err(DataError::Blob)? {
            let fetched = self.fetch(offer.input.commitment, longest, &offer.location(), "the input").await;
            if let Err(DataError::Blob(BlobError::TooLarge { length: found, .. })) = fetched {
                return Err(DataError::InputLength { found, expected });
            }
            fetched?;
        }
        match self.store.index(offer.input.commitment).await.map_err(DataError::Blob)?.length() {
            found if found == expected || (offer.is_sealed() && found <= longest) => Ok(()),
            found => Err(DataError::InputLength { found, expected }),
        }
    }

    async fn fetch(&self, blob: B256, limit: u64, location: &str, what: &'static str) -> Result<(), DataError> {
        let mut failure = DataError::NoPlace(what);
        for (client, place) in self.places(location) {
            match client.fetch_into(&self.store, place, blob, limit).await {
                Ok(_) => return Ok(()),
                Err(error) => failure = DataError::Blob(error),
            }
        }
        Err(failure)
    }

    /// Model and input out of the store, sealed where it is sealed.
    pub async fn load(&self, offer: &Offer) -> Result<(Arc<LoadedModel>, Bytes), DataError> {
        let model = self.model(offer.model).await?;
        let input = self.input(offer, &model.bundle.model).await?;
        Ok((model, input))
    }

    /// The same as the program reads it, without anything native.
    pub async fn data(&self, offer: &Offer) -> Result<(Bundle, Bytes), DataError> {
        let bundle = lux_models::load(&self.store, offer.model, self.config.max_weight_bytes).await?;
        let input = self.input(offer, &bundle.model).await?;
        Ok((bundle, input))
    }

    async fn input(&self, offer: &Offer, model: &Model) -> Result<Bytes, DataError> {
        let expected = model.input_bytes() as u64;
        let input =
            self.store.get(offer.input.commitment, longest_input(model, offer)).await.map_err(DataError::Blob)?;
        match input.len() as u64 {
            found if found == expected || offer.is_sealed() => Ok(input),
            found => Err(DataError::InputLength { found, expected }),
        }
    }

    async fn model(&self, hash: B256) -> Result<Arc<LoadedModel>, DataError> {
        if let Some(model) = self.models.get(&hash) {
            return Ok(model);
        }
        let bundle = lux_models::load(&self.store, hash, self.config.max_weight_bytes).await?;
        let threads = self.config.threads;
        let prepared = run_blocking::<_, DisputeError>(move || {
            let engine = Engine::new(&bundle, threads);
            Ok(Arc::new(LoadedModel { bundle, engine }))
        });
        let model = prepared.await.map_err(|error| DataError::Unusable(error.to_string()))?;
        self.models.insert(hash, model.clone());
        Ok(model)
    }
}
