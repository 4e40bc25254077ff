//! A job, from its events in order.

use crate::event::{Accusing, Event};
use crate::run::{Fate, RunView, step};
use crate::timetable::Periods;
use alloy_primitives::{Address, B256, Bytes, U256};
use lux_federated::Phase;
use lux_protocol::training::ITraining::JobConfig;
use std::collections::{BTreeMap, BTreeSet};

/// Rounds that were paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paid {
    pub total: U256,
    pub workers: Vec<(Address, U256)>,
}

#[derive(Clone, Debug)]
pub struct History {
    coordinator: Address,
    pub periods: Periods,
    weights: B256,
    rounds: u64,
    first: Phase,
    indices: BTreeMap<u8, Address>,
    /// Who takes part in rounds to come.
    pub active: BTreeSet<Address>,
    pub slashed: BTreeSet<Address>,
    pub servers: BTreeMap<Address, String>,
    pub runs: BTreeMap<u64, RunView>,
    /// The run of each round that has a claim which counts.
    pub counted: BTreeMap<u64, u64>,
    rewards: BTreeMap<u64, Vec<(Address, U256)>>,
    pub paid: BTreeMap<u64, Paid>,
    pub accusations: BTreeMap<B256, Accusing>,
    pub is_cancelled: bool,
    pub is_over: bool,
    /// When it ended, seconds.
    pub ended_at: Option<u64>,
    /// What is on chain, and is read as blobs.
    pub blobs: Vec<Bytes>,
}

impl History {
    pub fn new(config: &JobConfig, rounds: u64, creator: Address) -> Self {
        Self {
            coordinator: if config.coordinator.is_zero() { creator } else { config.coordinator },
            periods: Periods::of(config),
            weights: config.weights,
            rounds,
            first: if config.wordBits == 0 { Phase::Updates } else { Phase::Keys },
            indices: BTreeMap::new(),
            active: BTreeSet::new(),
            slashed: BTreeSet::new(),
            servers: BTreeMap::new(),
            runs: BTreeMap::new(),
            counted: BTreeMap::new(),
            rewards: BTreeMap::new(),
            paid: BTreeMap::new(),
            accusations: BTreeMap::new(),
            is_cancelled: false,
            is_over: false,
            ended_at: None,
            blobs: Vec::new(),
        }
    }

    pub const fn coordinator(&self) -> Address {
        self.coordinator
    }

    /// The run in work.
    pub fn current(&self) -> Option<&RunView> {
        self.runs.values().next_back().filter(|run| run.fate == Fate::Open)
    }

    /// Rounds with a claim that counts.
    pub fn done(&self) -> u64 {
        self.counted.len() as u64
    }

    /// The first round that is not paid, where it has a claim: its number and run.
    pub fn next_to_pay(&self) -> Option<(u64, u64)> {
        let round = self.paid.len() as u64 + 1;
        self.counted.get(&round).map(|attempt| (round, *attempt))
    }

    /// Weights that rounds to come begin with.
    pub fn latest_weights(&self) -> B256 {
        self.weights_before(self.done() + 1)
    }

    fn weights_before(&self, round: u64) -> B256 {
        let before = round.checked_sub(1).and_then(|before| self.counted.get(&before));
        before.and_then(|attempt| self.runs.get(attempt)?.new_weights()).unwrap_or(self.weights)
    }

    fn named(&self, set: U256) -> Vec<(u8, Address)> {
        let named = self.indices.iter().filter(|(index, _)| set.bit(usize::from(**index)));
        named.map(|(index, worker)| (*index, *worker)).collect()
    }

    fn run(&mut self, attempt: u64) -> Option<&mut RunView> {
        self.runs.get_mut(&attempt)
    }

