use super::{Client, Masked, Shared};
use crate::context::tagged;
use crate::mask::{Sign, apply_mask, words_to_bytes};
use crate::seal::{Route, Shares};
use crate::secrets::{derive_scalar, mask_scalar, pairwise_mask, self_mask};
use crate::shamir::Polynomial;
use crate::signed::recover;
use crate::{
    AdvertiseKeys, ClientError, Delivery, MaskedInput, Message, Quorum, Round, Share, ShareKeys, ShareKind, Survivors,
    Unmask, Word, WorkerSet,
};
use alloy_primitives::B256;
use curve25519_dalek::Scalar;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use zeroize::Zeroizing;

/// An answer, and the state to write to disk before it is signed or sent.
#[derive(Debug)]
pub struct Step<M> {
    pub state: Zeroizing<Vec<u8>>,
    pub message: M,
}

impl Client {
    /// Phase 1. To be signed in the domain of the context.
    pub fn advertise_keys(&self) -> Step<AdvertiseKeys> {
        self.step(self.public_keys())
    }

    /// Phase 2. To be signed, as all that follows, in the domain of the round.
    pub fn share_keys(&mut self, round: Arc<Round>) -> Result<Step<ShareKeys>, ClientError> {
        if round.context != self.context {
            return Err(ClientError::OtherRound);
        }
        if self.shared.as_ref().is_some_and(|shared| shared.round.digest != round.digest) {
            return Err(ClientError::AlreadyAnswered("the roster"));
        }
        let index = round.roster.index_of(self.address).ok_or(ClientError::NotInRoster)?;
        if round.roster.member(index).keys != self.public_keys() {
            return Err(ClientError::NotInRoster);
        }
        let message = self.sealed_shares(&round, index)?;
        self.shared.get_or_insert(Shared { round, index, masked: None });
        Ok(self.step(message))
    }

    /// Phase 3: the masked vector goes with the message, as little-endian words.
    pub fn mask<W: Word>(
        &mut self,
        deliveries: &[Delivery],
        vector: &[W],
    ) -> Result<(Step<MaskedInput>, Vec<W>), ClientError> {
        let shared = self.shared("the delivery of shares")?;
        let round = shared.round.clone();
        check_shape(&round, vector)?;
        let question = question(deliveries, vector);
        let (peers, opened) = match &shared.masked {
            Some(masked) if masked.question != question => {
                return Err(ClientError::AlreadyAnswered("the delivery of shares"));
            }
            Some(masked) => (masked.peers.clone(), None),
            None => self.open(&round, shared.index, deliveries).map(|(peers, held)| (peers, Some(held)))?,
        };
        let (index, masked) = (shared.index, self.add_masks(&round, shared.index, &peers, vector)?);
        debug_assert!(!peers.contains(index));
        let vector_digest = B256::from_slice(&Sha256::digest(words_to_bytes(&masked)));
        if let (Some(held), Some(shared)) = (opened, self.shared.as_mut()) {
            shared.masked = Some(Masked { question, peers: peers.clone(), held, survivors: None, revealed: false });
        }
        Ok((self.step(MaskedInput { peers, vector_digest }), masked))
    }

    /// Phase 4: signs the one list of survivors for which this worker will ever reveal shares.
    pub fn check(&mut self, survivors: &WorkerSet) -> Result<Step<Survivors>, ClientError> {
        const PHASE: &str = "the list of survivors";
        let shared = self.shared.as_mut().ok_or(ClientError::TooEarly(PHASE))?;
        let masked = shared.masked.as_mut().ok_or(ClientError::TooEarly(PHASE))?;
        match &masked.survivors {
            Some(signed) if signed != survivors => return Err(ClientError::AlreadyAnswered(PHASE)),
            Some(_) => {}
            None => {
                check_survivors(&shared.round, shared.index, masked, survivors)?;
                masked.survivors = Some(survivors.clone());
            }
        }
        Ok(self.step(Survivors(survivors.clone())))
    }

