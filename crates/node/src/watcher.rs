//! Looks for false claims among the batches this node re-executed.

use crate::NodeError;
use crate::ledger::{BatchRecord, Ledger};
use lux_chain::Chain;

/// Compares every claim on L1 with this node's own execution.
pub struct Watcher {
    ledger: Ledger,
    next: u64,
    /// The last batch looked at; its hash covers all before. A rejection of any of them puts it into another L1 block.
    last: Option<BatchRecord>,
}

impl Watcher {
    pub fn new(chain: &Chain) -> Self {
        Self { ledger: Ledger::new(chain.store().clone()), next: 1, last: None }
    }

    /// The next false claim among batches not looked at before.
    pub fn step(&mut self) -> Result<Option<BatchRecord>, NodeError> {
        let last = self.ledger.last_batch()?;
        // An L1 reorganisation, or a rejection, may have replaced batches and claims that are not final.
        if self.next > 1 && self.ledger.batch(self.next - 1)? != self.last {
            self.next = self.next.min(self.ledger.finalized_batch()? + 1);
        }
        while self.next <= last {
            // Claims are made in order: nothing after the first batch without one has one.
            let Some(batch) = self.ledger.batch(self.next)?.filter(BatchRecord::has_claim) else { break };
            self.next += 1;
            self.last = Some(batch.clone());
            if batch.is_claim_false() {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }
}
