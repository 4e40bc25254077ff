//! A worker's state as bytes, ending in their own digest: a half-written file is found out, not believed.

use super::{Client, Masked, Shared};
use crate::context::tagged;
use crate::seal::Shares;
use crate::wire::Reader;
use crate::{Assumptions, Context, DecodeError, Recorded, Roster, Round, Settings, WordSize, WorkerSet};
use alloy_primitives::Address;
use curve25519_dalek::Scalar;
use std::sync::Arc;
use zeroize::Zeroizing;

const WHAT: &str = "state of a worker";
const VERSION: u8 = 2;

impl Client {
    /// Secret: whoever reads it knows this worker's vector. Delete it when the round is over.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let masked = self.shared.as_ref().and_then(|shared| shared.masked.as_ref());
        let survivors = masked.and_then(|masked| masked.survivors.as_ref());
        let phases = [self.shared.is_some(), masked.is_some(), survivors.is_some(), self.revealed()];
        let phase = phases.map(u8::from).iter().sum();

        let mut bytes = Zeroizing::new(vec![VERSION, phase]);
        bytes.extend(self.context.chain_id.to_be_bytes());
        bytes.extend(self.context.job);
        bytes.extend(self.context.round.to_be_bytes());
        bytes.extend(self.address);
        bytes.extend(self.seed.iter());
        if let Some(Shared { round, .. }) = &self.shared {
            bytes.extend(round.settings.assumptions.adversarial_bps.to_be_bytes());
            bytes.extend(round.settings.assumptions.dropout_bps.to_be_bytes());
            bytes.extend(round.settings.entries.to_be_bytes());
            bytes.push(round.settings.word as u8);
            bytes.extend(round.beacon);
            bytes.extend(round.roster.encode());
        }
        if let Some(Masked { question, peers, held, .. }) = masked {
            bytes.extend(question);
            bytes.extend(peers.as_bytes());
            for shares in held.iter() {
                bytes.extend(shares.self_mask.as_bytes());
                bytes.extend(shares.mask_key.as_bytes());
            }
        }
        bytes.extend(survivors.into_iter().flat_map(WorkerSet::as_bytes));
        let digest = tagged("state", &[&bytes]);
        bytes.extend(digest);
        bytes
    }

    /// Goes on after a restart.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (front, digest) = bytes.split_last_chunk::<32>().ok_or(DecodeError::Truncated(WHAT))?;
        let mut reader = Reader::new(front, WHAT);
        if tagged("state", &[front]) != *digest {
            return Err(reader.invalid("digest: it was not written to its end, or changed"));
        }
        if reader.u8()? != VERSION {
            return Err(reader.invalid("version"));
        }
        let phase = reader.u8()?;
        if phase > 4 {
            return Err(reader.invalid("phase"));
        }
        let context = Context { chain_id: reader.u64()?, job: reader.b256()?, round: reader.u64()? };
        let mut client = Self::new(context, Address::new(reader.array()?), reader.array()?);
        if phase > 0 {
            client.shared = Some(Shared::read(&mut reader, &client, phase)?);
        }
        reader.finish().map(|()| client)
    }
}

impl Shared {
    fn read(reader: &mut Reader<'_>, client: &Client, phase: u8) -> Result<Self, DecodeError> {
        let assumptions = Assumptions { adversarial_bps: reader.u16()?, dropout_bps: reader.u16()? };
        let entries = reader.u32()?;
        let word = match reader.u8()? {
            32 => WordSize::U32,
            64 => WordSize::U64,
            _ => return Err(reader.invalid("size of words")),
        };
        let beacon = reader.b256()?;
        let roster = Roster::read(reader, &client.context)?;
        let settings = Settings { assumptions, entries, word };
        // It was compared with what the chain recorded before it was written.
        let recorded = Recorded { roster: roster.digest(), beacon };
        let round = Round::new(client.context, settings, roster, recorded).map_err(|_| reader.invalid("parameters"))?;
        let index = round.roster.index_of(client.address).ok_or(reader.invalid("address"))?;
        let masked = (phase > 1).then(|| Masked::read(reader, &round, index, phase)).transpose()?;
        Ok(Self { round: Arc::new(round), index, masked })
    }
}

impl Masked {
    fn read(reader: &mut Reader<'_>, round: &Round, index: u16, phase: u8) -> Result<Self, DecodeError> {
        let question = reader.b256()?;
        let peers = WorkerSet::read(reader, round.parameters.workers)?;
        if peers.contains(index) {
            return Err(reader.invalid("peers"));
        }
        let scalar = |reader: &mut Reader<'_>| {
            Option::<Scalar>::from(Scalar::from_canonical_bytes(reader.array()?)).ok_or(reader.invalid("share"))
        };
        let held = (0..=peers.len())
            .map(|_| Ok(Shares { self_mask: scalar(reader)?, mask_key: scalar(reader)? }))
            .collect::<Result<_, DecodeError>>()?;
        let survivors = (phase > 2).then(|| WorkerSet::read(reader, round.parameters.workers)).transpose()?;
        Ok(Self { question, peers, held: Zeroizing::new(held), survivors, revealed: phase > 3 })
    }
}
