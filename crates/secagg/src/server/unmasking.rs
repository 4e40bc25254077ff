use super::{commitments, sender};
use crate::client::commit_self_mask;
use crate::mask::apply_mask;
use crate::seal::Route;
use crate::secrets::{KeyPair, pairwise_mask, self_mask};
use crate::shamir::lagrange;
use crate::{Round, ServerError, Share, ShareKeys, ShareKind, Sign, Signed, Unmask, Word, WorkerSet};
use curve25519_dalek::Scalar;
use std::sync::Arc;

/// Phase 5: collects shares and takes the masks off the sum.
pub struct Unmasking<W> {
    round: Arc<Round>,
    shared: Vec<Option<ShareKeys>>,
    peers: Vec<Option<WorkerSet>>,
    survivors: WorkerSet,
    sum: Vec<W>,
    heard: WorkerSet,
    revealed: Vec<Revealed>,
}

/// Shares of one worker's secret; of the kind that its survival decides.
#[derive(Clone, Default)]
struct Revealed {
    holders: Vec<u16>,
    shares: Vec<Scalar>,
}

/// The sum of the survivors' vectors, modulo the word size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate<W> {
    pub sum: Vec<W>,
    pub survivors: WorkerSet,
}

impl<W: Word> Unmasking<W> {
    pub(super) fn new(
        round: Arc<Round>,
        shared: Vec<Option<ShareKeys>>,
        peers: Vec<Option<WorkerSet>>,
        survivors: WorkerSet,
        sum: Vec<W>,
    ) -> Self {
        let workers = round.roster.len();
        let revealed = vec![Revealed::default(); workers.into()];
        Self { heard: WorkerSet::empty(workers), round, shared, peers, survivors, sum, revealed }
    }

    /// Takes all of a worker's shares or none.
    pub fn accept(&mut self, signed: &Signed<Unmask>) -> Result<u16, ServerError> {
        let sender = sender(&self.round, signed)?;
        let worker = self.round.roster.address(sender);
        if self.heard.contains(sender) {
            return Ok(sender);
        }
        let Some(peers) = &self.peers[usize::from(sender)] else {
            return Err(ServerError::Late { worker, what: "shares" });
        };
        let (found, expected) = (signed.message.shares.len(), peers.len() + 1);
        if found != expected || !signed.message.shares.is_sorted_by(|a, b| a.owner < b.owner) {
            return Err(ServerError::ShareCount { worker, found, expected });
        }
        let values = signed
            .message
            .shares
            .iter()
            .map(|share| self.check(sender, peers, share))
            .collect::<Result<Vec<_>, _>>()?;
        for (share, value) in signed.message.shares.iter().zip(values) {
            let revealed = &mut self.revealed[usize::from(share.owner)];
            if revealed.holders.len() < self.round.parameters.threshold.into() {
                revealed.holders.push(sender);
                revealed.shares.push(value);
            }
        }
        self.heard.insert(sender);
        Ok(sender)
    }

    fn check(&self, sender: u16, peers: &WorkerSet, share: &Share) -> Result<Scalar, ServerError> {
        let roster = &self.round.roster;
        let worker = roster.address(sender);
        if share.owner != sender && !peers.contains(share.owner) {
            // No address for an index that may be of nobody.
            return Err(ServerError::WrongKind { worker, owner: worker });
        }
        let owner = roster.address(share.owner);
        if share.kind != self.kind(share.owner) {
            return Err(ServerError::WrongKind { worker, owner });
        }
        let wrong = ServerError::WrongShare { worker, owner };
        let value = Option::from(Scalar::from_canonical_bytes(share.value)).ok_or(wrong.clone())?;
        let given = self.shared[usize::from(share.owner)]
            .as_ref()
            .and_then(|shared| commitments(&self.round, share.owner, shared, sender));
        let route = Route { round: self.round.digest, owner: share.owner, holder: sender };
        match given {
            Some(given) if given[share.kind as usize] == route.commit(share.kind, &value) => Ok(value),
            _ => Err(wrong),
        }
    }

    fn kind(&self, owner: u16) -> ShareKind {
        if self.survivors.contains(owner) { ShareKind::SelfMask } else { ShareKind::MaskKey }
    }

    /// Whose secrets are needed: the survivors', and those of dropouts with whom a survivor masked.
    fn needed(&self) -> impl Iterator<Item = u16> {
        let masked_with = |owner: u16| self.peers.iter().flatten().any(|peers| peers.contains(owner));
        (0..self.round.roster.len()).filter(move |owner| self.survivors.contains(*owner) || masked_with(*owner))
    }

    /// Owners of whom shares are missing: while there are any, wait for more survivors.
    pub fn missing(&self) -> Vec<u16> {
        let threshold = usize::from(self.round.parameters.threshold);
        self.needed().filter(|owner| self.revealed[usize::from(*owner)].holders.len() < threshold).collect()
    }

    /// Takes the masks off.
    pub fn finish(mut self) -> Result<Aggregate<W>, ServerError> {
        let secrets = self.recover()?;
        for (owner, secret) in secrets {
            match self.kind(owner) {
                ShareKind::SelfMask => {
                    apply_mask(&self_mask(self.round.digest, &secret), Sign::Subtract, &mut self.sum)
                }
                ShareKind::MaskKey => self.remove_pairwise(owner, &secret),
            }
        }
        Ok(Aggregate { sum: self.sum, survivors: self.survivors })
    }

    fn recover(&self) -> Result<Vec<(u16, Scalar)>, ServerError> {
        let needed = usize::from(self.round.parameters.threshold);
        // In a complete graph the same workers answer for everyone.
        let (mut last, mut factors) = (&[][..], Vec::new());
        let recover = |owner: u16| {
            let Revealed { holders, shares } = &self.revealed[usize::from(owner)];
            let address = self.round.roster.address(owner);
            if holders.len() < needed {
                return Err(ServerError::TooFewShares { owner: address, found: holders.len(), needed });
            }
            if last != holders.as_slice() {
                (last, factors) = (holders, lagrange(holders));
            }
            let secret = factors.iter().zip(shares).map(|(factor, share)| factor * share).sum();
            self.belongs(owner, &secret).then_some((owner, secret)).ok_or(ServerError::BadDealer { owner: address })
        };
        self.needed().map(recover).collect()
    }

    /// Whether a recovered secret is the one that its owner committed to.
    fn belongs(&self, owner: u16, secret: &Scalar) -> bool {
        match (self.kind(owner), &self.shared[usize::from(owner)]) {
            (ShareKind::SelfMask, Some(shared)) => {
                shared.self_mask_commitment == commit_self_mask(self.round.digest, owner, secret)
            }
            (ShareKind::MaskKey, _) => {
                KeyPair::mask(&self.round.context, secret).public == self.round.roster.member(owner).keys.mask
            }
            (ShareKind::SelfMask, None) => false,
        }
    }

    /// Removes what each survivor added for a dropout.
    fn remove_pairwise(&mut self, dropout: u16, secret: &Scalar) {
        let keys = KeyPair::mask(&self.round.context, secret);
        for (survivor, peers) in (0u16..).zip(&self.peers) {
            if !peers.as_ref().is_some_and(|peers| peers.contains(dropout)) {
                continue;
            }
            let shared = keys
                .agree(&self.round.roster.member(survivor).keys.mask)
                .expect("no key of the roster is of small order");
            let key = pairwise_mask(self.round.digest, &shared, survivor, dropout);
            apply_mask(&key, Sign::between(survivor, dropout).flip(), &mut self.sum);
        }
    }
}