    /// `at`: seconds.
    pub fn apply(&mut self, event: Event, at: u64) {
        match event {
            Event::Staked { worker, index } => {
                self.indices.retain(|_, known| *known != worker);
                self.indices.insert(index, worker);
                self.active.insert(worker);
            }
            Event::Left(worker) => drop(self.active.remove(&worker)),
            Event::Slashed(worker) => {
                self.active.remove(&worker);
                self.slashed.insert(worker);
            }
            Event::Dropped(set) => {
                for (_, worker) in self.named(set) {
                    self.active.remove(&worker);
                }
            }
            Event::Opened { round, attempt, members, until } => {
                let (weights, members) = (self.weights_before(round), self.named(members));
                self.runs.insert(attempt, RunView::new(round, attempt, weights, members, self.first, at, until));
            }
            Event::Abandoned { attempt } => {
                if let Some(run) = self.run(attempt) {
                    run.fate = Fate::Abandoned;
                }
            }
            Event::Submitted { worker, attempt, update, points } => {
                if let Some(run) = self.run(attempt) {
                    run.submitted(worker, update, points, at);
                }
            }
            Event::Keys { attempt, members, keys } => {
                if let Some(run) = self.run(attempt) {
                    run.keys(members, &keys, at);
                    self.blobs.push(keys);
                }
            }
            Event::Beacon { attempt, beacon } => {
                if let Some(run) = self.run(attempt) {
                    run.beacon(beacon, at);
                }
            }
            Event::Masked { worker, attempt, points, post } => {
                if let Some(run) = self.run(attempt) {
                    run.masked(worker, points, &post, at);
                    self.blobs.push(post);
                }
            }
            Event::Shares { worker, attempt, message } => {
                if let Some(run) = self.run(attempt) {
                    run.shares(worker, &message, at);
                    self.blobs.push(message);
                }
            }
            Event::Voted { worker, attempt } => {
                if let Some(run) = self.run(attempt) {
                    run.voted.insert(worker);
                }
            }
            Event::Announced { sender, step: step::SERVER, content, .. } => {
                if let Ok(server) = String::from_utf8(content.to_vec()) {
                    self.servers.insert(sender, server);
                }
            }
            Event::Announced { sender, attempt, step, content } => {
                let (periods, coordinator) = (self.periods, self.coordinator);
                let content = B256::try_from(content.as_ref());
                if let (Some(run), Ok(content)) = (self.run(attempt), content) {
                    run.announced(&periods, coordinator, sender, step, content, at);
                }
            }
            Event::Claimed { attempt, claim } => {
                let Some(run) = self.runs.get_mut(&attempt) else { return };
                self.blobs.extend(claim.outcome().map(|outcome| outcome.encode().into()));
                self.blobs.extend((!claim.description.is_empty()).then(|| claim.description.clone()));
                run.claimed(claim, at);
                self.counted.insert(run.round, attempt);
            }
            Event::Disproved { attempt } => self.disproved(attempt),
            Event::Rewarded { worker, round, amount } => {
                self.rewards.entry(round).or_default().push((worker, amount));
            }
            Event::Distributed { round, paid } => {
                let workers = self.rewards.remove(&round).unwrap_or_default();
                self.paid.insert(round, Paid { total: paid, workers });
            }
            Event::Cancelled => self.is_cancelled = true,
            Event::Accused(accusing) => drop(self.accusations.insert(accusing.id, *accusing)),
            Event::AccusationChallenged(id) => {
                if let Some(accusing) = self.accusations.get_mut(&id) {
                    accusing.is_challenged = true;
                }
            }
            Event::Ended => {
                self.is_over = true;
                self.ended_at = Some(at);
            }
        }
    }

    /// The job goes back to that round, and all later ones are void.
    fn disproved(&mut self, attempt: u64) {
        let Some(round) = self.run(attempt).map(|run| run.round) else { return };
        for run in self.runs.values_mut().filter(|run| run.round > round) {
            run.fate = Fate::Void;
        }
        if let Some(run) = self.run(attempt) {
            run.fate = Fate::Disproved;
        }
        self.counted.retain(|of, _| *of < round);
    }

    /// Whether no round is begun any more, and some are still to be paid.
    pub fn waits_for_pay(&self) -> bool {
        !self.is_over && (self.done() == self.rounds || self.is_cancelled)
    }
}
