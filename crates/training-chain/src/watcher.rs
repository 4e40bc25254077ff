//! Checks claims of others, and has false ones disproved.

use crate::board::ChainBoard;
use crate::check::Suspect;
use crate::contract::FAULT;
use crate::court::Court;
use crate::offer::top_up;
use crate::role::Observer;
use crate::run::{Fate, RunView};
use crate::{ChainError, Record, Role};
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_dispute::{Dispute, NextMove};
use lux_protocol::training::ITraining::{challengeAggregateCall, reclaimBondCall};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A challenger locks this part of the bond of whoever claims.
const BOND_DIVISOR: u64 = 10;

enum Finding {
    True,
    False(Box<Dispute>),
    /// This version cannot judge it.
    Unknown,
}

/// Computes every claim about public updates again, and challenges what is wrong; checks the norm proofs of masked updates, accuses whoever
/// has none that holds, and challenges false accusations. What it needs after a restart is on the chain.
pub struct Watcher {
    board: Arc<ChainBoard>,
    findings: BTreeMap<u64, Finding>,
    /// Runs whose challenge was told.
    told: BTreeSet<u64>,
    court: Court,
    observer: Observer,
}

impl Watcher {
    pub fn open(board: Arc<ChainBoard>) -> Self {
        let (court, observer) = (Court::new(board.clone()), Observer::default());
        Self { board, findings: BTreeMap::new(), told: BTreeSet::new(), court, observer }
    }

    async fn judge(&self, run: &RunView) -> Result<Finding, ChainError> {
        let Some(suspect) = Suspect::read(run) else {
            tracing::error!(run = run.attempt, "a claim that this version cannot read");
            return Ok(Finding::Unknown);
        };
        if self.board.is_true(run, &suspect).await? {
            return Ok(Finding::True);
        }
        let dispute = self.board.dispute_of(run, &suspect).await?;
        tracing::error!(run = run.attempt, fault = ?dispute.fault(), "FALSE AGGREGATE: it is challenged");
        Ok(Finding::False(Box::new(dispute)))
    }

    /// Does what is next in a dispute; whether anything was sent.
    async fn challenge(&mut self, run: &RunView) -> Result<bool, ChainError> {
        let board = self.board.clone();
        let Some(Finding::False(dispute)) = self.findings.get_mut(&run.attempt) else { return Ok(false) };
        let bond = U256::from(board.contract().params().await?.aggregateBond) / U256::from(BOND_DIVISOR);
        top_up(board.contract(), &board.transactions, bond).await?;
        let judge = board.contract().judge(board.id, run.attempt, board.created().block).await?;
        let (name, proof) = match dispute.next_move(&judge).await? {
            None | Some(NextMove::Wait { .. }) => return Ok(false),
            Some(NextMove::Disprove { proof, .. }) => ("disprove".to_owned(), proof),
            Some(NextMove::Request { segment, proof }) => (format!("request/{segment}"), proof),
            Some(NextMove::Timeout { segment, proof }) => (format!("timeout/{segment}"), proof),
        };
        let claim = &dispute.claim;
        let counter = (U256::from(FAULT), claim.input, claim.output, claim.trace, proof);
        let call = challengeAggregateCall {
            jobId: board.id,
            attempt: U256::from(run.attempt),
            counterProof: Bytes::from(counter.abi_encode_params()),
        };
        let sent = board.send_due(&format!("{}/{name}", run.attempt), call.abi_encode()).await?;
        if !sent {
            dispute.forget_revealed();
        }
        Ok(sent)
    }

    /// Takes bonds back whose dispute was won.
    async fn reclaim(&self, run: &RunView) -> Result<(), ChainError> {
        let call = reclaimBondCall { jobId: self.board.id, attempt: U256::from(run.attempt) };
        self.board.send_due(&format!("{}/reclaim", run.attempt), call.abi_encode()).await?;
        Ok(())
    }
}

impl Role for Watcher {
    async fn step(&mut self) -> Result<Vec<Record>, ChainError> {
        let board = self.board.clone();
        board.transactions.step().await?;
        board.sync().await?;
        board.prefetch_posts()?;
        let mut records = self.observer.look(&board).await;
        let runs: Vec<RunView> = board.history(|history| history.runs.values().cloned().collect());
        for run in runs.iter().filter(|run| run.claim.as_ref().is_some_and(|claim| !claim.aggregator.is_zero())) {
            if run.fate == Fate::Disproved && matches!(self.findings.get(&run.attempt), Some(Finding::False(_))) {
                self.reclaim(run).await?;
                self.findings.insert(run.attempt, Finding::Unknown);
            }
            let is_paid = board.history(|history| history.paid.contains_key(&run.round));
            if run.fate != Fate::Claimed || is_paid {
                continue;
            }
            if !self.findings.contains_key(&run.attempt) {
                // One claim that cannot be judged now keeps no other from it.
                match self.judge(run).await {
                    Ok(finding) => drop(self.findings.insert(run.attempt, finding)),
                    Err(error) => {
                        tracing::warn!(run = run.attempt, %error, "a claim cannot be checked now; trying again")
                    }
                }
            }
            if self.challenge(run).await? && self.told.insert(run.attempt) {
                records.push(Record::Challenged { round: run.round, run: run.attempt });
            }
        }
        records.extend(self.court.step().await?);
        board.sync().await?;
        records.extend(self.observer.look(&board).await);
        // Workers can be accused until their stakes are free.
        if records.contains(&Record::JobOver) && !self.court.is_over().await? {
            records.retain(|record| *record != Record::JobOver);
        }
        Ok(records)
    }
}
