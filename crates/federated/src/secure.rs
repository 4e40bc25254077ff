//! A masked round as its server sees it: from what is on the board, anybody comes to the same sum.

use crate::handout::{Deliveries, decode_roster, encode_roster, roster_limit};
use crate::{Aggregation, Board, Entry, Exchange, FederatedError, Job, Phase, Post};
use alloy_primitives::{Address, B256};
use lux_secagg::{
    AdvertiseKeys, Advertising, Checking, DecodeError, Delivery, MaskedInput, Masking, Message, Quorum, Recorded,
    Roster, Round, ServerError, ShareKeys, Sharing, Signed, Survivors, Unmask, Unmasking, WorkerSet,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const SIGNATURE_BYTES: usize = 65;

enum Server {
    Keys(Advertising),
    Shares(Sharing),
    Masked(Masking<u32>),
    Survivors(Checking<u32>),
    Unmask(Unmasking<u32>),
}

/// One phase of a masked round.
pub struct SecureRound {
    job: Arc<Job>,
    number: u64,
    /// Who might have taken part.
    members: usize,
    /// From the second phase on.
    round: Option<Arc<Round>>,
    server: Server,
    accepted: Vec<Address>,
    /// Where the masked vectors are, by worker.
    masked: BTreeMap<u16, B256>,
}

/// What ends a phase: what is handed out, and the round in its next phase where that can be told already.
pub struct Closed {
    pub content: B256,
    pub next: Option<SecureRound>,
}

/// The round as all workers know it: from the roster that was handed out, and randomness from after that.
pub async fn read_round(
    job: &Job,
    board: &dyn Board,
    blobs: &Exchange,
    number: u64,
) -> Result<Arc<Round>, FederatedError> {
    let Aggregation::Secure(assumptions) = job.aggregation else {
        return Err(FederatedError::Job("its updates are not masked"));
    };
    let missing = FederatedError::Handout("the roster is not on the board");
    let content = board.closing(number, Phase::Keys).await?.ok_or(missing)?;
    let beacon = board.beacon(number).await?.ok_or(FederatedError::Handout("the beacon is not on the board"))?;
    let members: BTreeSet<Address> = board.members(number).await?.into_iter().collect();
    let keys = decode_roster(&blobs.get(content, roster_limit(members.len())).await?)?;
    let context = job.context(number);
    let roster = Roster::verify(&context, &members, &keys)?;
    // The board recorded the commitment of these keys, and with it the digest.
    let recorded = Recorded { roster: roster.digest(), beacon };
    Ok(Arc::new(Round::new(context, job.settings(assumptions), roster, recorded)?))
}

/// Who shared secrets, and what was sealed for whom.
pub async fn read_deliveries(
    round: &Round,
    board: &dyn Board,
    blobs: &Exchange,
    number: u64,
) -> Result<Deliveries, FederatedError> {
    let workers = round.roster().len();
    let content = board.closing(number, Phase::Shares).await?.ok_or(FederatedError::Handout("no deliveries"))?;
    Deliveries::decode(&blobs.get(content, Deliveries::bytes(workers.into())).await?, workers)
}

pub async fn read_survivors(
    round: &Round,
    board: &dyn Board,
    blobs: &Exchange,
    number: u64,
) -> Result<WorkerSet, FederatedError> {
    let workers = round.roster().len();
    let content = board.closing(number, Phase::Masked).await?.ok_or(FederatedError::Handout("no survivors"))?;
    Ok(Survivors::decode(&blobs.get(content, usize::from(workers).div_ceil(8)).await?, workers)?.0)
}

pub async fn read_quorum(
    round: &Round,
    board: &dyn Board,
    blobs: &Exchange,
    number: u64,
) -> Result<Quorum, FederatedError> {
    let workers = round.roster().len();
    let content = board.closing(number, Phase::Survivors).await?.ok_or(FederatedError::Handout("no quorum"))?;
    let limit = usize::from(workers) * (2 + SIGNATURE_BYTES);
    Ok(Quorum::decode(&blobs.get(content, limit).await?, workers)?)
}

/// What the mean of so many masked updates is, from their sum modulo 2^32: halves up, within the range of coordinates.
pub fn mean_of_sum(sum: &[u32], survivors: usize) -> Vec<i32> {
    let (count, most) = (survivors.max(1) as i64, i64::from(lux_training::limits::MAX_COORDINATE));
    let mean = |word: &u32| (2 * i64::from(*word as i32) + count).div_euclid(2 * count).clamp(-most, most) as i32;
    sum.iter().map(mean).collect()
}

impl SecureRound {
    /// With those who may take part.
    pub fn begin(job: Arc<Job>, number: u64, members: &[Address]) -> Self {
        let server = Server::Keys(Advertising::new(job.context(number), members.iter().copied().collect()));
        let members = members.len();
        Self { job, number, members, round: None, server, accepted: Vec::new(), masked: BTreeMap::new() }
    }

    pub const fn phase(&self) -> Phase {
        match self.server {
            Server::Keys(_) => Phase::Keys,
            Server::Shares(_) => Phase::Shares,
            Server::Masked(_) => Phase::Masked,
            Server::Survivors(_) => Phase::Survivors,
            Server::Unmask(_) => Phase::Unmask,
        }
    }

    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Whose messages of this phase were taken.
    pub fn accepted(&self) -> &[Address] {
        &self.accepted
    }

    /// The round at the beginning of `phase`, from the board alone.
    pub async fn replay(
        job: Arc<Job>,
        number: u64,
        phase: Phase,
        board: &dyn Board,
        blobs: &Exchange,
    ) -> Result<Self, FederatedError> {
        if phase == Phase::Keys {
            return Ok(Self::begin(job, number, &board.members(number).await?));
        }
        let round = read_round(&job, board, blobs, number).await?;
        let server = Server::Shares(Sharing::new(round.clone()));
        let (accepted, masked) = (Vec::new(), BTreeMap::new());
        let members = round.roster().job().into();
        let mut replayed = Self { job, number, members, round: Some(round.clone()), server, accepted, masked };
        let entries = board.entries(number, 0).await?;
        if phase > Phase::Shares {
            let shared = read_deliveries(&round, board, blobs, number).await?.shared;
            replayed.take(&entries, &shared, blobs).await?;
            replayed = replayed.into_next()?;
        }
        if phase > Phase::Masked {
            let survivors = read_survivors(&round, board, blobs, number).await?;
            replayed.take(&entries, &survivors, blobs).await?;
            replayed = replayed.into_next()?;
        }
        if phase > Phase::Survivors {
            let quorum = read_quorum(&round, board, blobs, number).await?;
            if let Server::Survivors(server) = &mut replayed.server {
                let list = server.survivors().clone();
                for (_, signature) in quorum.0 {
                    server.accept(&Survivors(list.clone()).sign(signature))?;
                }
            }
            replayed = replayed.into_next()?;
        }
        Ok(replayed)
    }

    /// Takes the messages of these workers, no others.
    async fn take(&mut self, entries: &[Entry], of: &WorkerSet, blobs: &Exchange) -> Result<(), FederatedError> {
        let phase = self.phase();
        for entry in entries {
            let Entry::Posted { from, post, .. } = entry else { continue };
            let index = self.round.as_ref().and_then(|round| round.roster().index_of(*from));
            if post.phase == phase && index.is_some_and(|index| of.contains(index)) {
                self.accept(*from, post, blobs).await?;
            }
        }
        Ok(())
    }

    /// Most bytes of a message in this phase.
    fn limit(&self) -> usize {
        let parameters = self.round.as_ref().map(|round| round.parameters());
        let degree = parameters.map_or(0, |parameters| usize::from(parameters.degree));
        let workers = parameters.map_or(0, |parameters| parameters.workers);
        match self.server {
            Server::Keys(_) => SIGNATURE_BYTES + 64,
            Server::Shares(_) => SIGNATURE_BYTES + 96 + 144 * degree,
            Server::Masked(_) => masked_bytes(&self.job, workers),
            Server::Survivors(_) => SIGNATURE_BYTES + usize::from(workers).div_ceil(8),
            Server::Unmask(_) => SIGNATURE_BYTES + 35 * (degree + 1),
        }
    }

    /// Takes a message off the board. What is refused changes nothing.
    pub async fn accept(&mut self, from: Address, post: &Post, blobs: &Exchange) -> Result<(), FederatedError> {
        let bytes = blobs.get(post.content, self.limit()).await?;
        let sender = self.accept_bytes(from, &bytes)?;
        if !self.accepted.contains(&sender) {
            self.accepted.push(sender);
            if let (Server::Masked(_), Some(round)) = (&self.server, &self.round) {
                self.masked.extend(round.roster().index_of(sender).map(|index| (index, post.content)));
            }
        }
        Ok(())
    }

    fn accept_bytes(&mut self, from: Address, bytes: &[u8]) -> Result<Address, FederatedError> {
        let round = self.round.as_ref();
        let domain = round.map_or_else(|| self.job.context(self.number).digest(), |round| round.digest());
        let (workers, degree) = round.map_or((0, 0), |round| (round.parameters().workers, round.parameters().degree));
        match &mut self.server {
            Server::Keys(server) => {
                let signed = own(bytes, from, domain, AdvertiseKeys::decode)?;
                server.accept(signed)?;
            }
            Server::Shares(server) => {
                let signed = own(bytes, from, domain, |bytes| ShareKeys::decode(bytes, degree))?;
                server.accept(signed)?;
            }
            Server::Masked(server) => {
                let (head, vector) = split_masked(bytes, workers)?;
                let signed = own(head, from, domain, |bytes| MaskedInput::decode(bytes, workers))?;
                server.accept(&signed, vector)?;
            }
            Server::Survivors(server) => {
                let signed = own(bytes, from, domain, |bytes| Survivors::decode(bytes, workers))?;
                server.accept(&signed)?;
            }
            Server::Unmask(server) => {
                let signed = own(bytes, from, domain, |bytes| Unmask::decode(bytes, degree))?;
                server.accept(&signed)?;
            }
        }
        Ok(from)
    }

    /// Whether nothing is missing for the sum. Of the phases before, all who posted are waited for.
    pub fn is_complete(&self) -> bool {
        matches!(&self.server, Server::Unmask(server) if server.missing().is_empty())
    }

    fn into_next(self) -> Result<Self, FederatedError> {
        let server = match self.server {
            Server::Shares(server) => Server::Masked(server.close()?),
            Server::Masked(server) => Server::Survivors(server.close()?),
            Server::Survivors(server) => Server::Unmask(server.close()?.1),
            same @ (Server::Keys(_) | Server::Unmask(_)) => same,
        };
        Ok(Self { server, accepted: Vec::new(), ..self })
    }

    /// Ends one of the first four phases.
    pub async fn close(self, blobs: &Exchange) -> Result<Closed, FederatedError> {
        let Self { job, number, members, round, server, accepted, masked } = self;
        let next = |server| {
            let (accepted, masked) = (Vec::new(), BTreeMap::new());
            Some(Self { job: job.clone(), number, members, round: round.clone(), server, accepted, masked })
        };
        match (server, &round) {
            (Server::Keys(server), _) => {
                let needed = 2 * members / 3 + 1;
                if accepted.len() < needed {
                    let (phase, found) = ("advertised keys", accepted.len());
                    return Err(ServerError::TooFew { phase, found, needed }.into());
                }
                let content = blobs.put(encode_roster(&server.close()?)).await?;
                // Its parameters depend on a beacon that is not known yet.
                Ok(Closed { content, next: None })
            }
            (Server::Shares(server), Some(round)) => {
                let (roster, server) = (round.roster(), server.close::<u32>()?);
                let indices = accepted.iter().filter_map(|address| roster.index_of(*address));
                let shared = WorkerSet::from_indices(roster.len(), indices);
                let mut commitments = Vec::new();
                for worker in 0..roster.len() {
                    let delivery = server.delivery(worker, &WorkerSet::empty(roster.len()));
                    commitments.push(blobs.put(Delivery::encode_all(&delivery)).await?);
                }
                let content = blobs.put(Deliveries { shared, commitments }.encode()).await?;
                Ok(Closed { content, next: next(Server::Masked(server)) })
            }
            (Server::Masked(mut server), Some(round)) => {
                let bytes = masked_bytes(&job, round.roster().len());
                for worker in server.one_sided().iter() {
                    let content =
                        *masked.get(&worker).ok_or(FederatedError::Handout("a masked vector is not known"))?;
                    let message = blobs.get(content, bytes).await?;
                    server.withdraw(worker, split_masked(&message, round.roster().len())?.1)?;
                }
                let server = server.close()?;
                let content = blobs.put(server.survivors().as_bytes().to_vec()).await?;
                Ok(Closed { content, next: next(Server::Survivors(server)) })
            }
            (Server::Survivors(server), _) => {
                let (quorum, server) = server.close()?;
                let content = blobs.put(quorum.encode()).await?;
                Ok(Closed { content, next: next(Server::Unmask(server)) })
            }
            (Server::Unmask(_) | Server::Shares(_) | Server::Masked(_), _) => {
                Err(FederatedError::Handout("this phase ends with a result"))
            }
        }
    }

    /// Takes the masks off: the sum of the survivors' updates modulo 2^32, and who they are.
    pub fn finish(self) -> Result<(Vec<u32>, Vec<Address>), FederatedError> {
        let (Server::Unmask(server), Some(round)) = (self.server, &self.round) else {
            return Err(FederatedError::Handout("the masks are still on"));
        };
        let aggregate = server.finish()?;
        let survivors: Vec<Address> = aggregate.survivors.iter().map(|index| round.roster().address(index)).collect();
        Ok((aggregate.sum, survivors))
    }
}

/// Bytes of a masked update before its vector.
fn head_bytes(workers: u16) -> usize {
    usize::from(workers).div_ceil(8) + 32 + SIGNATURE_BYTES
}

fn masked_bytes(job: &Job, workers: u16) -> usize {
    head_bytes(workers) + 4 * job.length()
}

fn split_masked(bytes: &[u8], workers: u16) -> Result<(&[u8], &[u8]), DecodeError> {
    bytes.split_at_checked(head_bytes(workers)).ok_or(DecodeError::Truncated(MaskedInput::KIND))
}

/// A message by the account that posted it: nobody posts what another one signed.
fn own<M: Message>(
    bytes: &[u8],
    from: Address,
    domain: B256,
    decode: impl FnOnce(&[u8]) -> Result<M, DecodeError>,
) -> Result<Signed<M>, FederatedError> {
    let signed = Signed::decode(bytes, decode)?;
    let signer = signed.signer(domain).map_err(ServerError::from)?;
    let stranger = lux_secagg::SignatureError::Stranger { what: M::KIND, signer };
    (signer == from).then_some(signed).ok_or_else(|| ServerError::from(stranger).into())
}
