//! One run of a round, as everybody who reads the chain knows it.

use crate::event::Claimed;
use crate::timetable::{Periods, Times};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use lux_federated::{Entry, Move, Phase, Post, RoundOutcome};
use lux_protocol::payload_commitment;
use std::collections::{BTreeMap, BTreeSet};

/// What is announced of a run: posts of workers, then what ends phases.
pub mod step {
    /// Where the sender's blobs are.
    pub const SERVER: u8 = 0;
    pub const KEYS: u8 = 1;
    pub const SHARES: u8 = 2;
    pub const SURVIVORS: u8 = 3;
    pub const CLOSE_SHARES: u8 = 4;
    pub const CLOSE_MASKED: u8 = 5;
    pub const CLOSE_SURVIVORS: u8 = 6;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Open,
    Claimed,
    Abandoned,
    Disproved,
    /// A run before it was disproved.
    Void,
}

/// What a worker put on chain of a masked update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedUpdate {
    /// Commitment of the vector.
    pub vector: B256,
    pub points: u32,
    pub message: Bytes,
}

#[derive(Clone, Debug)]
pub struct RunView {
    pub round: u64,
    pub attempt: u64,
    /// Commitment of the weights that it begins with.
    pub weights: B256,
    /// By ascending index.
    pub members: Vec<(u8, Address)>,
    pub phase: Phase,
    /// When the phase began, seconds.
    pub opened: u64,
    pub times: Times,
    pub entries: Vec<Entry>,
    pub closings: BTreeMap<Phase, B256>,
    pub beacon: Option<B256>,
    pub fate: Fate,
    pub claim: Option<Box<Claimed>>,
    pub voted: BTreeSet<Address>,
    /// What masked messages end with.
    pub vectors: Vec<(Address, B256)>,
    /// What they have before that, in jobs with norm proofs.
    pub proofs: Vec<(Address, B256)>,
    /// Who has masked, as the contract counts: whether or not it was the time for it.
    pub(crate) masked: BTreeMap<Address, MaskedUpdate>,
    roster: Vec<Address>,
}

impl RunView {
    pub fn new(
        round: u64,
        attempt: u64,
        weights: B256,
        members: Vec<(u8, Address)>,
        phase: Phase,
        at: u64,
        until: u64,
    ) -> Self {
        Self {
            round,
            attempt,
            weights,
            members,
            phase,
            opened: at,
            times: Times { until, ..Times::default() },
            entries: vec![Entry::Opened { weights, at: 1_000 * at }],
            closings: BTreeMap::new(),
            beacon: None,
            fate: Fate::Open,
            claim: None,
            voted: BTreeSet::new(),
            vectors: Vec::new(),
            proofs: Vec::new(),
            masked: BTreeMap::new(),
            roster: Vec::new(),
        }
    }

    pub fn is_member(&self, account: Address) -> bool {
        self.members.iter().any(|(_, member)| *member == account)
    }

    /// The members that a bitmap names.
    pub fn named(&self, set: U256) -> Vec<Address> {
        self.members.iter().filter(|(index, _)| set.bit(usize::from(*index))).map(|(_, member)| *member).collect()
    }

    /// The bitmap that names these members.
    pub fn bitmap(&self, of: &[Address]) -> U256 {
        let named = self.members.iter().filter(|(_, member)| of.contains(member));
        named.fold(U256::ZERO, |set, (index, _)| set | U256::ONE << usize::from(*index))
    }

    pub fn posted(&self, by: Address, phase: Phase) -> Option<Post> {
        self.posts(phase).find(|(from, _)| *from == by).map(|(_, post)| post)
    }

    pub fn posts(&self, phase: Phase) -> impl Iterator<Item = (Address, Post)> {
        self.entries.iter().filter_map(move |entry| match entry {
            Entry::Posted { from, post, .. } if post.phase == phase => Some((*from, *post)),
            _ => None,
        })
    }

    /// The commitment of the weights after it.
    pub fn new_weights(&self) -> Option<B256> {
        let claim = self.claim.as_ref()?;
        match claim.aggregator.is_zero() {
            true => B256::abi_decode(&claim.proof).ok(),
            false => Proof::decode(&claim.proof).map(|proof| proof.weights),
        }
    }

    /// More than two thirds of its members.
    pub fn quorum(&self) -> usize {
        2 * self.members.len() / 3 + 1
    }

    /// The last second of the run.
    pub fn expires(&self, periods: &Periods) -> u64 {
        periods.expires(&self.times, self.phase, self.masked.len() >= self.quorum())
    }

    /// Whether all who may post in the phase have.
    fn is_complete(&self) -> bool {
        let posted = |by: &Address, phase| self.posted(*by, phase).is_some();
        match self.phase {
            Phase::Shares => self.roster.iter().all(|worker| posted(worker, Phase::Shares)),
            Phase::Masked => self.times.masked.is_some(),
            Phase::Survivors => self.posts(Phase::Masked).all(|(worker, _)| posted(&worker, Phase::Survivors)),
            Phase::Updates | Phase::Keys | Phase::Unmask | Phase::Over => false,
        }
    }

    fn post(&mut self, from: Address, phase: Phase, content: B256, points: u32, at: u64) {
        if self.phase == phase && self.posted(from, phase).is_none() {
            let post = Post { round: self.attempt, phase, content, points };
            self.entries.push(Entry::Posted { from, post, at: 1_000 * at });
        }
    }

