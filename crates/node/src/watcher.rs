//! Looks for false claims among the batches this node re-executed.

use crate::NodeError;
use crate::ledger::{BatchRecord, Ledger};
use alloy_primitives::B256;
use lux_chain::Chain;

/// Compares every claim on L1 with this node's own execution.
pub struct Watcher {
    ledger: Ledger,
    next: u64,
    /// Hash of the last batch looked at; it covers all before.
    last: B256,
}

impl Watcher {
    pub fn new(chain: &Chain) -> Self {
        Self { ledger: Ledger::new(chain.store().clone()), next: 1, last: B256::ZERO }
    }

    /// The next false claim among batches not looked at before.
    pub fn step(&mut self) -> Result<Option<BatchRecord>, NodeError> {
        let last = self.ledger.last_batch()?;
        // An L1 reorganisation may have replaced batches that are not final.
        let replaced = self.ledger.batch(self.next - 1)?.is_none_or(|batch| batch.batch_hash != self.last);
        if self.next > 1 && replaced {
            self.next = self.next.min(self.ledger.finalized_batch()? + 1);
        }
        while self.next <= last {
            // Claims are made in order: nothing after the first batch without one has one.
            let Some(batch) = self.ledger.batch(self.next)?.filter(BatchRecord::has_claim) else { break };
            (self.next, self.last) = (self.next + 1, batch.batch_hash);
            if batch.is_claim_false() {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }
}
