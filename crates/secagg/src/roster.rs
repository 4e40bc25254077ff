use crate::context::tagged_bytes;
use crate::parameters::quorum;
use crate::secrets::is_small_order;
use crate::wire::Reader;
use crate::{AdvertiseKeys, Context, DecodeError, MAX_WORKERS, MIN_WORKERS, ParameterError, RosterError, Signed};
use alloy_primitives::{Address, B256, keccak256};
use std::collections::BTreeSet;

/// A worker's account and its keys of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    pub address: Address,
    pub keys: AdvertiseKeys,
}

/// The workers of a round, in ascending order of their addresses. A worker's place in it is its index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    members: Vec<Member>,
    /// Accounts that might have taken part.
    job: u16,
    digest: B256,
}

impl Roster {
    /// Checks every signature and key. `job` has the accounts that may take part, as the chain tells: more than two thirds of them must,
    /// or a server could choose those of whom it holds most.
    pub fn verify(
        context: &Context,
        job: &BTreeSet<Address>,
        advertised: &[Signed<AdvertiseKeys>],
    ) -> Result<Self, RosterError> {
        let domain = check_len(advertised.len()).and_then(|()| check_len(job.len())).map(|()| context.digest())?;
        let (found, needed) = (advertised.len(), usize::from(quorum(job.len() as u16)));
        if found < needed {
            return Err(RosterError::TooFew { found, needed });
        }
        let mut members: Vec<Member> = Vec::with_capacity(advertised.len());
        for (place, signed) in advertised.iter().enumerate() {
            let address = signed.signer(domain)?;
            if !job.contains(&address) {
                return Err(RosterError::NotMember(address));
            }
            if members.last().is_some_and(|last| last.address >= address) {
                return Err(RosterError::Order(place));
            }
            if signed.message.has_small_order() {
                return Err(RosterError::SmallOrder(address));
            }
            members.push(Member { address, keys: signed.message });
        }
        Ok(Self::of(context, members, job.len() as u16))
    }

    fn of(context: &Context, members: Vec<Member>, job: u16) -> Self {
        let digest = keccak256(preimage(context, &members, job));
        Self { members, job, digest }
    }

    /// What its digest is of.
    pub fn preimage(&self, context: &Context) -> Vec<u8> {
        preimage(context, &self.members, self.job)
    }

    /// What is to be recorded on chain before the beacon is known.
    pub const fn digest(&self) -> B256 {
        self.digest
    }

    pub fn len(&self) -> u16 {
        self.members.len() as u16
    }

    /// Accounts that might have taken part.
    pub const fn job(&self) -> u16 {
        self.job
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub fn members(&self) -> &[Member] {
        &self.members
    }

    pub fn index_of(&self, address: Address) -> Option<u16> {
        self.members.binary_search_by_key(&address, |member| member.address).ok().map(|index| index as u16)
    }

    /// # Panics
    /// If the index is of no worker.
    pub fn member(&self, index: u16) -> &Member {
        &self.members[usize::from(index)]
    }

    pub fn address(&self, index: u16) -> Address {
        self.member(index).address
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        [&self.len().to_be_bytes(), &self.job.to_be_bytes(), encode(&self.members).as_slice()].concat()
    }

    /// From a worker's own state, which verified it before.
    pub(crate) fn read(reader: &mut Reader<'_>, context: &Context) -> Result<Self, DecodeError> {
        let (len, job) = (reader.u16()?, reader.u16()?);
        check_len(len.into()).map_err(|_| reader.invalid("number of workers"))?;
        let member = |reader: &mut Reader<'_>| {
            let address = Address::new(reader.array()?);
            Ok(Member { address, keys: AdvertiseKeys { cipher: reader.array()?, mask: reader.array()? } })
        };
        let members = (0..len).map(|_| member(reader)).collect::<Result<Vec<_>, DecodeError>>()?;
        if !members.is_sorted_by(|a, b| a.address < b.address) {
            return Err(reader.invalid("order of workers"));
        }
        Ok(Self::of(context, members, job))
    }
}

impl AdvertiseKeys {
    pub(crate) fn has_small_order(&self) -> bool {
        is_small_order(&self.cipher) || is_small_order(&self.mask)
    }
}

fn preimage(context: &Context, members: &[Member], job: u16) -> Vec<u8> {
    tagged_bytes("roster", &[context.digest().as_slice(), &job.to_be_bytes(), &encode(members)])
}

fn encode(members: &[Member]) -> Vec<u8> {
    members
        .iter()
        .flat_map(|member| [member.address.as_slice(), &member.keys.cipher, &member.keys.mask].concat())
        .collect()
}

fn check_len(len: usize) -> Result<(), ParameterError> {
    match u16::try_from(len).unwrap_or(u16::MAX) {
        MIN_WORKERS..=MAX_WORKERS => Ok(()),
        other => Err(ParameterError::Workers(other)),
    }
}
