//! Looks for false claims among the batches this node re-executed.

use crate::NodeError;
use crate::ledger::{BatchRecord, Ledger};
use lux_chain::Chain;

/// Goes through the claims on L1 in order, and again through those that are not final when L1 replaced any.
pub struct Claims {
    ledger: Ledger,
    next: u64,
    /// The last batch looked at; its hash covers all before. A rejection of any of them puts it into another L1 block.
    last: Option<BatchRecord>,
}

impl Claims {
    pub const fn new(ledger: Ledger) -> Self {
        Self { ledger, next: 1, last: None }
    }

    /// The next batch with a claim.
    pub fn step(&mut self) -> Result<Option<BatchRecord>, NodeError> {
        // An L1 reorganisation, or a rejection, may have replaced batches and claims that are not final.
        if self.next > 1 && self.ledger.batch(self.next - 1)? != self.last {
            self.next = self.next.min(self.ledger.finalized_batch()? + 1);
        }
        // Claims are made in order: nothing after the first batch without one has one.
        let batch = self.ledger.batch(self.next)?.filter(BatchRecord::has_claim);
        if let Some(batch) = &batch {
            self.next += 1;
            self.last = Some(batch.clone());
        }
        Ok(batch)
    }
}

/// Compares every claim on L1 with this node's own execution.
pub struct Watcher(Claims);

impl Watcher {
    pub fn new(chain: &Chain) -> Self {
        Self(Claims::new(Ledger::new(chain.store().clone())))
    }

    /// The next claim of a wrong output among batches not looked at before.
    pub fn step(&mut self) -> Result<Option<BatchRecord>, NodeError> {
        while let Some(batch) = self.0.step()? {
            if batch.is_claim_false() {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }
}
