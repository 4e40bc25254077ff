use super::{at_least, insert_once, sender};
use crate::{Masking, Round, ServerError, ShareKeys, Signed, Word};
use std::sync::Arc;

/// Phase 2: collects encrypted shares.
pub struct Sharing {
    round: Arc<Round>,
    shared: Vec<Option<ShareKeys>>,
}

impl Sharing {
    pub fn new(round: Arc<Round>) -> Self {
        let shared = vec![None; round.roster.len().into()];
        Self { round, shared }
    }

    /// Index of the sender.
    pub fn accept(&mut self, signed: Signed<ShareKeys>) -> Result<u16, ServerError> {
        let sender = sender(&self.round, &signed)?;
        let (found, expected) = (signed.message.sealed.len(), usize::from(self.round.parameters.degree));
        if found != expected {
            return Err(ServerError::ShareCount { worker: self.round.roster.address(sender), found, expected });
        }
        insert_once(&self.round, &mut self.shared[usize::from(sender)], sender, "sets of shares", signed.message)?;
        Ok(sender)
    }

    pub fn close<W: Word>(self) -> Result<Masking<W>, ServerError> {
        at_least("shared keys", self.shared.iter().flatten().count(), self.round.parameters.quorum)?;
        Ok(Masking::new(self.round, self.shared))
    }
}
