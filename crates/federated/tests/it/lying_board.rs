//! A board that asks for what it must not get.

use crate::world::{masked, small_plan};
use alloy_primitives::{Address, B256};
use async_trait::async_trait;
use lux_federated::simulation::{Simulation, account};
use lux_federated::{
    Board, BoardError, Entry, LocalTrainer, Move, Notebook, Pen, Phase, Post, Standing, State, Worker,
};
use std::sync::Arc;

/// As another board, but for the phase and the number of the round.
struct Lying {
    inner: Pen,
    phase: Option<Phase>,
    round: Option<u64>,
}

#[async_trait]
impl Board for Lying {
    async fn state(&self) -> Result<State, BoardError> {
        let state = self.inner.state().await?;
        Ok(State { phase: self.phase.unwrap_or(state.phase), round: self.round.unwrap_or(state.round), ..state })
    }

    async fn members(&self, round: u64) -> Result<Vec<Address>, BoardError> {
        self.inner.members(round).await
    }

    async fn entries(&self, round: u64, from: usize) -> Result<Vec<Entry>, BoardError> {
        self.inner.entries(round, from).await
    }

    async fn closing(&self, round: u64, phase: Phase) -> Result<Option<B256>, BoardError> {
        self.inner.closing(round, phase).await
    }

    async fn beacon(&self, round: u64) -> Result<Option<B256>, BoardError> {
        self.inner.beacon(round).await
    }

    async fn post(&self, _: Post) -> Result<(), BoardError> {
        Ok(())
    }

    async fn advance(&self, _: u64, _: Phase, _: Move) -> Result<(), BoardError> {
        Ok(())
    }
}

/// A worker of a masked job does not show its update, and does not answer a round before the one it was in.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_answers_no_phase_of_another_job_and_no_round_again() {
    let simulation = Simulation::new(small_plan(5, masked(), 1)).await.unwrap();
    let step = |phase: Option<Phase>, round: Option<u64>, notebook: Notebook| {
        let trainer = LocalTrainer::new(&simulation.job, simulation.shares()[0].clone(), B256::ZERO).unwrap();
        let board = Arc::new(Lying { inner: simulation.board.pen(account(0).address()), phase, round });
        let (job, blobs) = (simulation.job.clone(), simulation.blobs.clone());
        let mut worker = Worker::open(job, board, blobs, account(0), Box::new(trainer), notebook).unwrap();
        async move { (worker.step().await.unwrap(), worker.into_notebook()) }
    };
    let (standing, notebook) = step(Some(Phase::Updates), None, Notebook::memory()).await;
    assert!(matches!(standing, Standing::SitsOut { .. }), "{standing:?}");
    assert_eq!(notebook.read_vector().unwrap(), None);
    let (standing, notebook) = step(None, Some(3), notebook).await;
    assert_eq!(standing, Standing::Posted(Phase::Keys));
    let (standing, _) = step(None, Some(2), notebook).await;
    assert!(matches!(standing, Standing::SitsOut { .. }), "{standing:?}");
}
