use alloy_primitives::B256;
use lux_blobs::BlobError;
use lux_inference::{BundleError, ModelError};

/// Why a model cannot be kept, loaded or fetched.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ModelsError {
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error("blob {hash} is not a model: {error}")]
    Model { hash: B256, error: ModelError },
    #[error("model {hash} cannot be used: {error}")]
    Weights { hash: B256, error: BundleError },
    #[error("the weights of model {hash} have {bytes} bytes, more than the limit of {limit}")]
    TooLarge { hash: B256, bytes: u64, limit: u64 },
}
