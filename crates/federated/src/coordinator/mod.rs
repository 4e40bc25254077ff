//! Whoever moves a job on. A coordinator has no secret and no say: what it does is on the board, can be computed again, and another one goes on
//! from there.

mod plain;

use crate::records::{Dropped, RoundRecord};
use crate::secure::SecureRound;
use crate::{
    Aggregation, Board, BoardError, Dataset, Entry, Exchange, FederatedError, Job, Move, Pace, Phase, Post,
    RoundOutcome, State, encode_vector, mean_of_sum, run_claim,
};
use alloy_primitives::{Address, B256};
use lux_secagg::words_to_bytes;
use lux_training::program::{Contribution, Status};
use plain::PlainRound;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// Rounds in a row without a result, after which a coordinator gives up.
const MAX_FAILURES: u32 = 3;
/// Times that unmasking is given more time. Once shares are revealed, another round of the same weights needs all who are in the sum, so this
/// one is worth waiting for.
const MAX_PROLONGATIONS: u32 = 3;

/// A step waits so long for blobs; what is slower is looked at again in later ones.
const FETCH_WAIT: Duration = Duration::from_secs(5);

enum Current {
    Plain(PlainRound),
    Secure(SecureRound),
}

pub struct Coordinator {
    job: Arc<Job>,
    board: Arc<dyn Board>,
    blobs: Exchange,
    evaluated: Option<Dataset>,
    pace: Pace,
    current: Option<Current>,
    /// Whose round `dropped` and `members` are about.
    round: Option<u64>,
    members: Vec<Address>,
    /// Of the round's entries, how many were looked at.
    seen: usize,
    /// Blobs that were not there when they were looked for.
    pending: Vec<(Address, Post)>,
    dropped: Vec<Dropped>,
    late: Vec<(Address, Phase, u64)>,
    slowest: u64,
    prolonged: u32,
    failures: u32,
    /// The failure that was logged last: a board may take long to give a round up.
    told: Option<(u64, Phase, String)>,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Nothing to do until others do something, or time passes.
    Waiting,
    Moved,
    /// A round is over.
    Round(RoundRecord),
    /// The job is.
    Over,
}

impl Coordinator {
    /// Phases last within `durations`, milliseconds. With data to evaluate on, records say how good the weights are.
    pub fn new(
        job: Arc<Job>,
        board: Arc<dyn Board>,
        blobs: Exchange,
        durations: RangeInclusive<u64>,
        evaluated: Option<Dataset>,
    ) -> Self {
        Self {
            job,
            board,
            blobs: blobs.waiting_at_most(FETCH_WAIT),
            evaluated,
            pace: Pace::new(durations),
            current: None,
            round: None,
            members: Vec::new(),
            seen: 0,
            pending: Vec::new(),
            dropped: Vec::new(),
            late: Vec::new(),
            slowest: 0,
            prolonged: 0,
            failures: 0,
            told: None,
        }
    }

    /// Takes what is new on the board, and ends the phase if it is time.
    pub async fn step(&mut self) -> Result<Progress, FederatedError> {
        let state = self.board.state().await?;
        if state.phase == Phase::Over {
            return Ok(Progress::Over);
        }
        self.catch_up(&state).await?;
        let took = self.take_posts(&state).await?;
        let everybody = self.is_complete(&state).await?;
        if !everybody && state.now <= state.deadline {
            return Ok(if took { Progress::Moved } else { Progress::Waiting });
        }
        self.name_missing(&state);
        let ended = match self.end_phase(&state).await {
            Err(FederatedError::Server(error)) => self.too_few(&state, error.to_string()).await,
            Err(FederatedError::Opening(error)) => self.too_few(&state, error.to_string()).await,
            Err(FederatedError::Rule(error)) => self.too_few(&state, error.to_string()).await,
            Err(FederatedError::Claim(reason)) => self.too_few(&state, reason).await,
            ended => ended,
        };
        match ended {
            Err(FederatedError::Board(BoardError::StillOpen(_))) => {
                self.current = None;
                Ok(Progress::Waiting)
            }
            // Another coordinator was faster.
            Err(FederatedError::Board(BoardError::Late { .. })) => {
                self.current = None;
                Ok(Progress::Moved)
            }
            ended => ended,
        }
    }

