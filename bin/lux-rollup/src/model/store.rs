//! Where models are.

use super::place::Place;
use alloy_primitives::B256;
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_blobs::{BlobError, BlobStore, Client, ClientConfig};
use lux_inference::{Bundle, Model};
use lux_models::ModelsError;

/// Weights that are loaded into memory at most.
const MAX_WEIGHT_BYTES: u64 = 8 << 30;

#[derive(Args, Clone)]
pub struct StoreArgs {
    /// Folder of the blobs, or s3://BUCKET/PREFIX with the key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    #[arg(long, value_name = "PLACE", default_value = "data/blobs")]
    pub store: Place,
}

#[derive(Args, Clone)]
pub struct SourceArgs {
    #[command(flatten)]
    place: StoreArgs,
    /// Fetch what the store lacks from this server of blobs.
    #[arg(long, value_name = "URL")]
    from: Option<String>,
}

impl StoreArgs {
    /// The store, made if it is not there.
    pub fn create(&self) -> eyre::Result<BlobStore> {
        self.store.create()
    }

    /// A store that is there.
    pub fn open(&self) -> eyre::Result<BlobStore> {
        self.store.open()
    }
}

/// Fetches from a place that the operator names.
pub fn client() -> eyre::Result<Client> {
    Ok(Client::new(ClientConfig { allow_private: true, ..ClientConfig::default() })?)
}

impl SourceArgs {
    pub fn store(&self) -> eyre::Result<BlobStore> {
        self.place.open()
    }

    async fn fetched(&self, hash: B256) -> eyre::Result<BlobStore> {
        let Some(url) = &self.from else { return self.place.open() };
        let store = self.place.create()?;
        lux_models::fetch(&client()?, url, &store, hash, MAX_WEIGHT_BYTES)
            .await
            .wrap_err_with(|| format!("model {hash} cannot be fetched from {url}"))?;
        Ok(store)
    }

    /// What helps with an error.
    fn explain(&self, hash: B256, error: ModelsError) -> eyre::Report {
        match error {
            ModelsError::Blob(BlobError::NotFound(missing)) => {
                let what = if missing == hash { "model" } else { "weights" };
                let store = &self.place.store;
                eyre!("no {what} {missing} in {store}: --store names another place, --from a server to fetch from")
            }
            other => other.into(),
        }
    }

    pub async fn bundle(&self, hash: B256) -> eyre::Result<Bundle> {
        let store = self.fetched(hash).await?;
        lux_models::load(&store, hash, MAX_WEIGHT_BYTES).await.map_err(|error| self.explain(hash, error))
    }

    pub async fn model(&self, hash: B256) -> eyre::Result<Model> {
        let store = self.fetched(hash).await?;
        lux_models::load_model(&store, hash).await.map_err(|error| self.explain(hash, error))
    }
}
