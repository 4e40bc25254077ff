//! A board within a process.

use super::{Board, BoardError, Entry, Move, Phase, Post, State};
use crate::{Aggregation, Job};
use alloy_primitives::{Address, B256, keccak256};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Milliseconds that pass when they are told to.
#[derive(Clone, Debug, Default)]
pub struct MemoryClock(Arc<AtomicU64>);

impl MemoryClock {
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Never goes back.
    pub fn advance_to(&self, milliseconds: u64) {
        self.0.fetch_max(milliseconds, Ordering::SeqCst);
    }
}

/// Holds to the rules that a contract would.
#[derive(Clone)]
pub struct MemoryBoard {
    job: Arc<Job>,
    clock: MemoryClock,
    durations: RangeInclusive<u64>,
    seed: B256,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    state: State,
    rounds: Vec<Round>,
}

#[derive(Default)]
struct Round {
    entries: Vec<Entry>,
    beacon: Option<B256>,
}

impl Round {
    /// When a phase began.
    fn opened(&self, phase: Phase) -> u64 {
        let began = |entry: &Entry| match entry {
            Entry::Opened { at, .. } => Some(*at),
            Entry::Moved { phase: before, at, .. } if before.next() == Some(phase) => Some(*at),
            _ => None,
        };
        self.entries.iter().filter_map(began).next_back().unwrap_or(0)
    }

    fn posts(&self, phase: Phase) -> impl Iterator<Item = (Address, Post)> {
        self.entries.iter().filter_map(move |entry| match entry {
            Entry::Posted { from, post, .. } if post.phase == phase => Some((*from, *post)),
            _ => None,
        })
    }
}

/// One account at a [`MemoryBoard`].
#[derive(Clone)]
pub struct Pen {
    board: MemoryBoard,
    account: Address,
}

impl MemoryBoard {
    /// Phases last as long as `durations` allow; the first one of the first round the longest. The beacons come from `seed`.
    pub fn new(job: Arc<Job>, weights: B256, clock: MemoryClock, durations: RangeInclusive<u64>, seed: B256) -> Self {
        let now = clock.now();
        let state = State { round: 0, begun: 0, done: 0, phase: Phase::Over, weights, opened: now, deadline: now, now };
        let first = *durations.end();
        let inner = Arc::new(Mutex::new(Inner { state, rounds: Vec::new() }));
        let board = Self { job, clock, durations, seed, inner };
        board.open(&mut board.inner.lock(), weights, first);
        board
    }

    pub fn pen(&self, account: Address) -> Pen {
        Pen { board: self.clone(), account }
    }

    fn first_phase(&self) -> Phase {
        match self.job.aggregation {
            Aggregation::Plain(_) => Phase::Updates,
            Aggregation::Secure(_) => Phase::Keys,
        }
    }

    fn open(&self, inner: &mut Inner, weights: B256, milliseconds: u64) {
        let (now, round) = (self.clock.now(), inner.rounds.len() as u64);
        let over = inner.state.done >= self.job.rounds || round >= self.job.attempts;
        let phase = if over { Phase::Over } else { self.first_phase() };
        if !over {
            let entries = vec![Entry::Opened { weights, at: now }];
            inner.rounds.push(Round { entries, beacon: None });
        }
        let begun = inner.rounds.len() as u64;
        inner.state = State { round, begun, phase, weights, opened: now, deadline: now + milliseconds, ..inner.state };
    }

    /// Whether all who may post in this phase have.
    fn complete(&self, round: &Round, phase: Phase) -> bool {
        let before = match phase {
            Phase::Updates | Phase::Keys => return round.posts(phase).count() == self.job.members.len(),
            Phase::Shares => Phase::Keys,
            Phase::Masked => Phase::Shares,
            Phase::Survivors => Phase::Masked,
            Phase::Unmask => Phase::Survivors,
            Phase::Over => return false,
        };
        let posted: BTreeSet<Address> = round.posts(phase).map(|(from, _)| from).collect();
        round.posts(before).all(|(from, _)| posted.contains(&from))
    }

    fn check_duration(&self, found: u64) -> Result<(), BoardError> {
        let (least, most) = self.durations.clone().into_inner();
        let fits = self.durations.contains(&found);
        fits.then_some(()).ok_or(BoardError::Duration { found, least, most })
    }
}