    /// Is where the board is: from what this coordinator did itself, or else from the board alone.
    async fn catch_up(&mut self, state: &State) -> Result<(), FederatedError> {
        let there = match &self.current {
            Some(Current::Plain(round)) => (round.number(), Phase::Updates) == (state.round, state.phase),
            Some(Current::Secure(round)) => (round.number(), round.phase()) == (state.round, state.phase),
            None => false,
        };
        if there {
            return Ok(());
        }
        if self.round.replace(state.round) != Some(state.round) {
            self.dropped.clear();
            self.members = self.board.members(state.round).await?;
        }
        self.current = Some(match self.job.aggregation {
            Aggregation::Plain(_) => Current::Plain(PlainRound::new(state.round)),
            Aggregation::Secure(_) => {
                let (job, board) = (self.job.clone(), self.board.as_ref());
                Current::Secure(SecureRound::replay(job, state.round, state.phase, board, &self.blobs).await?)
            }
        });
        self.begin_phase();
        Ok(())
    }

    fn begin_phase(&mut self) {
        (self.seen, self.slowest, self.prolonged) = (0, 0, 0);
        self.pending.clear();
        self.late.clear();
    }

    /// Looks at what is new, and again at what was not there before; says whether anything was.
    async fn take_posts(&mut self, state: &State) -> Result<bool, FederatedError> {
        let entries = self.board.entries(state.round, self.seen).await?;
        self.seen += entries.len();
        let mut posts = std::mem::take(&mut self.pending);
        let (again, mut took) = (posts.len(), false);
        for entry in entries {
            match entry {
                Entry::Posted { from, post, at } if post.phase == state.phase => {
                    self.slowest = self.slowest.max(at.saturating_sub(state.opened));
                    posts.push((from, post));
                }
                Entry::Late { from, phase, took, .. } => {
                    self.pace.observe(phase, took);
                    self.late.push((from, phase, took));
                }
                _ => {}
            }
        }
        let contents: Vec<B256> = posts.iter().map(|(_, post)| post.content).collect();
        match &self.current {
            Some(Current::Plain(_)) => {
                self.blobs.prefetch(contents.iter().map(|content| (*content, 4 * self.job.length())));
            }
            Some(Current::Secure(round)) => round.prefetch(&contents, &self.blobs).await,
            None => {}
        }
        for (index, (from, post)) in posts.into_iter().enumerate() {
            let taken = match &mut self.current {
                Some(Current::Plain(round)) => round.accept(&self.job, from, &post, &self.blobs).await,
                Some(Current::Secure(round)) => round.accept(from, &post, &self.blobs).await,
                None => Ok(()),
            };
            match taken {
                Ok(()) => {
                    took = true;
                    // It came after all, in a phase that was given more time.
                    self.dropped.retain(|dropped| (dropped.worker, dropped.phase) != (from, state.phase));
                }
                Err(error) if error.is_temporary() => {
                    tracing::debug!(worker = %from, phase = state.phase.name(), %error, "not there yet");
                    self.pending.push((from, post));
                }
                Err(error) => self.drop_worker(from, state.phase, error.to_string()),
            }
            took |= index >= again;
        }
        if let Some(Current::Secure(round)) = &mut self.current {
            for (from, reason) in round.settle(&self.blobs).await? {
                self.drop_worker(from, state.phase, reason);
            }
        }
        Ok(took)
    }

    fn drop_worker(&mut self, worker: Address, phase: Phase, reason: String) {
        if self.dropped.iter().any(|dropped| dropped.worker == worker) {
            return;
        }
        tracing::info!(%worker, phase = phase.name(), reason, "dropped");
        self.dropped.push(Dropped { worker, phase, reason });
    }

