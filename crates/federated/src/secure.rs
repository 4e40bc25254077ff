//! A masked round as its server sees it: from what is on the board, anybody comes to the same sum.

use crate::handout::{Deliveries, decode_roster, encode_roster, roster_limit};
use crate::proofs::{MaskedPost, Unproven, setup};
use crate::{Aggregation, Board, Entry, Exchange, FederatedError, Job, Phase, Post};
use alloy_primitives::{Address, B256};
use lux_norm_proof::{Element, Proof, Setup, Statement};
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
    norms: Box<Norms>,
}

/// Norm proofs of a round, in a job that demands them.
#[derive(Default)]
struct Norms {
    setup: Option<Arc<Setup>>,
    unproven: Vec<(Address, Unproven)>,
    /// Of updates that were shown to be within the bound, by worker.
    commitments: BTreeMap<u16, Element>,
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
        let (members, accepted, masked) = (members.len(), Vec::new(), BTreeMap::new());
        Self { job, number, members, round: None, server, accepted, masked, norms: Box::default() }
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
        let norms = Box::new(Norms { setup: job.norm_terms()?.map(setup), ..Norms::default() });
        let own = Some(round.clone());
        let mut replayed = Self { job, number, members, round: own, server, accepted, masked, norms };
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
        let named = |from: &Address| {
            let index = self.round.as_ref().and_then(|round| round.roster().index_of(*from));
            index.is_some_and(|index| of.contains(index))
        };
        let posts = entries.iter().filter_map(|entry| match entry {
            Entry::Posted { from, post, .. } if post.phase == phase && named(from) => Some((*from, *post)),
            _ => None,
        });
        let posts: Vec<(Address, Post)> = posts.collect();
        self.prefetch(&posts.iter().map(|(_, post)| post.content).collect::<Vec<_>>(), blobs).await;
        for (from, post) in posts {
            self.accept(from, &post, blobs).await?;
        }
        match self.settle(blobs).await?.is_empty() {
            true => Ok(()),
            false => Err(FederatedError::Handout("an update without a valid norm proof is in the sum")),
        }
    }

    /// Most bytes of a message in this phase.
    fn limit(&self) -> usize {
        let parameters = self.round.as_ref().map(|round| round.parameters());
        let degree = parameters.map_or(0, |parameters| usize::from(parameters.degree));
        let workers = parameters.map_or(0, |parameters| parameters.workers);
        match self.server {
            Server::Keys(_) => SIGNATURE_BYTES + 64,
            Server::Shares(_) => SIGNATURE_BYTES + 96 + 144 * degree,
            Server::Masked(_) => MaskedPost::bytes(&self.job, workers),
            Server::Survivors(_) => SIGNATURE_BYTES + usize::from(workers).div_ceil(8),
            Server::Unmask(_) => SIGNATURE_BYTES + 35 * (degree + 1),
        }
    }

    /// Begins to fetch what these messages of the phase take, all at a time. What does not come, or is malformed, is told by [`Self::accept`].
    pub async fn prefetch(&self, contents: &[B256], blobs: &Exchange) {
        let limit = self.limit();
        blobs.prefetch(contents.iter().map(|content| (*content, limit)));
        if self.phase() != Phase::Masked {
            return;
        }
        let proof_bytes = self.norms.setup.as_ref().map_or(0, |setup| Proof::size(setup.terms()));
        for content in contents {
            let Ok(bytes) = blobs.get(*content, limit).await else { continue };
            let Ok(MaskedPost { proof, vector, .. }) = MaskedPost::decode(&bytes, &self.job) else { continue };
            let proof = proof.map(|proof| (proof, proof_bytes));
            blobs.prefetch(proof.into_iter().chain([(vector, 4 * self.job.entries())]));
        }
    }

    /// Takes a message off the board. What is refused changes nothing. Masked updates of a job with norm proofs count after [`Self::settle`].
    pub async fn accept(&mut self, from: Address, post: &Post, blobs: &Exchange) -> Result<(), FederatedError> {
        let bytes = blobs.get(post.content, self.limit()).await?;
        if let (Server::Masked(_), Some(round)) = (&self.server, self.round.clone()) {
            return self.accept_masked(from, &bytes, &round, blobs).await;
        }
        let sender = self.accept_bytes(from, &bytes)?;
        if !self.accepted.contains(&sender) {
            self.accepted.push(sender);
        }
        Ok(())
    }

    async fn accept_masked(
        &mut self,
        from: Address,
        bytes: &[u8],
        round: &Round,
        blobs: &Exchange,
    ) -> Result<(), FederatedError> {
        let workers = round.roster().len();
        let MaskedPost { signed, proof, vector } = MaskedPost::decode(bytes, &self.job)?;
        let signed = own(signed, from, round.digest(), |bytes| MaskedInput::decode(bytes, workers))?;
        let words = blobs.get(vector, 4 * self.job.entries()).await?;
        let Some(setup) = &self.norms.setup else { return self.add(from, &signed, vector, &words) };
        let proof = blobs.get(proof.unwrap_or_default(), Proof::size(setup.terms())).await?;
        let proof = Proof::decode(&proof, setup.terms())?;
        let worker = round.roster().index_of(from).ok_or(FederatedError::Handout("a stranger masked a vector"))?;
        let statement = Statement { round: round.digest(), worker, vector: signed.message.vector_digest };
        self.norms.unproven.push((from, Unproven { signed, vector, statement, proof }));
        Ok(())
    }

    fn add(
        &mut self,
        from: Address,
        signed: &Signed<MaskedInput>,
        vector: B256,
        words: &[u8],
    ) -> Result<(), FederatedError> {
        let Server::Masked(server) = &mut self.server else { return Ok(()) };
        let worker = server.accept(signed, words)?;
        self.masked.insert(worker, vector);
        if !self.accepted.contains(&from) {
            self.accepted.push(from);
        }
        Ok(())
    }

    /// Verifies the norm proofs of what was accepted since the last time, all at once, and adds the vectors of those that hold. Whose do not,
    /// and why.
    pub async fn settle(&mut self, blobs: &Exchange) -> Result<Vec<(Address, String)>, FederatedError> {
        let Some(setup) = self.norms.setup.clone() else { return Ok(Vec::new()) };
        let unproven = std::mem::take(&mut self.norms.unproven);
        let claims: Vec<_> = unproven.iter().map(|(_, one)| (one.statement, &one.proof)).collect();
        let mut refused =
            setup.verify_batch(&claims).map_or_else(|refused| refused.0, |()| Vec::new()).into_iter().peekable();
        let mut named = Vec::new();
        for (place, (from, one)) in unproven.into_iter().enumerate() {
            if let Some((_, error)) = refused.next_if(|(refused, _)| *refused == place) {
                named.push((from, format!("its norm proof is refused: {error}")));
                continue;
            }
            let words = blobs.get(one.vector, 4 * self.job.entries()).await.map_err(FederatedError::from);
            match words.and_then(|words| self.add(from, &one.signed, one.vector, &words)) {
                Ok(()) => drop(self.norms.commitments.insert(one.statement.worker, *one.proof.commitment())),
                Err(error) => named.push((from, error.to_string())),
            }
        }
        Ok(named)
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
            Server::Masked(_) => return Err(FederatedError::Handout("a masked update comes with a vector")),
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
        let Self { job, number, members, round, server, accepted, masked, norms } = self;
        let next = |server, norms| {
            let (accepted, masked) = (Vec::new(), BTreeMap::new());
            Some(Self { job: job.clone(), number, members, round: round.clone(), server, accepted, masked, norms })
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
                Ok(Closed { content, next: next(Server::Masked(server), norms) })
            }
            (Server::Masked(mut server), Some(_)) => {
                for worker in server.one_sided().iter() {
                    let content =
                        *masked.get(&worker).ok_or(FederatedError::Handout("a masked vector is not known"))?;
                    server.withdraw(worker, &blobs.get(content, 4 * job.entries()).await?)?;
                }
                let server = server.close()?;
                let content = blobs.put(server.survivors().as_bytes().to_vec()).await?;
                Ok(Closed { content, next: next(Server::Survivors(server), norms) })
            }
            (Server::Survivors(server), _) => {
                let (quorum, server) = server.close()?;
                let content = blobs.put(quorum.encode()).await?;
                Ok(Closed { content, next: next(Server::Unmask(server), norms) })
            }
            (Server::Unmask(_) | Server::Shares(_) | Server::Masked(_), _) => {
                Err(FederatedError::Handout("this phase ends with a result"))
            }
        }
    }

    /// Takes the masks off: the sum of the survivors' vectors modulo 2^32, and who they are. In a job with norm proofs only where it opens
    /// the sum of their commitments.
    pub fn finish(self) -> Result<(Vec<u32>, Vec<Address>), FederatedError> {
        let (Server::Unmask(server), Some(round)) = (self.server, &self.round) else {
            return Err(FederatedError::Handout("the masks are still on"));
        };
        let aggregate = server.finish()?;
        if let Some(setup) = &self.norms.setup {
            let missing = FederatedError::Handout("a survivor's proof is not known");
            let commitments = aggregate.survivors.iter().map(|worker| self.norms.commitments.get(&worker));
            let commitments = commitments.collect::<Option<Vec<_>>>().ok_or(missing)?;
            setup.open(commitments, &aggregate.sum)?;
        }
        let survivors: Vec<Address> = aggregate.survivors.iter().map(|index| round.roster().address(index)).collect();
        Ok((aggregate.sum, survivors))
    }
}

/// A message by the account that posted it: nobody posts what another one signed.
pub(crate) fn own<M: Message>(
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