    /// Phase 5: reveals, once a quorum signed the same list.
    pub fn unmask(&mut self, quorum: &Quorum) -> Result<Step<Unmask>, ClientError> {
        const PHASE: &str = "the signatures of survivors";
        let shared = self.shared.as_mut().ok_or(ClientError::TooEarly(PHASE))?;
        let masked = shared.masked.as_mut().ok_or(ClientError::TooEarly(PHASE))?;
        let survivors = masked.survivors.as_ref().ok_or(ClientError::TooEarly(PHASE))?;
        check_quorum(&shared.round, survivors, quorum)?;
        let owners = (0..shared.round.roster.len()).filter(|owner| masked.holds(*owner, shared.index));
        let shares = owners.zip(masked.held.iter()).map(|(owner, held)| match survivors.contains(owner) {
            true => Share { owner, kind: ShareKind::SelfMask, value: held.self_mask.to_bytes() },
            false => Share { owner, kind: ShareKind::MaskKey, value: held.mask_key.to_bytes() },
        });
        let shares = shares.collect();
        masked.revealed = true;
        Ok(self.step(Unmask { shares }))
    }

    fn step<M>(&self, message: M) -> Step<M> {
        Step { state: self.to_bytes(), message }
    }

    fn self_mask_scalar(&self, round: &Round) -> Zeroizing<Scalar> {
        derive_scalar(round.digest, self.seed.as_slice(), &[b"self mask scalar"])
    }

    fn polynomial(&self, round: &Round, secret: &Scalar, kind: ShareKind) -> Polynomial {
        let coefficient = |power: u16| {
            let info: [&[u8]; 3] = [b"coefficient", &[kind as u8], &power.to_be_bytes()];
            *derive_scalar(round.digest, self.seed.as_slice(), &info)
        };
        Polynomial::new(*secret, (1..round.parameters.threshold).map(coefficient))
    }

    fn shares(&self, round: &Round) -> impl Fn(u16) -> Shares + use<> {
        let secret = mask_scalar(&self.context, &self.seed);
        let self_mask = self.polynomial(round, &self.self_mask_scalar(round), ShareKind::SelfMask);
        let mask_key = self.polynomial(round, &secret, ShareKind::MaskKey);
        move |holder| Shares { self_mask: self_mask.share(holder), mask_key: mask_key.share(holder) }
    }

    fn sealed_shares(&self, round: &Round, index: u16) -> Result<ShareKeys, ClientError> {
        let keys = self.cipher_keys();
        let shares = self.shares(round);
        let route = |holder| Route { round: round.digest, owner: index, holder };
        let seal = |holder| {
            let other = round.roster.member(holder);
            let key = route(holder).key(&keys, &other.keys.cipher).ok_or(ClientError::SmallOrder(other.address))?;
            Ok(route(holder).seal(&key, &shares(holder)))
        };
        Ok(ShareKeys {
            self_mask_commitment: commit_self_mask(round.digest, index, &self.self_mask_scalar(round)),
            own: route(index).commit_both(&shares(index)),
            sealed: round.graph.neighbours(index).iter().map(|holder| seal(*holder)).collect::<Result<_, _>>()?,
        })
    }

    /// Opens what was delivered: the peers, and what this worker holds of their secrets and of its own.
    fn open(
        &self,
        round: &Round,
        index: u16,
        deliveries: &[Delivery],
    ) -> Result<(WorkerSet, Zeroizing<Vec<Shares>>), ClientError> {
        let needed = usize::from(round.parameters.threshold) - 1;
        if deliveries.len() < needed {
            return Err(ClientError::TooFewNeighbours { found: deliveries.len(), needed });
        }
        let keys = self.cipher_keys();
        let mut neighbours = round.graph.neighbours(index).iter();
        let mut peers = WorkerSet::empty(round.parameters.workers);
        let mut held = Zeroizing::new(Vec::with_capacity(deliveries.len() + 1));
        for Delivery { owner, sealed } in deliveries {
            if !neighbours.any(|neighbour| neighbour == owner) {
                return Err(ClientError::DeliveryOrder(*owner));
            }
            let dealer = round.roster.member(*owner);
            let route = Route { round: round.digest, owner: *owner, holder: index };
            let key = route.key(&keys, &dealer.keys.cipher).ok_or(ClientError::SmallOrder(dealer.address))?;
            held.push(route.open(&key, sealed).ok_or(ClientError::BadShares { worker: dealer.address })?);
            peers.insert(*owner);
        }
        let before = peers.iter().filter(|peer| *peer < index).count();
        held.insert(before, self.shares(round)(index));
        Ok((peers, held))
    }

