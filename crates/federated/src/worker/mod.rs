//! A worker: its data, its account, its notes. It posts at most one message for each phase, and after a restart the same one again.

mod masked;
mod notes;

pub use notes::{Notebook, Notes};

use crate::secure::{read_round, read_survivors};
use crate::{
    Aggregation, Board, BoardError, Entry, Exchange, FederatedError, Job, Move, Phase, Post, State, Trainer, Update,
    decode_vector, encode_vector,
};
use alloy_primitives::{Address, B256};
use alloy_signer_local::PrivateKeySigner;
use lux_norm_proof::Setup;
use lux_secagg::{Client, Round, WorkerSet};
use lux_training::privacy::Budget;
use std::collections::BTreeSet;
use std::sync::Arc;

pub struct Worker {
    job: Arc<Job>,
    board: Arc<dyn Board>,
    blobs: Exchange,
    account: PrivateKeySigner,
    trainer: Box<dyn Trainer>,
    notebook: Notebook,
    notes: Notes,
    budget: Option<Budget>,
    client: Option<Client>,
    /// For norm proofs, from the first one on.
    setup: Option<Arc<Setup>>,
    /// What was answered or given up.
    done: Option<(u64, Phase)>,
    sits_out: Option<u64>,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing to do until the board moves.
    Waiting,
    Posted(Phase),
    /// Takes no part in the rest of this round.
    SitsOut {
        round: u64,
        reason: String,
    },
    /// The job is over, or this worker's privacy budget is.
    Over,
}

/// Why a worker says nothing in a phase.
enum Silence {
    /// Until the next round.
    Round(String),
    /// For good.
    Job,
    Error(FederatedError),
}

impl<E: Into<FederatedError>> From<E> for Silence {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl Worker {
    /// Goes on from the notes, if there are any.
    pub fn open(
        job: Arc<Job>,
        board: Arc<dyn Board>,
        blobs: Exchange,
        account: PrivateKeySigner,
        trainer: Box<dyn Trainer>,
        notebook: Notebook,
    ) -> Result<Self, FederatedError> {
        let notes = notebook.read(job.id)?;
        let mut budget = job.privacy.map(|privacy| privacy.budget()).transpose()?;
        if let Some(budget) = &mut budget {
            for _ in 0..notes.spent {
                job.spend(budget)?;
            }
        }
        let client = notes.client.as_ref().map(|state| Client::from_bytes(state)).transpose()?;
        let (done, sits_out) = (None, None);
        Ok(Self { job, board, blobs, account, trainer, notebook, notes, budget, client, setup: None, done, sits_out })
    }

    pub const fn address(&self) -> Address {
        self.account.address()
    }

    /// Epsilon that this worker's data has cost.
    pub fn epsilon(&self) -> Option<f64> {
        self.budget.as_ref().map(Budget::spent)
    }

    /// Its part of a job that may be killed here, and opened again with the same notes.
    pub fn into_notebook(self) -> Notebook {
        self.notebook
    }

