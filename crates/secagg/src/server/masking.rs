use super::one_sided::AtOdds;
use super::{Checking, at_least, sender};
use crate::mask::{Sign, combine_bytes};
use crate::{Delivery, MaskedInput, Round, ServerError, ShareKeys, Signed, Word, WorkerSet};
use alloy_primitives::{Address, B256};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Phase 3: adds masked vectors up, each once, in the memory of one.
pub struct Masking<W> {
    round: Arc<Round>,
    shared: Vec<Option<ShareKeys>>,
    accepted: Vec<Option<MaskedInput>>,
    sum: Vec<W>,
    withdrawn: WorkerSet,
}

impl<W: Word> Masking<W> {
    pub(super) fn new(round: Arc<Round>, shared: Vec<Option<ShareKeys>>) -> Self {
        let sum = vec![W::default(); round.settings.entries as usize];
        let withdrawn = WorkerSet::empty(round.parameters.workers);
        Self { accepted: vec![None; shared.len()], round, shared, sum, withdrawn }
    }

    /// What `worker`'s neighbours sealed for it, without those in `without`: workers that dropped out since, or whose shares it could
    /// not open.
    pub fn delivery(&self, worker: u16, without: &WorkerSet) -> Vec<Delivery> {
        let delivery = |owner: u16| {
            let shared = self.shared[usize::from(owner)].as_ref().filter(|_| !without.contains(owner))?;
            Some(Delivery { owner, sealed: shared.sealed[self.round.graph.place(owner, worker)?].clone() })
        };
        self.round.graph.neighbours(worker).iter().filter_map(|owner| delivery(*owner)).collect()
    }

    /// `vector` is the masked vector as little-endian words. A vector that is refused leaves the sum as it was.
    pub fn accept(&mut self, signed: &Signed<MaskedInput>, vector: &[u8]) -> Result<u16, ServerError> {
        let sender = sender(&self.round, signed)?;
        let worker = self.round.roster.address(sender);
        if let Some(before) = &self.accepted[usize::from(sender)] {
            let same = *before == signed.message;
            return same.then_some(sender).ok_or(ServerError::Equivocation { worker, what: "masked vectors" });
        }
        if self.withdrawn.contains(sender) {
            return Err(ServerError::Withdrawn { worker });
        }
        if self.shared[usize::from(sender)].is_none() {
            return Err(ServerError::Late { worker, what: "a masked vector" });
        }
        self.check_peers(sender, &signed.message.peers)?;
        check_vector(&self.round, worker, &signed.message, vector)?;
        if vector.len() != size_of_val(self.sum.as_slice()) {
            let expected = size_of_val(self.sum.as_slice());
            return Err(ServerError::VectorLength { worker, found: vector.len(), expected });
        }
        combine_bytes(&mut self.sum, vector, Sign::Add);
        self.accepted[usize::from(sender)] = Some(signed.message.clone());
        Ok(sender)
    }

    fn check_peers(&self, sender: u16, peers: &WorkerSet) -> Result<(), ServerError> {
        let roster = &self.round.roster;
        let worker = roster.address(sender);
        let (found, workers) = (peers.workers(), roster.len());
        if found != workers {
            return Err(ServerError::SetSize { worker, found, workers });
        }
        let shared = |peer| self.round.graph.place(sender, peer).is_some() && self.shared[usize::from(peer)].is_some();
        if let Some(peer) = peers.iter().find(|peer| !shared(*peer)) {
            return Err(ServerError::NotNeighbour { worker, peer: roster.address(peer) });
        }
        let (found, needed) = (peers.len(), usize::from(self.round.parameters.threshold) - 1);
        if found < needed {
            return Err(ServerError::TooFewNeighbours { worker, found, needed });
        }
        Ok(())
    }

    /// Whose vectors have to leave the sum, as their masks and those of a neighbour do not cancel: one of both masked without the other.
    /// Each that lies takes at most one honest worker along, whoever was first.
    pub fn one_sided(&self) -> WorkerSet {
        self.at_odds().leave_out()
    }

    fn at_odds(&self) -> AtOdds {
        let peers: Vec<_> = self.accepted.iter().map(|accepted| accepted.as_ref().map(|input| &input.peers)).collect();
        AtOdds::new(&self.round.graph, &peers)
    }

    /// Takes a worker's vector, which is given once more as it was sent, out of the sum. The worker counts as dropped out, and nothing
    /// more is taken from it.
    pub fn withdraw(&mut self, worker: u16, vector: &[u8]) -> Result<(), ServerError> {
        let address = self.round.roster.address(worker);
        let accepted = self.accepted[usize::from(worker)].as_ref();
        let input = accepted.ok_or(ServerError::NotMasked { worker: address })?;
        check_vector(&self.round, address, input, vector)?;
        combine_bytes(&mut self.sum, vector, Sign::Subtract);
        self.accepted[usize::from(worker)] = None;
        self.withdrawn.insert(worker);
        Ok(())
    }

    /// Ends the phase, when nobody is [`Self::one_sided`] any more. From here on the survivors are fixed.
    pub fn close(self) -> Result<Checking<W>, ServerError> {
        if let Some((worker, peer)) = self.at_odds().first() {
            let [worker, peer] = [worker, peer].map(|index| self.round.roster.address(index));
            return Err(ServerError::OneSided { worker, peer });
        }
        at_least("masked vectors", self.accepted.iter().flatten().count(), self.round.parameters.quorum)?;
        let peers = self.accepted.into_iter().map(|accepted| accepted.map(|input| input.peers)).collect();
        Ok(Checking::new(self.round, self.shared, peers, self.sum))
    }
}

/// Whether these are the bytes that the worker signed.
fn check_vector(round: &Round, worker: Address, input: &MaskedInput, vector: &[u8]) -> Result<(), ServerError> {
    let (found, expected) = (vector.len(), round.vector_bytes());
    if found != expected {
        return Err(ServerError::VectorLength { worker, found, expected });
    }
    let (found, signed) = (B256::from_slice(&Sha256::digest(vector)), input.vector_digest);
    (found == signed).then_some(()).ok_or(ServerError::VectorDigest { worker, found, signed })
}
