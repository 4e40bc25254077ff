use super::{Unmasking, at_least, sender};
use crate::{Quorum, Round, ServerError, ShareKeys, Signed, Survivors, Word, WorkerSet};
use alloy_primitives::Signature;
use std::sync::Arc;

/// Phase 4: collects the signatures of the survivors' list.
pub struct Checking<W> {
    round: Arc<Round>,
    shared: Vec<Option<ShareKeys>>,
    /// Of the survivors.
    peers: Vec<Option<WorkerSet>>,
    sum: Vec<W>,
    survivors: WorkerSet,
    signatures: Vec<Option<Signature>>,
}

impl<W: Word> Checking<W> {
    pub(super) fn new(
        round: Arc<Round>,
        shared: Vec<Option<ShareKeys>>,
        peers: Vec<Option<WorkerSet>>,
        sum: Vec<W>,
    ) -> Self {
        let workers = round.roster.len();
        let survivors = (0..workers).filter(|index| peers[usize::from(*index)].is_some());
        let survivors = WorkerSet::from_indices(workers, survivors);
        Self { signatures: vec![None; workers.into()], round, shared, peers, sum, survivors }
    }

    /// What every survivor is asked to sign.
    pub const fn survivors(&self) -> &WorkerSet {
        &self.survivors
    }

    pub fn accept(&mut self, signed: &Signed<Survivors>) -> Result<u16, ServerError> {
        let sender = sender(&self.round, signed)?;
        let worker = self.round.roster.address(sender);
        if !self.survivors.contains(sender) {
            return Err(ServerError::Late { worker, what: "a list of survivors" });
        }
        if signed.message.0 != self.survivors {
            return Err(ServerError::OtherSurvivors { worker });
        }
        self.signatures[usize::from(sender)] = Some(signed.signature);
        Ok(sender)
    }

    /// Ends the phase: the signatures that every survivor is to be shown, and the next phase.
    pub fn close(self) -> Result<(Quorum, Unmasking<W>), ServerError> {
        let quorum = (0u16..).zip(&self.signatures).filter_map(|(index, signature)| Some((index, (*signature)?)));
        let quorum: Vec<_> = quorum.take(self.round.parameters.quorum.into()).collect();
        at_least("signatures of the list of survivors", quorum.len(), self.round.parameters.quorum)?;
        Ok((Quorum(quorum), Unmasking::new(self.round, self.shared, self.peers, self.survivors, self.sum)))
    }
}
