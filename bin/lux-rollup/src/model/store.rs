//! Where models are.

use alloy_primitives::B256;
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_blobs::{BlobError, BlobStore, Client, ClientConfig};
use lux_inference::{Bundle, Model};
use lux_models::ModelsError;
use std::path::PathBuf;

/// Weights that are loaded into memory at most.
const MAX_WEIGHT_BYTES: u64 = 8 << 30;

#[derive(Args, Clone)]
pub struct StoreArgs {
    /// Folder of the blobs.
    #[arg(long, value_name = "FOLDER", default_value = "data/blobs")]
    pub store: PathBuf,
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
        BlobStore::folder(&self.store).wrap_err_with(|| self.store.display().to_string())
    }

    /// A store that is there.
    pub fn open(&self) -> eyre::Result<BlobStore> {
        if !self.store.is_dir() {
            return Err(eyre!("there is no folder {}; --store names another", self.store.display()));
        }
        self.create()
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
                let store = self.place.store.display();
                eyre!("no {what} {missing} in {store}: --store names another folder, --from a server to fetch from")
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
