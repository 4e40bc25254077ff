//! A coordinator of a job on a chain.

use crate::board::ChainBoard;
use crate::defence::Defence;
use crate::offer::top_up;
use crate::role::Observer;
use crate::{ChainError, Record, Role};
use alloy_primitives::U256;
use lux_federated::{Coordinator, Dataset, Phase, Progress, RoundRecord};
use std::sync::Arc;

/// Moves rounds on, answers for its claims and has rounds paid. It has no secret: another account's goes on where this one stopped, as soon
/// as the contract lets it.
pub struct Leader {
    board: Arc<ChainBoard>,
    coordinator: Coordinator,
    defence: Defence,
    server: Option<String>,
    observer: Observer,
    /// The run, its phase and entries with which there was nothing to do, and when.
    waited: Option<(u64, Phase, usize, u64)>,
}

/// Seconds until what could not be done is tried again, where nothing else has changed.
const RETRY_SECONDS: u64 = 5;

impl Leader {
    /// With data to evaluate on, records say how good the weights are.
    pub fn open(board: Arc<ChainBoard>, evaluated: Option<Dataset>, server: Option<String>) -> Self {
        // How long phases last is the contract's matter.
        let durations = 1..=u64::MAX;
        let coordinator = Coordinator::new(board.job(), board.clone(), board.blobs().clone(), durations, None);
        let defence = Defence::new(board.clone());
        Self { board, coordinator, defence, server, observer: Observer::new(evaluated), waited: None }
    }

    /// Does what a coordinator does, where it is this account's turn. Unmasking is the workers' matter: they vote.
    async fn coordinate(&mut self) -> Result<Option<Record>, ChainError> {
        let own = self.board.account();
        let run = self.board.history(|history| {
            let run = history.current().filter(|run| run.phase != Phase::Unmask)?;
            let reserved = history.periods.coordinators(&run.times, run.phase);
            let is_turn = history.coordinator() == own || self.board.now() > reserved;
            is_turn.then_some((run.attempt, run.phase, run.entries.len()))
        });
        let Some((attempt, phase, entries)) = run else { return Ok(None) };
        let now = self.board.now();
        if self
            .waited
            .is_some_and(|last| (last.0, last.1, last.2) == (attempt, phase, entries) && now < last.3 + RETRY_SECONDS)
        {
            return Ok(None);
        }
        self.waited = None;
        match self.coordinator.step().await {
            Ok(Progress::Round(RoundRecord { round: run, dropped, .. })) if !dropped.is_empty() => {
                return Ok(Some(Record::LeftOut { run, dropped }));
            }
            Ok(Progress::Waiting) => self.waited = Some((attempt, phase, entries, now)),
            Ok(_) => {}
            Err(error) if error.is_temporary() => tracing::debug!(%error, "not yet"),
            Err(error) => return Err(error.into()),
        }
        Ok(None)
    }

    /// Whether this account may say anything in the job.
    async fn is_heard(&self) -> Result<bool, ChainError> {
        let (own, creator) = (self.board.account(), self.board.created().creator);
        let is_named = own == creator || self.board.history(|history| history.coordinator() == own);
        Ok(is_named || self.board.contract().member(self.board.id, own).await?.isMember)
    }
}

impl Role for Leader {
    async fn step(&mut self) -> Result<Vec<Record>, ChainError> {
        let board = self.board.clone();
        board.transactions.step().await?;
        board.sync().await?;
        let mut records = self.observer.look(&board).await;
        if records.contains(&Record::JobOver) {
            return Ok(records);
        }
        if self.is_heard().await? {
            board.announce_server(self.server.as_ref()).await?;
        }
        board.prefetch_posts()?;
        // A claim of public updates takes a bond.
        if board.is_plain() && board.state_now().phase == Phase::Updates {
            let bond = board.contract().params().await?.aggregateBond;
            top_up(board.contract(), &board.transactions, U256::from(bond)).await?;
        }
        records.extend(self.coordinate().await?);
        board.tend(0).await?;
        self.defence.step().await?;
        records.extend(self.observer.look(&board).await);
        Ok(records)
    }
}