    fn accepted(&self) -> &[Address] {
        match &self.current {
            Some(Current::Plain(round)) => round.accepted(),
            Some(Current::Secure(round)) => round.accepted(),
            None => &[],
        }
    }

    /// Whether all who are still in the round have answered. Then nobody waits for the deadline, if the board agrees.
    async fn is_complete(&self, state: &State) -> Result<bool, FederatedError> {
        if !self.pending.is_empty() {
            return Ok(false);
        }
        let entries = self.board.entries(state.round, 0).await?;
        let posted = |phase: Phase| -> BTreeSet<Address> {
            let of = |entry: &Entry| match entry {
                Entry::Posted { from, post, .. } if post.phase == phase => Some(*from),
                _ => None,
            };
            entries.iter().filter_map(of).collect()
        };
        let before = match state.phase {
            Phase::Updates | Phase::Keys | Phase::Over => self.members.iter().copied().collect(),
            Phase::Shares => posted(Phase::Keys),
            Phase::Masked => posted(Phase::Shares),
            Phase::Survivors => posted(Phase::Masked),
            Phase::Unmask => posted(Phase::Survivors),
        };
        Ok(before.is_subset(&posted(state.phase)))
    }

    /// Says of everybody who is not in the phase why.
    fn name_missing(&mut self, state: &State) {
        let accepted: BTreeSet<Address> = self.accepted().iter().copied().collect();
        let pending: BTreeSet<Address> = self.pending.iter().map(|(from, _)| *from).collect();
        let missing: Vec<Address> = self.members.iter().filter(|member| !accepted.contains(*member)).copied().collect();
        for worker in missing {
            let late = self.late.iter().find(|(from, _, _)| *from == worker);
            let reason = match late {
                _ if pending.contains(&worker) => "the blob of its message is missing".to_owned(),
                Some((_, phase, took)) => format!("too late: it took {took} ms for phase {}", phase.name()),
                None => "silent until the deadline".to_owned(),
            };
            self.drop_worker(worker, state.phase, reason);
        }
    }

    async fn end_phase(&mut self, state: &State) -> Result<Progress, FederatedError> {
        match self.current.take() {
            Some(Current::Plain(round)) => {
                let (contributions, contributors) = round.contributions(&self.members);
                self.finish(state, contributions, contributors, None).await
            }
            Some(Current::Secure(round)) if state.phase == Phase::Unmask => {
                if !round.is_complete() && state.now <= state.deadline {
                    self.current = Some(Current::Secure(round));
                    return Ok(Progress::Waiting);
                }
                if !round.is_complete() && self.prolonged < MAX_PROLONGATIONS {
                    self.prolonged += 1;
                    self.current = Some(Current::Secure(round));
                    self.pace.failed(state.phase);
                    let milliseconds = self.pace.milliseconds(state.phase);
                    self.board.advance(state.round, state.phase, Move::Prolong { milliseconds }).await?;
                    return Ok(Progress::Moved);
                }
                let (sum, survivors) = round.finish()?;
                let mean = mean_of_sum(&sum[..self.job.length()], survivors.len());
                let update = self.blobs.put(encode_vector(&mean)).await?;
                let sum = match self.job.norm_bound {
                    Some(_) => Some(self.blobs.put(words_to_bytes(&sum)).await?),
                    None => None,
                };
                self.finish(state, vec![Contribution { update, points: 1 }], survivors, sum).await
            }
            Some(Current::Secure(round)) => {
                let closed = round.close(&self.blobs).await?;
                self.pace.observe(state.phase, self.slowest);
                let milliseconds = self.pace.milliseconds(state.phase.next().unwrap_or(state.phase));
                let step = Move::Close { content: closed.content, milliseconds };
                self.board.advance(state.round, state.phase, step).await?;
                self.current = closed.next.map(Current::Secure);
                self.begin_phase();
                Ok(Progress::Moved)
            }
            None => Ok(Progress::Waiting),
        }
    }

