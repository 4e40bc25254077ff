//! Steps of a protocol: calls that others may have made already, or that a reorganisation may have undone.

use alloy_primitives::Address;

use super::{TxError, TxManager, TxRequest, TxStatus};
use crate::{BlockTag, CallError, CallRequest, L1Error, Revert};

/// What became of a step that was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    Now,
    /// It was sent before, and its end is not known yet.
    UnderWay,
    /// Not sent: it would revert now.
    Refused(Revert),
}

impl TxManager {
    /// Why the chain would refuse the call now; `None` when it would take it.
    pub async fn refusal(&self, to: Address, data: &[u8]) -> Result<Option<Revert>, L1Error> {
        let probe =
            CallRequest { from: Some(self.address()), to: Some(to), data: data.to_vec().into(), ..Default::default() };
        match self.client().call(&probe, BlockTag::Latest).await {
            Ok(_) => Ok(None),
            Err(CallError::Reverted(reason)) => Ok(Some(reason)),
            Err(CallError::L1(error)) => Err(error),
        }
    }

    /// The id under which to send a step that the chain says is still to be made: a successor if `id` ended before, because
    /// then a reorganisation undid it.
    pub async fn unused_id(&self, id: String) -> Result<String, L1Error> {
        match self.status(&id).as_ref().is_some_and(TxStatus::is_final) {
            true => Ok(format!("{id}@{}", self.client().block_number().await?)),
            false => Ok(id),
        }
    }

    /// Whether `id`, or a successor of it, was sent and has not ended.
    pub fn is_under_way(&self, id: &str) -> bool {
        let is_meant =
            |known: &String| known.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with('@'));
        self.unfinished().iter().any(is_meant)
    }

    /// Sends the call unless it is under way or would revert now.
    pub async fn send_due(&self, to: Address, id: String, data: Vec<u8>) -> Result<Sent, TxError> {
        if self.is_under_way(&id) {
            return Ok(Sent::UnderWay);
        }
        if let Some(reason) = self.refusal(to, &data).await? {
            return Ok(Sent::Refused(reason));
        }
        let id = self.unused_id(id).await?;
        self.submit(TxRequest::call(id, to, data)).await?;
        Ok(Sent::Now)
    }
}