    fn add_masks<W: Word>(
        &self,
        round: &Round,
        index: u16,
        peers: &WorkerSet,
        vector: &[W],
    ) -> Result<Vec<W>, ClientError> {
        let mut masked = vector.to_vec();
        let keys = self.mask_keys();
        for peer in peers.iter() {
            let other = round.roster.member(peer);
            let shared = keys.agree(&other.keys.mask).ok_or(ClientError::SmallOrder(other.address))?;
            let key = pairwise_mask(round.digest, &shared, index, peer);
            apply_mask(&key, Sign::between(index, peer), &mut masked);
        }
        apply_mask(&self_mask(round.digest, &self.self_mask_scalar(round)), Sign::Add, &mut masked);
        Ok(masked)
    }
}

pub(crate) fn commit_self_mask(round: B256, owner: u16, scalar: &Scalar) -> B256 {
    tagged("self mask", &[round.as_slice(), &owner.to_be_bytes(), scalar.as_bytes()])
}

fn question<W: Word>(deliveries: &[Delivery], vector: &[W]) -> B256 {
    let vector = Sha256::digest(words_to_bytes(vector));
    tagged("question", &[vector.as_slice(), &Delivery::encode_all(deliveries)])
}

fn check_shape<W: Word>(round: &Round, vector: &[W]) -> Result<(), ClientError> {
    let (entries, word_bits) = (round.settings.entries, round.settings.word.bits());
    let (found, bits) = (vector.len(), 8 * size_of::<W>() as u32);
    let fits = found == entries as usize && bits == word_bits;
    fits.then_some(()).ok_or(ClientError::Shape { found, bits, entries, word_bits })
}

fn check_survivors(round: &Round, index: u16, masked: &Masked, survivors: &WorkerSet) -> Result<(), ClientError> {
    let (found, workers) = (survivors.workers(), round.parameters.workers);
    if found != workers {
        return Err(ClientError::SetSize { found, workers });
    }
    let at_least = |found: usize, needed: u16| match found >= needed.into() {
        true => Ok(()),
        false => Err(ClientError::TooFewSurvivors { found, needed: needed.into() }),
    };
    if !survivors.contains(index) {
        return Err(ClientError::NotSurvivor);
    }
    at_least(survivors.len(), round.parameters.quorum)?;
    let neighbours: Vec<_> =
        round.graph.neighbours(index).iter().copied().filter(|peer| survivors.contains(*peer)).collect();
    // Masks with enough neighbours stay on this worker's vector that no server and its accomplices know.
    at_least(neighbours.len() + 1, round.parameters.threshold)?;
    match neighbours.into_iter().find(|peer| !masked.peers.contains(*peer)) {
        Some(unknown) => Err(ClientError::UnknownSurvivor { worker: round.roster.address(unknown) }),
        None => Ok(()),
    }
}

fn check_quorum(round: &Round, survivors: &WorkerSet, quorum: &Quorum) -> Result<(), ClientError> {
    let (found, needed) = (quorum.0.len(), usize::from(round.parameters.quorum));
    if found < needed {
        return Err(ClientError::NoQuorum { found, needed });
    }
    let digest = Survivors(survivors.clone()).digest(round.digest);
    let mut signers = WorkerSet::empty(round.parameters.workers);
    for (signer, signature) in &quorum.0 {
        if !survivors.contains(*signer) || signers.contains(*signer) {
            return Err(ClientError::NotSigner { signer: *signer });
        }
        let worker = round.roster.address(*signer);
        if recover(Survivors::KIND, digest, signature) != Ok(worker) {
            return Err(ClientError::OtherSurvivors { worker });
        }
        signers.insert(*signer);
    }
    Ok(())
}
