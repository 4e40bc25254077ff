//! Inputs that only enclaves read, in the process that is the enclave. Plaintexts are in memory alone, and erased when they go.

use crate::board::Offer;
use crate::{ComputeError, DataError, LoadedModel, Market, Shop};
use alloy_primitives::{Address, B256, Bytes};
use lux_confidential::{ContentKey, Context, Envelope, TaskContext, encryption_key_of, seal_output};
use lux_l1::{L1Error, Wallet};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What the input of a task is sealed for.
pub async fn task_context(market: &Market, model: B256, requester: Address, task: B256) -> Result<Context, L1Error> {
    let chain_id = market.chain.chain_id().await?;
    Ok(Context::task(&TaskContext { chain_id, market: market.address, model, requester, task }))
}

/// An input as the program takes it.
pub(crate) struct Input {
    pub data: bytes::Bytes,
    /// Of a sealed one.
    pub seal: Option<Seal>,
}

/// By which an output goes back to whoever sealed the input.
pub(crate) struct Seal {
    key: ContentKey,
    context: Context,
}

impl Seal {
    pub fn output(&self, output: &[u8], offer: &Offer) -> Bytes {
        seal_output(output, &self.key, &self.context, &offer.input.commitment).into()
    }
}

struct Erased(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Erased {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Bytes that are erased with the last of their clones.
pub(crate) fn erased(bytes: impl Into<Zeroizing<Vec<u8>>>) -> bytes::Bytes {
    bytes::Bytes::from_owner(Erased(bytes.into()))
}

impl Shop {
    /// In a process that is these enclaves.
    #[must_use]
    pub fn opened_by(mut self, enclaves: &[Wallet]) -> Self {
        self.decryption_keys = enclaves.iter().map(encryption_key_of).collect();
        self
    }

    /// Model and input of a task, whose data were fetched.
    pub(crate) async fn load(&self, offer: &Offer) -> Result<(Arc<LoadedModel>, Input), ComputeError> {
        let (model, data) = self.library.load(offer).await?;
        if !offer.is_sealed() {
            return Ok((model, Input { data, seal: None }));
        }
        let requester = self.market.task(offer.task).await?.offer.requester;
        let context = task_context(&self.market, offer.model, requester, offer.task).await?;
        let opened =
            Envelope::decode(&data, data.len()).and_then(|sealed| sealed.open_by(&self.decryption_keys, &context));
        let (key, plaintext) = opened.map_err(DataError::Sealed)?;
        let (found, expected) = (plaintext.len() as u64, model.bundle.model.input_bytes() as u64);
        if found != expected {
            return Err(DataError::InputLength { found, expected }.into());
        }
        Ok((model, Input { data: erased(plaintext), seal: Some(Seal { key, context }) }))
    }
}
