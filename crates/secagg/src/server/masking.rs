use super::{Checking, at_least, sender};
use crate::mask::add_bytes;
use crate::{Delivery, MaskedInput, Round, ServerError, ShareKeys, Signed, Word, WorkerSet};
use alloy_primitives::B256;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Phase 3: adds masked vectors up, each once, in the memory of one.
pub struct Masking<W> {
    round: Arc<Round>,
    shared: Vec<Option<ShareKeys>>,
    accepted: Vec<Option<MaskedInput>>,
    sum: Vec<W>,
}

impl<W: Word> Masking<W> {
    pub(super) fn new(round: Arc<Round>, shared: Vec<Option<ShareKeys>>) -> Self {
        let sum = vec![W::default(); round.settings.entries as usize];
        Self { accepted: vec![None; shared.len()], round, shared, sum }
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
        if self.shared[usize::from(sender)].is_none() {
            return Err(ServerError::Late { worker, what: "a masked vector" });
        }
        self.check_peers(sender, &signed.message.peers)?;
        let expected = self.round.vector_bytes();
        if vector.len() != expected || expected != size_of_val(self.sum.as_slice()) {
            return Err(ServerError::VectorLength { worker, found: vector.len(), expected });
        }
        let found = B256::from_slice(&Sha256::digest(vector));
        let signed_digest = signed.message.vector_digest;
        if found != signed_digest {
            return Err(ServerError::VectorDigest { worker, found, signed: signed_digest });
        }
        add_bytes(&mut self.sum, vector);
        self.accepted[usize::from(sender)] = Some(signed.message.clone());
        Ok(sender)
    }

    fn check_peers(&self, sender: u16, peers: &WorkerSet) -> Result<(), ServerError> {
        let roster = &self.round.roster;
        let worker = roster.address(sender);
        let neighbours = self.round.graph.neighbours(sender);
        let shared = |peer| self.round.graph.place(sender, peer).is_some() && self.shared[usize::from(peer)].is_some();
        if let Some(peer) = peers.iter().find(|peer| !shared(*peer)) {
            return Err(ServerError::NotNeighbour { worker, peer: roster.address(peer) });
        }
        let (found, needed) = (peers.len(), usize::from(self.round.parameters.threshold) - 1);
        if found < needed {
            return Err(ServerError::TooFewNeighbours { worker, found, needed });
        }
        let one_sided = |peer: &u16| {
            let other = self.accepted[usize::from(*peer)].as_ref();
            other.is_some_and(|other| !other.peers.contains(sender) || !peers.contains(*peer))
        };
        match neighbours.iter().find(|peer| one_sided(peer)) {
            Some(peer) => Err(ServerError::OneSided { worker, peer: roster.address(*peer) }),
            None => Ok(()),
        }
    }

    /// Ends the phase. From here on the survivors are fixed.
    pub fn close(self) -> Result<Checking<W>, ServerError> {
        at_least("masked vectors", self.accepted.iter().flatten().count(), self.round.parameters.quorum)?;
        let peers = self.accepted.into_iter().map(|accepted| accepted.map(|input| input.peers)).collect();
        Ok(Checking::new(self.round, self.shared, peers, self.sum))
    }
}
