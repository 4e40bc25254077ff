//! Transactions of one kind, one after the other.

use crate::ComputeError;
use alloy_primitives::{Address, B256, keccak256};
use lux_l1::{Sent, TxManager, TxStatus};

/// What a transaction was about is asked of the chain once it is there: before, the next one would repeat it.
pub(crate) struct Lane {
    kind: &'static str,
    last: Option<String>,
}

impl Lane {
    pub const fn new(kind: &'static str) -> Self {
        Self { kind, last: None }
    }

    /// Whether nothing of this kind is under way, with everything until block `read` known. After a restart, the journal of the
    /// transactions tells.
    pub fn is_free(&self, transactions: &TxManager, read: u64) -> bool {
        if transactions.unfinished().iter().any(|id| id.starts_with(self.kind)) {
            return false;
        }
        match self.last.as_ref().and_then(|id| transactions.status(id)) {
            Some(TxStatus::Confirmed(outcome)) => outcome.block.number <= read,
            _ => true,
        }
    }

    /// Sends a call about these tasks, unless the chain would refuse it.
    pub async fn send(
        &mut self,
        transactions: &TxManager,
        to: Address,
        tasks: &[B256],
        data: Vec<u8>,
    ) -> Result<Sent, ComputeError> {
        let id = format!("{}/{}", self.kind, keccak256(tasks.concat()));
        let id = transactions.unused_id(id).await?;
        let sent = transactions.send_due(to, id.clone(), data).await?;
        if sent == Sent::Now {
            self.last = Some(id);
        }
        Ok(sent)
    }
}
