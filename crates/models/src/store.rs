//! A model is a blob, and so are its weights.

use crate::ModelsError;
use alloy_primitives::B256;
use bytes::Bytes;
use lux_blobs::{BlobStore, Client};
use lux_inference::limits::MAX_MODEL_BYTES;
use lux_inference::{Bundle, BundleError, Constant, Model};
use std::collections::btree_map::{BTreeMap, Entry};

/// Keeps a model and its weights, and returns the model's hash. The model comes last: where it is, its weights are.
pub async fn save(store: &BlobStore, bundle: &Bundle) -> Result<B256, ModelsError> {
    for blob in bundle.blobs.values() {
        store.put(Bytes::copy_from_slice(blob)).await?;
    }
    Ok(store.put(bundle.model.encode().into()).await?)
}

/// The model with this hash and its weights, in memory, if the weights have at most `max_weight_bytes` together.
pub async fn load(store: &BlobStore, hash: B256, max_weight_bytes: u64) -> Result<Bundle, ModelsError> {
    let model = load_bounded(store, hash, max_weight_bytes).await?;
    let mut blobs = BTreeMap::new();
    for (value, &Constant { commitment, .. }) in model.constants() {
        let length = model.types()[value].bytes() as u64;
        if let Entry::Vacant(entry) = blobs.entry(commitment) {
            entry.insert(Vec::from(store.get(commitment, length).await?));
        }
    }
    Bundle::new(model, blobs).map_err(|error| ModelsError::Weights { hash, error })
}

/// Fetches what `store` lacks of a model from a location that a stranger may have named, and returns the model without
/// its weights.
pub async fn fetch(
    client: &Client,
    location: &str,
    store: &BlobStore,
    hash: B256,
    max_weight_bytes: u64,
) -> Result<Model, ModelsError> {
    if !store.has(hash).await? {
        client.fetch_into(store, location, hash, MAX_MODEL_BYTES as u64).await?;
    }
    let model = load_bounded(store, hash, max_weight_bytes).await?;
    for (value, &Constant { commitment, .. }) in model.constants() {
        let expected = model.types()[value].bytes();
        if !store.has(commitment).await? {
            client.fetch_into(store, location, commitment, expected as u64).await?;
        }
        let found = store.index(commitment).await?.length() as usize;
        if found != expected {
            return Err(ModelsError::Weights { hash, error: BundleError::Length { value, found, expected } });
        }
    }
    Ok(model)
}

/// The model with this hash, without its weights.
pub async fn load_model(store: &BlobStore, hash: B256) -> Result<Model, ModelsError> {
    let encoded = store.get(hash, MAX_MODEL_BYTES as u64).await?;
    Model::decode(&encoded).map_err(|error| ModelsError::Model { hash, error })
}

async fn load_bounded(store: &BlobStore, hash: B256, max_weight_bytes: u64) -> Result<Model, ModelsError> {
    let model = load_model(store, hash).await?;
    let bytes = model.plan().constant_bytes;
    if bytes > max_weight_bytes {
        return Err(ModelsError::TooLarge { hash, bytes, limit: max_weight_bytes });
    }
    Ok(model)
}
