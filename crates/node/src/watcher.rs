//! Looks for false claims among the batches this node re-executed.

use crate::NodeError;
use crate::ledger::{BatchRecord, Ledger};
use lux_chain::Chain;

/// Compares every claim on L1 with this node's own execution.
pub struct Watcher {
    ledger: Ledger,
    next: u64,
}

impl Watcher {
    pub fn new(chain: &Chain) -> Self {
        Self { ledger: Ledger::new(chain.store().clone()), next: 1 }
    }

    /// The next false claim among batches not looked at before.
    pub fn step(&mut self) -> Result<Option<BatchRecord>, NodeError> {
        let last = self.ledger.last_batch()?;
        // Batches that an L1 reorganisation took back are looked at again.
        self.next = self.next.min(last + 1);
        while self.next <= last {
            let batch = self.ledger.batch(self.next)?;
            self.next += 1;
            if let Some(batch) = batch.filter(BatchRecord::is_claim_false) {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }
}