    async fn finish(
        &mut self,
        state: &State,
        contributions: Vec<Contribution>,
        contributors: Vec<Address>,
        sum: Option<B256>,
    ) -> Result<Progress, FederatedError> {
        self.blobs.get(state.weights, 4 * self.job.length()).await?;
        let claimed = run_claim(&self.blobs, state.weights, &self.job.claim(contributions)).await?;
        let weights: B256 = self.blobs.put(encode_vector(&claimed.new_weights)).await?;
        let content =
            self.blobs.put(RoundOutcome { round: claimed.round, output: claimed.output, sum }.encode()).await?;
        self.pace.observe(state.phase, self.slowest);
        let milliseconds = self.pace.milliseconds(self.first_phase());
        self.board.advance(state.round, state.phase, Move::Finish { content, weights, milliseconds }).await?;
        self.failures = 0;
        let mut used = contributors.clone();
        if matches!(self.job.aggregation, Aggregation::Plain(_)) {
            for (worker, verdict) in contributors.iter().zip(&claimed.result.verdicts) {
                if let Some(reason) = refused(verdict) {
                    used.retain(|contributor| contributor != worker);
                    self.drop_worker(*worker, state.phase, reason);
                }
            }
        }
        let weights = self.job.fixed().decode(&claimed.new_weights);
        let evaluation = self.evaluated.as_ref().map(|data| self.job.architecture.evaluate(&weights, data));
        let record = RoundRecord { evaluation, contributors: used, done: state.done + 1, ..self.record(state).await? };
        Ok(Progress::Round(record))
    }

    /// The round ends without a result.
    async fn too_few(&mut self, state: &State, reason: String) -> Result<Progress, FederatedError> {
        let failure = (state.round, state.phase, reason.clone());
        if self.told.as_ref() != Some(&failure) {
            tracing::warn!(round = state.round, phase = state.phase.name(), reason, "the round came to nothing");
            self.told = Some(failure);
        }
        self.pace.failed(state.phase);
        let milliseconds = self.pace.milliseconds(self.first_phase());
        if state.now <= state.deadline {
            // Everybody answered and it is not enough: nobody is harmed by waiting for the deadline.
            self.current = None;
            return Ok(Progress::Waiting);
        }
        self.board.advance(state.round, state.phase, Move::Abandon { milliseconds }).await?;
        self.failures += 1;
        if self.failures >= MAX_FAILURES {
            return Err(FederatedError::GivenUp(self.failures, reason));
        }
        let record = RoundRecord { abandoned: Some(reason), ..self.record(state).await? };
        self.current = None;
        Ok(Progress::Round(record))
    }

    async fn record(&mut self, state: &State) -> Result<RoundRecord, FederatedError> {
        let opened = self.board.entries(state.round, 0).await?.into_iter().find_map(|entry| match entry {
            Entry::Opened { at, .. } => Some(at),
            _ => None,
        });
        Ok(RoundRecord {
            round: state.round,
            done: state.done,
            evaluation: None,
            epsilon: self.job.epsilon(state.begun)?,
            contributors: Vec::new(),
            dropped: std::mem::take(&mut self.dropped),
            abandoned: None,
            milliseconds: state.now.saturating_sub(opened.unwrap_or(state.opened)),
        })
    }

    fn first_phase(&self) -> Phase {
        match self.job.aggregation {
            Aggregation::Plain(_) => Phase::Updates,
            Aggregation::Secure(_) => Phase::Keys,
        }
    }
}

/// Why a rule did not use an update.
fn refused(verdict: &lux_training::program::Verdict) -> Option<String> {
    match verdict.status {
        Status::Accepted => None,
        Status::Invalid => Some("its update is no vector of the job's length within the range".to_owned()),
        Status::NotSelected => {
            let distance = f64::from(verdict.score.distance) / 65_536.0;
            let cosine = f64::from(verdict.score.cosine) / 16_384.0;
            Some(format!("the rule took others: {distance:.2} times the median distance, cosine {cosine:.2}"))
        }
    }
}
