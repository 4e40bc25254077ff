//! `Board` by calls of the contract.

use crate::board::{ChainBoard, synced};
use crate::error::board_error;
use crate::run::{Fate, RunView, step};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use async_trait::async_trait;
use lux_federated::{Aggregation, Board, BoardError, Entry, Move, Phase, Post, State};
use lux_protocol::training::ITraining::{
    initSecureAggregationCall, revealAggregationKeyCall, submitEncryptedGradientCall, submitGradientUpdateCall,
};
use lux_protocol::training::WorkerContribution;

#[async_trait]
impl Board for ChainBoard {
    async fn state(&self) -> Result<State, BoardError> {
        synced(self).await?;
        Ok(self.state_now())
    }

    async fn members(&self, round: u64) -> Result<Vec<Address>, BoardError> {
        let run = self.run(round);
        Ok(run.map(|run| run.members.iter().map(|(_, member)| *member).collect()).unwrap_or_default())
    }

    async fn entries(&self, round: u64, from: usize) -> Result<Vec<Entry>, BoardError> {
        let run = self.run(round);
        Ok(run.and_then(|run| Some(run.entries.get(from..)?.to_vec())).unwrap_or_default())
    }

    async fn closing(&self, round: u64, phase: Phase) -> Result<Option<B256>, BoardError> {
        let Some(run) = self.run(round) else { return Ok(None) };
        let finished = run.entries.iter().find_map(|entry| match entry {
            Entry::Moved { phase: of, step: Move::Finish { content, .. }, .. } if *of == phase => Some(*content),
            _ => None,
        });
        Ok(run.closings.get(&phase).copied().or(finished))
    }

    async fn beacon(&self, round: u64) -> Result<Option<B256>, BoardError> {
        Ok(self.run(round).and_then(|run| run.beacon))
    }

    async fn post(&self, post: Post) -> Result<(), BoardError> {
        synced(self).await?;
        if self.has_posted(&post)? {
            return Ok(());
        }
        let late = BoardError::Late { round: post.round, phase: post.phase.name() };
        let Some(run) = self.run(post.round).filter(|run| run.fate == Fate::Open && run.phase == post.phase) else {
            return Err(late);
        };
        if !run.is_member(self.account()) {
            return Err(BoardError::NotMember(self.account()));
        }
        let until = self.history(|history| history.periods.deadline(&run.times, run.phase));
        if self.now() > until {
            return Err(late);
        }
        let sent = match post.phase {
            Phase::Keys => self.announce(post.round, step::KEYS, post.content, until).await,
            Phase::Shares => self.announce(post.round, step::SHARES, post.content, until).await,
            Phase::Survivors => self.announce(post.round, step::SURVIVORS, post.content, until).await,
            Phase::Updates | Phase::Masked | Phase::Unmask => {
                let data = self.message(&post).await?;
                self.say(&format!("{}/{}", post.round, post.phase.name()), data, until).await
            }
            Phase::Over => return Err(late),
        };
        match sent {
            Ok(()) | Err(BoardError::Late { .. }) => {}
            Err(BoardError::StillOpen(_)) => return Err(BoardError::Unreachable("it takes this message later".into())),
            Err(error) => return Err(error),
        }
        synced(self).await?;
        if self.has_posted(&post)? { Ok(()) } else { Err(late) }
    }

