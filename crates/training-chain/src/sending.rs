//! Calls of one account, each sent once, and waited for.

use crate::board::ChainBoard;
use crate::error::board_error;
use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolCall, SolInterface};
use lux_federated::{BoardError, Phase};
use lux_l1::{Revert, TxError, TxRequest, TxStatus};
use lux_protocol::errors::ContractErrors::ContractErrorsErrors as Reason;
use lux_protocol::training::ITraining::{advanceCall, announceCall};
use std::time::Duration;

/// Between two looks at a transaction.
const PAUSE: Duration = Duration::from_millis(100);
/// Enough to draw a beacon, which no node can estimate before there is another block.
const BEACON_GAS: u64 = 300_000;

impl ChainBoard {
    /// Says something that this account says once, under an id of it, and waits until it is in a block, at most until the board's time
    /// `until`, seconds. What an earlier process sent under the id counts.
    pub(crate) async fn say(&self, about: &str, data: Vec<u8>, until: u64) -> Result<(), BoardError> {
        self.send(format!("train/{}/{about}", self.id), data, None, until).await
    }

    /// The same for what may be tried again, once an earlier attempt has ended.
    pub(crate) async fn act(&self, about: &str, data: Vec<u8>, gas: Option<u64>, until: u64) -> Result<(), BoardError> {
        let id = self.transactions.unused_id(format!("train/{}/{about}", self.id)).await;
        match self.send(id.map_err(|error| board_error(error.into()))?, data, gas, until).await {
            // An earlier attempt is still under way.
            Err(BoardError::PostedBefore(_)) => Err(BoardError::StillOpen(Phase::Over.name())),
            sent => sent,
        }
    }

    async fn send(&self, id: String, data: Vec<u8>, gas: Option<u64>, until: u64) -> Result<(), BoardError> {
        let late = BoardError::Late { round: 0, phase: Phase::Over.name() };
        let temporary = |error: lux_l1::L1Error| board_error(error.into());
        let known = self.transactions.status(&id).is_some();
        if !known && gas.is_none() {
            self.probe(&data).await?;
        }
        let request = TxRequest { gas_limit: gas, ..TxRequest::call(id.clone(), self.contract.address, data) };
        let mut status = match self.transactions.submit(request).await {
            Ok(status) => status,
            // It said something else here before, and says that again or nothing.
            Err(TxError::IdConflict(_)) => return Err(BoardError::PostedBefore(self.account())),
            Err(TxError::Reverted(revert)) => return Err(refused(self.account(), &revert)),
            Err(error) => return Err(board_error(error.into())),
        };
        loop {
            match status {
                TxStatus::Mined { .. } => return Ok(()),
                TxStatus::Confirmed(outcome) if outcome.success => return Ok(()),
                TxStatus::Confirmed(outcome) => {
                    tracing::info!(id, reason = outcome.revert_reason, "the chain refused a call");
                    return Err(late);
                }
                TxStatus::Failed(_) => return Err(late),
                TxStatus::Pending { .. } => {}
            }
            match self.transactions.step().await {
                Err(error) if !error.is_temporary() => return Err(board_error(error.into())),
                _ => {}
            }
            status =
                self.transactions.status(&id).ok_or_else(|| BoardError::Unreachable("a call was forgotten".into()))?;
            if matches!(status, TxStatus::Pending { .. }) {
                self.sync().await.map_err(board_error)?;
                if self.now() > until {
                    self.transactions.cancel(&id, "its time is over").await.map_err(temporary)?;
                    return Err(late);
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Whether the chain would take a call now.
    pub(crate) async fn probe(&self, data: &[u8]) -> Result<(), BoardError> {
        let refusal = self.transactions.refusal(self.contract.address, data).await;
        let refusal = refusal.map_err(|error| board_error(error.into()))?;
        refusal.map_or(Ok(()), |revert| Err(refused(self.account(), &revert)))
    }

    /// Sends a step of the protocol, which others may have made, unless it is under way or would revert now; whether it is there now.
    pub(crate) async fn send_due(&self, about: &str, data: Vec<u8>) -> Result<bool, BoardError> {
        let id = format!("train/{}/{about}", self.id);
        let error = |error: TxError| board_error(error.into());
        match self.transactions.send_due(self.contract.address, id, data).await.map_err(error)? {
            lux_l1::Sent::Refused(revert) => {
                tracing::debug!(about, %revert, "not now");
                Ok(false)
            }
            lux_l1::Sent::Now | lux_l1::Sent::UnderWay => Ok(true),
        }
    }

    pub(crate) fn announcement(&self, step: u8, content: &[u8]) -> Vec<u8> {
        announceCall { jobId: self.id, step, content: content.to_vec().into() }.abi_encode()
    }

    pub(crate) async fn announce(&self, round: u64, step: u8, content: B256, until: u64) -> Result<(), BoardError> {
        let data = self.announcement(step, content.as_slice());
        self.say(&format!("{round}/announce/{step}"), data, until).await
    }

    /// Draws the beacon of a run whose roster is recorded. Waits for a later block than that of the roster by being in one.
    pub(crate) async fn draw_beacon(&self, round: u64, until: u64) -> Result<(), BoardError> {
        let data = advanceCall { jobId: self.id }.abi_encode();
        self.act(&format!("{round}/beacon"), data, Some(BEACON_GAS), until).await
    }
}

/// What a refusal means to those who speak in terms of a board.
fn refused(account: Address, revert: &Revert) -> BoardError {
    let late = BoardError::Late { round: 0, phase: Phase::Over.name() };
    match Reason::abi_decode(&revert.data) {
        Ok(Reason::Training_TooLate(_) | Reason::Training_WrongPhase(_) | Reason::Training_WrongRound(_)) => late,
        Ok(
            Reason::Training_TooEarly(_)
            | Reason::Training_NotCoordinator(_)
            | Reason::Training_TooFew(_)
            | Reason::Training_NothingToDo(_),
        ) => BoardError::StillOpen(Phase::Over.name()),
        Ok(Reason::Training_NotMember(_)) => BoardError::NotMember(account),
        Ok(Reason::Training_AlreadySubmitted(_)) => late,
        _ => BoardError::Refused(revert.reason.clone()),
    }
}
