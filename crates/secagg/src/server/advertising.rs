use crate::{AdvertiseKeys, Context, MIN_WORKERS, RosterError, ServerError, Signed};
use alloy_primitives::Address;
use std::collections::{BTreeMap, BTreeSet};

/// Phase 1: collects keys.
pub struct Advertising {
    context: Context,
    job: BTreeSet<Address>,
    keys: BTreeMap<Address, Signed<AdvertiseKeys>>,
}

impl Advertising {
    /// `job` has the accounts that may take part, as the chain tells.
    pub const fn new(context: Context, job: BTreeSet<Address>) -> Self {
        Self { context, job, keys: BTreeMap::new() }
    }

    pub fn accept(&mut self, signed: Signed<AdvertiseKeys>) -> Result<Address, ServerError> {
        let worker = signed.signer(self.context.digest()).map_err(RosterError::from)?;
        if !self.job.contains(&worker) {
            return Err(RosterError::NotMember(worker).into());
        }
        if signed.message.has_small_order() {
            return Err(RosterError::SmallOrder(worker).into());
        }
        match self.keys.get(&worker) {
            Some(before) if before.message != signed.message => {
                Err(ServerError::Equivocation { worker, what: "pairs of keys" })
            }
            _ => {
                self.keys.insert(worker, signed);
                Ok(worker)
            }
        }
    }

    /// The roster as every worker verifies it, and from which a [`crate::Round`] is made.
    pub fn close(self) -> Result<Vec<Signed<AdvertiseKeys>>, ServerError> {
        super::at_least("advertised keys", self.keys.len(), MIN_WORKERS)?;
        Ok(self.keys.into_values().collect())
    }
}