#[async_trait]
impl Board for Pen {
    async fn state(&self) -> Result<State, BoardError> {
        Ok(State { now: self.board.clock.now(), ..self.board.inner.lock().state })
    }

    async fn members(&self, _: u64) -> Result<Vec<Address>, BoardError> {
        Ok(self.board.job.members.iter().copied().collect())
    }

    async fn entries(&self, round: u64, from: usize) -> Result<Vec<Entry>, BoardError> {
        let inner = self.board.inner.lock();
        let entries = inner.rounds.get(round as usize).and_then(|round| round.entries.get(from..));
        Ok(entries.unwrap_or_default().to_vec())
    }

    async fn closing(&self, round: u64, phase: Phase) -> Result<Option<B256>, BoardError> {
        let inner = self.board.inner.lock();
        let entries = inner.rounds.get(round as usize).map_or(&[][..], |round| &round.entries);
        Ok(entries.iter().find_map(|entry| match entry {
            Entry::Moved { phase: of, step: Move::Close { content, .. } | Move::Finish { content, .. }, .. } => {
                (*of == phase).then_some(*content)
            }
            _ => None,
        }))
    }

    async fn beacon(&self, round: u64) -> Result<Option<B256>, BoardError> {
        Ok(self.board.inner.lock().rounds.get(round as usize).and_then(|round| round.beacon))
    }

    async fn post(&self, post: Post) -> Result<(), BoardError> {
        let (board, from, at) = (&self.board, self.account, self.board.clock.now());
        if !board.job.members.contains(&from) {
            return Err(BoardError::NotMember(from));
        }
        let mut inner = board.inner.lock();
        let state = inner.state;
        let late = BoardError::Late { round: post.round, phase: post.phase.name() };
        let round = inner.rounds.get_mut(post.round as usize).ok_or(late.clone())?;
        match round.posts(post.phase).find(|(sender, _)| *sender == from) {
            Some((_, before)) if before == post => return Ok(()),
            Some(_) => return Err(BoardError::PostedBefore(from)),
            None => {}
        }
        if (state.round, state.phase) != (post.round, post.phase) || at > state.deadline {
            let took = at.saturating_sub(round.opened(post.phase));
            if let Some(last) = inner.rounds.last_mut() {
                last.entries.push(Entry::Late { from, phase: post.phase, at, took });
            }
            return Err(late);
        }
        round.entries.push(Entry::Posted { from, post, at });
        Ok(())
    }

    async fn advance(&self, round: u64, phase: Phase, step: Move) -> Result<(), BoardError> {
        let (board, from, at) = (&self.board, self.account, self.board.clock.now());
        let mut inner = board.inner.lock();
        let state = inner.state;
        if (state.round, state.phase) != (round, phase) || phase == Phase::Over {
            return Err(BoardError::Late { round, phase: phase.name() });
        }
        let (Move::Close { milliseconds, .. }
        | Move::Prolong { milliseconds }
        | Move::Finish { milliseconds, .. }
        | Move::Abandon { milliseconds }) = step;
        board.check_duration(milliseconds)?;
        let current = &mut inner.rounds[round as usize];
        let ends_early = matches!(step, Move::Close { .. } | Move::Finish { .. }) && board.complete(current, phase);
        if at <= state.deadline && !ends_early {
            return Err(BoardError::StillOpen(phase.name()));
        }
        let fits = match step {
            Move::Close { .. } => phase.next().is_some(),
            Move::Finish { .. } => phase.next().is_none(),
            Move::Prolong { .. } | Move::Abandon { .. } => true,
        };
        if !fits {
            return Err(BoardError::WrongMove(phase.name()));
        }
        current.entries.push(Entry::Moved { from, phase, step, at });
        match step {
            Move::Close { .. } => {
                if phase == Phase::Keys {
                    current.beacon = Some(keccak256([board.seed.as_slice(), &round.to_be_bytes()].concat()));
                }
                let next = phase.next().unwrap_or(Phase::Over);
                inner.state = State { phase: next, opened: at, deadline: at + milliseconds, ..state };
            }
            Move::Prolong { .. } => inner.state.deadline = at + milliseconds,
            Move::Finish { weights, .. } => {
                inner.state.done += 1;
                board.open(&mut inner, weights, milliseconds);
            }
            Move::Abandon { .. } => board.open(&mut inner, state.weights, milliseconds),
        }
        Ok(())
    }
}
