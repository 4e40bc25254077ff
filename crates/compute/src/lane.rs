//! Transactions of one kind, one after the other.

use crate::ComputeError;
use alloy_primitives::{Address, B256, Bytes, keccak256};
use lux_l1::{TxManager, TxRequest, TxStatus};

/// What a transaction was about is asked of the chain once it is there: before, the next one would repeat it.
pub(crate) struct Lane {
    kind: &'static str,
    last: Option<String>,
}

/// A call about some tasks, and its gas before any margin.
pub(crate) struct Batch {
    pub tasks: Vec<B256>,
    pub data: Vec<u8>,
    pub gas: u64,
}

impl Lane {
    /// Goes on where an earlier process stopped, by the journal of the transactions.
    pub fn resume(kind: &'static str, transactions: &TxManager) -> Self {
        let last = transactions.unfinished().into_iter().rfind(|id| id.starts_with(kind));
        Self { kind, last }
    }

    /// Call data of the transactions that are under way.
    pub fn calls(&self, transactions: &TxManager) -> Vec<Bytes> {
        let own = transactions.unfinished().into_iter().filter(|id| id.starts_with(self.kind));
        own.filter_map(|id| transactions.call_data(&id)).collect()
    }

    /// Whether nothing of this kind is under way, with everything until block `read` known.
    pub fn is_free(&self, transactions: &TxManager, read: u64) -> bool {
        if transactions.unfinished().iter().any(|id| id.starts_with(self.kind)) {
            return false;
        }
        match self.last.as_ref().and_then(|id| transactions.status(id)) {
            Some(TxStatus::Confirmed(outcome)) => outcome.block.number <= read,
            _ => true,
        }
    }

    /// Sends a call that the chain would take. Nothing of this kind is under way.
    pub async fn send(&mut self, transactions: &TxManager, to: Address, batch: Batch) -> Result<(), ComputeError> {
        let id = format!("{}/{}", self.kind, keccak256(batch.tasks.concat()));
        let id = transactions.unused_id(id).await?;
        transactions.submit(TxRequest::call(id.clone(), to, batch.data)).await?;
        self.last = Some(id);
        Ok(())
    }
}