    /// Answers the phase that is open, once.
    pub async fn step(&mut self) -> Result<Standing, FederatedError> {
        let state = self.board.state().await?;
        if state.phase == Phase::Over {
            return Ok(Standing::Over);
        }
        if self.done == Some((state.round, state.phase)) || self.sits_out == Some(state.round) {
            return Ok(Standing::Waiting);
        }
        let content = match self.answer(&state).await {
            Ok(content) => content,
            Err(Silence::Job) => return Ok(Standing::Over),
            Err(Silence::Round(reason)) => return Ok(self.sit_out(&state, reason)),
            Err(Silence::Error(error)) if error.is_temporary() || !of_this_round(&error) => return Err(error),
            Err(Silence::Error(error)) => return Ok(self.sit_out(&state, error.to_string())),
        };
        let points = match self.job.aggregation {
            Aggregation::Plain(_) => self.notes.points.unwrap_or(0),
            Aggregation::Secure(_) => 0,
        };
        let post = Post { round: state.round, phase: state.phase, content, points };
        match self.board.post(post).await {
            Ok(()) => {
                self.done = Some((state.round, state.phase));
                Ok(Standing::Posted(state.phase))
            }
            Err(error @ (BoardError::Late { .. } | BoardError::PostedBefore(_))) => {
                Ok(self.sit_out(&state, error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn sit_out(&mut self, state: &State, reason: String) -> Standing {
        tracing::info!(worker = %self.address(), round = state.round, reason, "sits out");
        self.sits_out = Some(state.round);
        Standing::SitsOut { round: state.round, reason }
    }

    /// The commitment of the message to post.
    async fn answer(&mut self, state: &State) -> Result<B256, Silence> {
        // What the job hides is not shown because a board asks for it.
        let masked = matches!(self.job.aggregation, Aggregation::Secure(_));
        if masked == (state.phase == Phase::Updates) {
            return Err(Silence::Round("the board is in a phase that this job does not have".to_owned()));
        }
        match state.phase {
            Phase::Updates => {
                self.begin(state).await?;
                let update = self.update(state).await?;
                Ok(self.blobs.put(encode_vector(&update.coordinates)).await?)
            }
            Phase::Keys => {
                self.begin(state).await?;
                self.update(state).await?;
                self.advertise(state).await
            }
            _ if self.notes.round != Some(state.round) => {
                Err(Silence::Round("the round began without this worker".to_owned()))
            }
            _ => self.answer_masked(state).await,
        }
    }

    /// Pays for a new round.
    async fn begin(&mut self, state: &State) -> Result<(), Silence> {
        if self.notes.round == Some(state.round) {
            return Ok(());
        }
        if self.notes.round.is_some_and(|last| state.round < last) {
            return Err(Silence::Round("the board went back to a round that was over".to_owned()));
        }
        let masked = matches!(self.job.aggregation, Aggregation::Secure(_));
        let repeats = masked && self.notes.weights == Some(state.weights) && self.notes.points.is_some();
        if masked
            && let Some(survivors) = opened_before(&self.job, self.board.as_ref(), &self.blobs, state).await?
            && !(repeats && survivors.contains(&self.address()))
        {
            let reason = "a sum of these weights may be known, and it opens no other one: its update was not in it";
            return Err(Silence::Round(reason.to_owned()));
        }
        if let Some(budget) = &mut self.budget
            && let Err(error) = self.job.spend(budget)
        {
            tracing::info!(worker = %self.account.address(), %error, "stops");
            return Err(Silence::Job);
        }
        self.client = None;
        self.notes.round = Some(state.round);
        self.notes.spent += 1;
        self.notes.client = None;
        if !repeats {
            (self.notes.weights, self.notes.points) = (Some(state.weights), None);
        }
        self.notebook.write(&self.notes)?;
        Ok(())
    }

    /// This round's update: from the notes, or computed now.
    async fn update(&mut self, state: &State) -> Result<Update, Silence> {
        let length = self.job.length();
        if let Some(points) = self.notes.points {
            let kept = self.notebook.read_vector()?.and_then(|bytes| decode_vector(&bytes, length));
            let coordinates = kept.ok_or_else(|| Silence::Round("its update is gone from its notes".to_owned()))?;
            return Ok(Update { coordinates, points });
        }
        let weights = self.blobs.get(state.weights, 4 * length).await?;
        let weights = decode_vector(&weights, length)
            .ok_or_else(|| Silence::Round("the weights on the board are no vector of this job".to_owned()))?;
        let mut secret = zeroize::Zeroizing::new([0; 32]);
        getrandom::fill(secret.as_mut_slice()).map_err(FederatedError::Random)?;
        let update = self.trainer.update(&self.job, &weights, state.round, *secret)?;
        // First the update, then that it is there: nothing is noted that a crash could have lost.
        self.notebook.write_vector(encode_vector(&update.coordinates))?;
        self.notes.points = Some(update.points);
        self.notebook.write(&self.notes)?;
        Ok(update)
    }
}

/// Who is in the sum that the last round of the same weights would have come to, where it failed after shares could be revealed.
async fn opened_before(
    job: &Job,
    board: &dyn Board,
    blobs: &Exchange,
    state: &State,
) -> Result<Option<BTreeSet<Address>>, FederatedError> {
    for number in (0..state.round).rev() {
        let entries = board.entries(number, 0).await?;
        let is_same = |entry: &Entry| matches!(entry, Entry::Opened { weights, .. } if *weights == state.weights);
        let has_result = |entry: &Entry| matches!(entry, Entry::Moved { step: Move::Finish { .. }, .. });
        if !entries.iter().any(is_same) || entries.iter().any(has_result) {
            return Ok(None);
        }
        if board.closing(number, Phase::Survivors).await?.is_some() {
            let round = read_round(job, board, blobs, number).await?;
            let survivors = read_survivors(&round, board, blobs, number).await?;
            return Ok(Some(addresses(&round, &survivors)));
        }
    }
    Ok(None)
}

/// Workers by their places in a round.
fn addresses(round: &Round, of: &WorkerSet) -> BTreeSet<Address> {
    of.iter().map(|index| round.roster().address(index)).collect()
}

/// Whether an error ends a round and not the worker.
const fn of_this_round(error: &FederatedError) -> bool {
    matches!(
        error,
        FederatedError::Client(_)
            | FederatedError::Roster(_)
            | FederatedError::Decode(_)
            | FederatedError::Handout(_)
            | FederatedError::Parameters(_)
            | FederatedError::Blob(_)
            | FederatedError::Prove(_)
    )
}
