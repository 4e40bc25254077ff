//! A worker of a job on a chain.

use crate::board::ChainBoard;
use crate::court::Court;
use crate::offer::top_up;
use crate::role::Observer;
use crate::{ChainError, Record, Role};
use alloy_primitives::{Bytes, U256};
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use lux_federated::{Board, BoardError, Notebook, Phase, Standing, Trainer, Worker};
use lux_protocol::training::ITraining::{joinTrainingJobCall, leaveTrainingJobCall, releaseStakeCall};
use std::sync::Arc;

/// Seconds that a worker leaves what anyone may do to the coordinator, and to the workers before it.
const GRACE: u64 = 60;

/// Joins, answers every phase, votes for sums that it found itself, joins again where it was dropped, and defends itself against false
/// accusations.
pub struct Member {
    board: Arc<ChainBoard>,
    worker: Worker,
    server: Option<String>,
    /// The run whose shares were looked at, and how many there were.
    counted: Option<(u64, usize)>,
    leaves: bool,
    court: Court,
    observer: Observer,
}

impl Member {
    /// Goes on from the notes. `account` is that of the board's transactions; `server` is where this worker's store is served.
    pub fn open(
        board: Arc<ChainBoard>,
        account: PrivateKeySigner,
        trainer: Box<dyn Trainer>,
        notebook: Notebook,
        server: Option<String>,
    ) -> Result<Self, ChainError> {
        if account.address() != board.account() {
            return Err(ChainError::Config("a worker signs with the key that its transactions are sent with".into()));
        }
        let worker = Worker::open(board.job(), board.clone(), board.blobs().clone(), account, trainer, notebook)?;
        let court = Court::defending(board.clone(), board.account());
        Ok(Self { board, worker, server, counted: None, leaves: false, court, observer: Observer::default() })
    }

    /// The worker's notes, as if it had been killed here.
    pub fn into_notebook(self) -> Notebook {
        self.worker.into_notebook()
    }

    /// Takes part in no further round. The stake is free later: see [`Member::release_stake`].
    pub async fn leave(&mut self) -> Result<(), ChainError> {
        self.leaves = true;
        let call = leaveTrainingJobCall { jobId: self.board.id };
        self.board.send_due("leave", call.abi_encode()).await?;
        Ok(())
    }

    /// Moves the stake to the free balance; whether the chain takes that now.
    pub async fn release_stake(&mut self) -> Result<bool, ChainError> {
        let call = releaseStakeCall { jobId: self.board.id };
        Ok(self.board.send_due("release", call.abi_encode()).await?)
    }

    async fn join(&mut self) -> Result<bool, ChainError> {
        let board = &self.board;
        let own = board.account();
        let goes_on = board.history(|history| !history.is_over && !history.waits_for_pay());
        if self.leaves || !goes_on || board.history(|history| history.active.contains(&own)) {
            return Ok(false);
        }
        let member = board.contract().member(board.id, own).await?;
        if member.isSlashed {
            return Err(ChainError::Slashed);
        }
        if !member.isMember {
            top_up(board.contract(), &board.transactions, U256::from(board.created().config.stake)).await?;
        }
        let call = joinTrainingJobCall { jobId: board.id, workerAttestation: Bytes::new() };
        let until = u64::MAX;
        match board.act("join", call.abi_encode(), None, until).await {
            // Others joined meanwhile, and what a join takes changed, or an earlier process's is under way: it is tried again.
            Ok(()) | Err(BoardError::Late { .. } | BoardError::StillOpen(_)) => {}
            Err(error) => return Err(error.into()),
        }
        board.sync().await?;
        Ok(board.history(|history| history.active.contains(&own)))
    }

    /// Votes, once all shares are there that it takes.
    async fn vote(&mut self) -> Result<Option<u64>, ChainError> {
        let own = self.board.account();
        let run = self.board.history(|history| history.current().cloned());
        let run = run.filter(|run| run.phase == Phase::Unmask && run.is_member(own) && !run.voted.contains(&own));
        // Whoever has not masked has no vote.
        let Some(run) = run.filter(|run| run.posted(own, Phase::Masked).is_some()) else { return Ok(None) };
        let shares = run.posts(Phase::Unmask).count();
        if self.counted == Some((run.attempt, shares)) {
            return Ok(None);
        }
        let voted = self.board.vote(&run).await?;
        if voted != Some(false) {
            self.counted = Some((run.attempt, shares));
        }
        Ok(voted.filter(|voted| *voted).map(|_| run.attempt))
    }
}

impl Role for Member {
    async fn step(&mut self) -> Result<Vec<Record>, ChainError> {
        self.board.transactions.step().await?;
        self.board.sync().await?;
        let mut records = self.observer.look(&self.board).await;
        records.extend(self.court.step().await?);
        if records.contains(&Record::JobOver) {
            return Ok(records);
        }
        if self.join().await? {
            records.push(Record::Joined);
        }
        if self.board.history(|history| history.active.contains(&self.board.account())) {
            self.board.announce_server(self.server.as_ref()).await?;
        }
        // Of public updates it needs its own.
        if !self.board.is_plain() {
            self.board.prefetch_posts()?;
        }
        let run = self.board.state().await?;
        let members = self.board.members(run.round).await?;
        let place = members.iter().position(|member| *member == self.board.account());
        // Whoever joined later takes part in the next run.
        let standing = match place {
            None if run.phase != Phase::Over => Ok(Standing::Waiting),
            _ => self.worker.step().await,
        };
        match standing {
            Ok(Standing::Posted(phase)) => records.push(Record::Posted { run: run.round, phase }),
            Ok(Standing::SitsOut { round, reason }) => records.push(Record::SitsOut { run: round, reason }),
            Ok(Standing::Over) if run.phase != Phase::Over && !self.leaves => {
                self.leave().await?;
                records.push(Record::BudgetSpent);
            }
            Ok(Standing::Waiting | Standing::Over) => {}
            Err(error) if error.is_temporary() => tracing::debug!(%error, "not yet"),
            Err(error) => return Err(error.into()),
        }
        match self.vote().await {
            Ok(voted) => records.extend(voted.map(|run| Record::Voted { run })),
            Err(error) if error.is_temporary() => tracing::debug!(%error, "no vote yet"),
            Err(error) => return Err(error),
        }
        // One after the other, so that not all pay for it.
        self.board.tend(GRACE * (1 + place.unwrap_or(members.len()) as u64)).await?;
        Ok(records)
    }
}