    fn enter(&mut self, phase: Phase, at: u64) {
        self.phase = phase;
        self.opened = at;
    }

    pub fn submitted(&mut self, worker: Address, update: B256, points: u32, at: u64) {
        self.post(worker, Phase::Updates, update, points, at);
    }

    pub fn keys(&mut self, members: U256, keys: &[u8], at: u64) {
        self.times.keys = Some(at);
        self.roster = self.named(members);
        self.closings.insert(Phase::Keys, payload_commitment(keys));
    }

    /// The roster counts from here on: nobody can go on with it before.
    pub fn beacon(&mut self, beacon: B256, at: u64) {
        self.beacon = Some(beacon);
        if let Some(content) = self.closings.get(&Phase::Keys).copied().filter(|_| self.phase == Phase::Keys) {
            self.close(Address::ZERO, content, at);
        }
    }

    /// `post`: the message, then the commitment of the vector.
    pub fn masked(&mut self, worker: Address, points: u32, post: &[u8], at: u64) {
        self.post(worker, Phase::Masked, payload_commitment(post), 0, at);
        let mut ends = post.rchunks_exact(32).map(|end| (worker, B256::from_slice(end)));
        self.vectors.extend(ends.next());
        self.proofs.extend(ends.next());
        if let Some((message, vector)) = post.split_last_chunk::<32>() {
            let message = Bytes::copy_from_slice(message);
            self.masked.insert(worker, MaskedUpdate { vector: vector.into(), points, message });
        }
        if self.masked.len() == self.roster.len() {
            self.times.masked = Some(at);
        }
    }

    pub fn shares(&mut self, worker: Address, message: &[u8], at: u64) {
        self.post(worker, Phase::Unmask, payload_commitment(message), 0, at);
    }

    fn close(&mut self, from: Address, content: B256, at: u64) {
        let (phase, step) = (self.phase, Move::Close { content, milliseconds: 0 });
        self.entries.push(Entry::Moved { from, phase, step, at: 1_000 * at });
        self.closings.insert(phase, content);
        self.enter(phase.next().unwrap_or(Phase::Over), at);
    }

    /// What somebody announced: nothing, where it was not the time for it, or not for the sender to say.
    pub fn announced(
        &mut self,
        periods: &Periods,
        coordinator: Address,
        from: Address,
        step: u8,
        content: B256,
        at: u64,
    ) {
        let posts = match step {
            step::KEYS => Some(Phase::Keys),
            step::SHARES => Some(Phase::Shares),
            step::SURVIVORS => Some(Phase::Survivors),
            _ => None,
        };
        let deadline = periods.deadline(&self.times, self.phase);
        if let Some(phase) = posts {
            let may = if phase == Phase::Keys { self.is_member(from) } else { self.roster.contains(&from) };
            if may && at <= deadline {
                self.post(from, phase, content, 0, at);
            } else if may {
                let took = 1_000 * at.saturating_sub(self.opened);
                self.entries.push(Entry::Late { from, phase, at: 1_000 * at, took });
            }
            return;
        }
        let closes = match step {
            step::CLOSE_SHARES => Phase::Shares,
            step::CLOSE_MASKED => Phase::Masked,
            step::CLOSE_SURVIVORS => Phase::Survivors,
            _ => return,
        };
        let is_time = self.is_complete() || at > deadline;
        let may = from == coordinator || (self.is_member(from) && at > periods.coordinators(&self.times, closes));
        if closes == self.phase && is_time && may {
            self.close(from, content, at);
        }
    }

    pub fn claimed(&mut self, claim: Box<Claimed>, at: u64) {
        let from = claim.aggregator;
        let content = claim.outcome().map_or(B256::ZERO, |outcome| payload_commitment(&outcome.encode()));
        let phase = self.phase;
        self.claim = Some(claim);
        self.fate = Fate::Claimed;
        if let Some(weights) = self.new_weights() {
            let step = Move::Finish { content, weights, milliseconds: 0 };
            self.entries.push(Entry::Moved { from, phase, step, at: 1_000 * at });
        }
    }
}

/// `convergenceProof` of public updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub kind: u8,
    pub length: u32,
    pub weights: B256,
    pub report: Bytes,
    pub evidence: Bytes,
}

impl Proof {
    pub fn encode(&self) -> Vec<u8> {
        let (kind, length) = (U256::from(self.kind), U256::from(self.length));
        (kind, length, self.weights, self.report.clone(), self.evidence.clone()).abi_encode_params()
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, length, weights, report, evidence) =
            <(U256, U256, B256, Bytes, Bytes)>::abi_decode_params(bytes).ok()?;
        Some(Self { kind: kind.try_into().ok()?, length: length.try_into().ok()?, weights, report, evidence })
    }
}

impl Claimed {
    /// What it says that the program came to; `None` with secure aggregation, and for a claim that nobody can read.
    pub fn outcome(&self) -> Option<RoundOutcome> {
        let proof = (!self.aggregator.is_zero()).then(|| Proof::decode(&self.proof)).flatten()?;
        let output = keccak256([self.aggregate, proof.weights, keccak256(&proof.report)].concat());
        Some(RoundOutcome { round: payload_commitment(&self.description), output, sum: None })
    }
}
