//! What workers and server send each other. docs/secure-aggregation.md has the layouts.

use crate::signed::decode_signature;
use crate::wire::Reader;
use crate::{DecodeError, Message, Sealed, WorkerSet};
use alloy_primitives::{B256, Signature};

/// First message of a worker, in the domain of the context: its two X25519 keys for this round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdvertiseKeys {
    /// Encrypts shares.
    pub cipher: [u8; 32],
    /// Agrees on pairwise masks.
    pub mask: [u8; 32],
}

impl Message for AdvertiseKeys {
    const KIND: &'static str = "AdvertiseKeys";

    fn encode(&self) -> Vec<u8> {
        [self.cipher, self.mask].concat()
    }
}

impl AdvertiseKeys {
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, Self::KIND);
        let keys = Self { cipher: reader.array()?, mask: reader.array()? };
        reader.finish().map(|()| keys)
    }
}

/// Second message: shares of the worker's secrets, each for one neighbour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareKeys {
    /// To the secret behind the self mask. The mask key's is the advertised key.
    pub self_mask_commitment: B256,
    /// To the shares that the worker keeps.
    pub own: [B256; 2],
    /// For the neighbours, in ascending order.
    pub sealed: Vec<Sealed>,
}

impl Message for ShareKeys {
    const KIND: &'static str = "ShareKeys";

    fn encode(&self) -> Vec<u8> {
        let mut bytes = [self.self_mask_commitment, self.own[0], self.own[1]].concat();
        self.sealed.iter().for_each(|sealed| sealed.write(&mut bytes));
        bytes
    }
}

impl ShareKeys {
    /// In a round whose workers have `degree` neighbours.
    pub fn decode(bytes: &[u8], degree: u16) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, Self::KIND);
        let message = Self {
            self_mask_commitment: reader.b256()?,
            own: [reader.b256()?, reader.b256()?],
            sealed: (0..degree).map(|_| Sealed::read(&mut reader)).collect::<Result<_, _>>()?,
        };
        reader.finish().map(|()| message)
    }
}

/// Answer of the server to the second message: what one neighbour sealed for the receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub owner: u16,
    pub sealed: Sealed,
}

impl Delivery {
    pub fn encode_all(deliveries: &[Self]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for delivery in deliveries {
            bytes.extend(delivery.owner.to_be_bytes());
            delivery.sealed.write(&mut bytes);
        }
        bytes
    }

    /// At most one of each neighbour.
    pub fn decode_all(bytes: &[u8], degree: u16) -> Result<Vec<Self>, DecodeError> {
        let mut reader = Reader::new(bytes, "Delivery");
        let mut deliveries = Vec::new();
        while !reader.is_empty() && deliveries.len() < degree.into() {
            deliveries.push(Self { owner: reader.u16()?, sealed: Sealed::read(&mut reader)? });
        }
        reader.finish().map(|()| deliveries)
    }
}

/// Third message, beside the masked vector itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedInput {
    /// The neighbours whose pairwise masks are in the vector.
    pub peers: WorkerSet,
    /// SHA-256 of the vector's little-endian words.
    pub vector_digest: B256,
}

impl Message for MaskedInput {
    const KIND: &'static str = "MaskedInput";

    fn encode(&self) -> Vec<u8> {
        [self.peers.as_bytes(), self.vector_digest.as_slice()].concat()
    }
}

impl MaskedInput {
    pub fn decode(bytes: &[u8], workers: u16) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, Self::KIND);
        let message = Self { peers: WorkerSet::read(&mut reader, workers)?, vector_digest: reader.b256()? };
        reader.finish().map(|()| message)
    }
}

/// Fourth message, and the server's question before it: whose vectors are in the sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survivors(pub WorkerSet);

impl Message for Survivors {
    const KIND: &'static str = "Survivors";

    fn encode(&self) -> Vec<u8> {
        self.0.as_bytes().to_vec()
    }
}

impl Survivors {
    pub fn decode(bytes: &[u8], workers: u16) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, Self::KIND);
        let set = WorkerSet::read(&mut reader, workers)?;
        reader.finish().map(|()| Self(set))
    }
}

/// The server's question before the fifth message: who signed the list, and the signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum(pub Vec<(u16, Signature)>);

impl Quorum {
    pub fn encode(&self) -> Vec<u8> {
        let one = |(signer, signature): &(u16, Signature)| [&signer.to_be_bytes(), &signature.as_bytes()[..]].concat();
        self.0.iter().flat_map(one).collect()
    }

    /// At most one signature of each worker.
    pub fn decode(bytes: &[u8], workers: u16) -> Result<Self, DecodeError> {
        const WHAT: &str = "Quorum";
        let mut reader = Reader::new(bytes, WHAT);
        let mut signatures = Vec::new();
        while !reader.is_empty() && signatures.len() < workers.into() {
            signatures.push((reader.u16()?, decode_signature(&reader.array()?, WHAT)?));
        }
        reader.finish().map(|()| Self(signatures))
    }
}

/// Of which secret a share is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ShareKind {
    /// Revealed for a survivor.
    SelfMask = 0,
    /// Revealed for a dropout.
    MaskKey = 1,
}

/// A revealed share of `owner`'s secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub owner: u16,
    pub kind: ShareKind,
    /// A scalar, little-endian.
    pub value: [u8; 32],
}

/// Fifth message: one share of each neighbour that shared with this worker, and of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmask {
    pub shares: Vec<Share>,
}

impl Message for Unmask {
    const KIND: &'static str = "Unmask";

    fn encode(&self) -> Vec<u8> {
        let share = |share: &Share| [&share.owner.to_be_bytes(), &[share.kind as u8][..], &share.value].concat();
        self.shares.iter().flat_map(share).collect()
    }
}

impl Unmask {
    pub fn decode(bytes: &[u8], degree: u16) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, Self::KIND);
        let mut shares = Vec::new();
        while !reader.is_empty() && shares.len() <= degree.into() {
            let owner = reader.u16()?;
            let kind = match reader.u8()? {
                0 => ShareKind::SelfMask,
                1 => ShareKind::MaskKey,
                _ => return Err(reader.invalid("kind of share")),
            };
            shares.push(Share { owner, kind, value: reader.array()? });
        }
        reader.finish().map(|()| Self { shares })
    }
}