    async fn advance(&self, round: u64, phase: Phase, step: Move) -> Result<(), BoardError> {
        synced(self).await?;
        let late = BoardError::Late { round, phase: phase.name() };
        let open = BoardError::StillOpen(phase.name());
        let run = self.run(round).filter(|run| run.fate == Fate::Open && run.phase == phase).ok_or(late.clone())?;
        let until = self.history(|history| run.expires(&history.periods));
        let moved = match (step, phase) {
            (Move::Close { content, .. }, Phase::Keys) => self.close_keys(&run, content, until).await,
            (Move::Close { content, .. }, Phase::Shares) => self.close(&run, step::CLOSE_SHARES, content, until).await,
            (Move::Close { content, .. }, Phase::Masked) => self.close(&run, step::CLOSE_MASKED, content, until).await,
            (Move::Close { content, .. }, Phase::Survivors) => {
                self.close(&run, step::CLOSE_SURVIVORS, content, until).await
            }
            (Move::Finish { content, .. }, Phase::Updates) => self.claim_aggregate(&run, content, until).await,
            // Workers vote, and nobody else can give a run more time, or end it before its time: see `tend`.
            (Move::Finish { .. }, Phase::Unmask) | (Move::Prolong { .. } | Move::Abandon { .. }, _) => {
                return Err(open);
            }
            (Move::Close { .. } | Move::Finish { .. }, _) => return Err(BoardError::WrongMove(phase.name())),
        };
        match moved {
            Ok(()) => {}
            Err(BoardError::Late { .. }) => return Err(late),
            Err(BoardError::StillOpen(_)) => return Err(open),
            Err(error) => return Err(error),
        }
        synced(self).await?;
        let goes_on = self.run(round).is_some_and(|run| run.fate == Fate::Open && run.phase == phase);
        if goes_on { Err(open) } else { Ok(()) }
    }
}

impl ChainBoard {
    fn has_posted(&self, post: &Post) -> Result<bool, BoardError> {
        let own = self.account();
        match self.run(post.round).and_then(|run| run.posted(own, post.phase)) {
            None => Ok(false),
            // Points of masked updates are not on the board.
            Some(before) if before.content == post.content => Ok(true),
            Some(_) => Err(BoardError::PostedBefore(own)),
        }
    }

    /// The call that posts what the contract itself keeps.
    async fn message(&self, post: &Post) -> Result<Vec<u8>, BoardError> {
        if post.phase == Phase::Updates {
            let contribution = WorkerContribution {
                worker: self.account(),
                gradientHash: post.content,
                dataPointsProcessed: U256::from(post.points),
                ..WorkerContribution::default()
            };
            return Ok(submitGradientUpdateCall { jobId: self.id, contribution }.abi_encode());
        }
        let blob = self.blobs.store().get(post.content, MAX_MESSAGE + 32).await;
        let blob = blob.map_err(|error| board_error(error.into()))?;
        if post.phase == Phase::Unmask {
            let vote = (B256::ZERO, B256::ZERO, U256::ZERO);
            let key_share = (Bytes::copy_from_slice(&blob), vote.0, vote.1, vote.2).abi_encode_params().into();
            return Ok(revealAggregationKeyCall { jobId: self.id, keyShare: key_share }.abi_encode());
        }
        // The commitment of the masked vector is the end of the post.
        let (message, vector) = blob.split_at(blob.len().saturating_sub(32));
        // With masks every worker counts alike.
        let vector = B256::try_from(vector).unwrap_or_default();
        let encrypted = (vector, U256::ONE, Bytes::copy_from_slice(message)).abi_encode_params().into();
        Ok(submitEncryptedGradientCall { jobId: self.id, encryptedGradient: encrypted }.abi_encode())
    }

    async fn close(&self, run: &RunView, step: u8, content: B256, until: u64) -> Result<(), BoardError> {
        let coordinators = self.history(|history| {
            let is_ours = history.coordinator() == self.account();
            (!is_ours).then(|| history.periods.coordinators(&run.times, run.phase))
        });
        if coordinators.is_some_and(|until| self.now() <= until) {
            return Err(BoardError::StillOpen(run.phase.name()));
        }
        let data = self.announcement(step, content.as_slice());
        self.act(&format!("{}/close/{step}", run.attempt), data, None, until).await
    }

    /// Records the roster, then the beacon.
    async fn close_keys(&self, run: &RunView, content: B256, until: u64) -> Result<(), BoardError> {
        if run.times.keys.is_none() {
            let limit = 129 * run.members.len() as u64;
            let keys = self.blobs.store().get(content, limit).await.map_err(|error| board_error(error.into()))?;
            let call = initSecureAggregationCall { jobId: self.id, publicKeys: keys.to_vec().into() };
            self.act(&format!("{}/roster", run.attempt), call.abi_encode(), None, until).await?;
        }
        self.draw_beacon(run.attempt, until).await
    }

    /// Whether updates of the job are public.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.job().aggregation, Aggregation::Plain(_))
    }
}

/// What the contract takes of a message.
const MAX_MESSAGE: u64 = 8_192;
