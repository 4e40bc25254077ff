//! Checks results of others, and has false ones rejected.

use crate::board::{Board, Delivery, Offer, Stage};
use crate::check::{Verdict, check};
use crate::{ComputeError, Shop};
use alloy_primitives::{B256, U256};
use alloy_sol_types::SolCall;
use lux_dispute::{Dispute, NextMove};
use lux_l1::{Sent, TxManager, TxRequest};
use lux_protocol::market::contract::IComputeMarket::{
    challengeBondCall, challengeComputationCall, depositCall, reclaimBondCall,
};
use lux_protocol::market::contract::TaskStatus;
use lux_protocol::market::{CounterProof, EvidenceKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::task::JoinSet;

/// What is checked.
#[derive(Clone, Copy, Debug)]
pub struct WatcherConfig {
    /// Compare traces of results whose output is right, too: each takes a run on the machine.
    pub audit_traces: bool,
    /// Results checked at a time.
    pub parallel: usize,
    /// Only the result of this task.
    pub only: Option<B256>,
}

/// Disputes held at a time: each keeps the weights of its model. Whoever is slashed for one result loses all others.
const MAX_DISPUTES: usize = 8;
/// Seconds until a result whose data could not be had is looked at again.
const RETRY_SECONDS: u64 = 10;

/// What is known about a result.
enum State {
    Checking,
    Waits {
        until: u64,
    },
    True,
    False(Box<Dispute>),
    /// This version cannot judge it.
    Unknown,
}

/// What it needs after a restart is on the chain; checks are made again.
pub struct Watcher {
    shop: Arc<Shop>,
    /// `None`: it only reports.
    transactions: Option<Arc<TxManager>>,
    config: WatcherConfig,
    board: Board,
    first_block: u64,
    results: BTreeMap<B256, (Delivery, State)>,
    runs: JoinSet<(B256, Delivery, Result<Verdict, ComputeError>)>,
    /// Tasks of which this account asked for a segment.
    bonds: BTreeSet<B256>,
}

impl Watcher {
    pub async fn open(
        shop: Shop,
        transactions: Option<Arc<TxManager>>,
        config: WatcherConfig,
    ) -> Result<Self, ComputeError> {
        let first_block = shop.market.first_relevant_block().await?;
        let board = Board::new(&shop.market, first_block);
        Ok(Self {
            shop: Arc::new(shop),
            transactions,
            config,
            board,
            first_block,
            results: BTreeMap::new(),
            runs: JoinSet::new(),
            bonds: BTreeSet::new(),
        })
    }

    /// Does all that is due now.
    pub async fn step(&mut self) -> Result<(), ComputeError> {
        if let Some(transactions) = &self.transactions {
            transactions.step().await?;
        }
        self.board.poll().await?;
        while let Some(ended) = self.runs.try_join_next() {
            self.finish(ended)?;
        }
        self.look();
        self.challenge().await?;
        self.reclaim().await
    }

    /// Whether a check goes on; [`Watcher::run_ends`] waits for it.
    pub fn is_computing(&self) -> bool {
        !self.runs.is_empty()
    }

    /// Waits for the end of a check, for ever when there is none.
    pub async fn run_ends(&mut self) -> Result<(), ComputeError> {
        match self.runs.join_next().await {
            Some(ended) => self.finish(ended),
            None => std::future::pending().await,
        }
    }

    /// Results that were found to be false and are not rejected yet.
    pub fn false_results(&self) -> impl Iterator<Item = B256> {
        self.results.iter().filter(|(_, (_, state))| matches!(state, State::False(_))).map(|(task, _)| *task)
    }

    /// What is known about the result of a task: whether it is true.
    pub fn is_true(&self, task: B256) -> Option<bool> {
        match self.results.get(&task)?.1 {
            State::True => Some(true),
            State::False(_) => Some(false),
            _ => None,
        }
    }

    /// Collects results, and starts checks, those with the nearest deadline first.
    fn look(&mut self) {
        let now = self.board.now();
        let own = self.transactions.as_ref().map(|transactions| transactions.address());
        let mut found: Vec<(u64, B256, Offer, Delivery)> = self
            .board
            .tasks()
            .filter(|task| self.config.only.is_none_or(|only| only == task.id))
            .filter_map(|task| match task.stage {
                Stage::Delivered(delivery) if Some(delivery.worker) != own => {
                    let is_open = delivery.until > now || !task.challenges.is_empty();
                    is_open.then(|| (delivery.until, task.id, task.offer.clone(), (**delivery).clone()))
                }
                _ => None,
            })
            .collect();
        found.sort_unstable_by_key(|(until, id, ..)| (*until, *id));
        // A reorganisation may have replaced a result.
        self.results
            .retain(|id, (known, _)| found.iter().any(|(_, task, _, delivery)| task == id && delivery == known));
        let disputes = self.false_results().count();
        for (_, id, offer, delivery) in found {
            let due = match self.results.get(&id) {
                None => true,
                Some((_, State::Waits { until })) => *until <= now,
                Some(_) => false,
            };
            if !due || self.runs.len() >= self.config.parallel || disputes >= MAX_DISPUTES {
                continue;
            }
            self.results.insert(id, (delivery.clone(), State::Checking));
            let (shop, audit) = (self.shop.clone(), self.config.audit_traces);
            self.runs.spawn(async move {
                let verdict = check(&shop, id, &offer, &delivery, audit).await;
                (id, delivery, verdict)
            });
        }
    }

    fn finish(
        &mut self,
        ended: Result<(B256, Delivery, Result<Verdict, ComputeError>), tokio::task::JoinError>,
    ) -> Result<(), ComputeError> {
        let (id, delivery, verdict) =
            ended.map_err(|error| ComputeError::Config(format!("a check stopped: {error}")))?;
        // What a reorganisation replaced meanwhile is checked anew.
        let Some((known, state)) = self.results.get_mut(&id).filter(|(known, _)| *known == delivery) else {
            return Ok(());
        };
        *state = match verdict {
            Ok(Verdict::True) => State::True,
            Ok(Verdict::False(dispute)) => {
                tracing::error!(
                    task = %id, worker = %known.worker, claimed = %known.output, fault = ?dispute.fault(),
                    "FALSE RESULT: it must be challenged before its challenge period ends"
                );
                State::False(dispute)
            }
            Err(error) if error.is_temporary() => {
                tracing::warn!(task = %id, %error, "a result cannot be checked now; trying again");
                State::Waits { until: self.board.now() + RETRY_SECONDS }
            }
            Err(error) => {
                tracing::error!(task = %id, %error, "a result cannot be checked");
                State::Unknown
            }
        };
        Ok(())
    }

    /// Goes on with every dispute.
    async fn challenge(&mut self) -> Result<(), ComputeError> {
        let Some(transactions) = self.transactions.clone() else { return Ok(()) };
        let market = self.shop.market.clone();
        for (id, (delivery, state)) in &mut self.results {
            let State::False(dispute) = state else { continue };
            let is_void = market.account(delivery.worker).await?.isSlashed;
            if is_void || market.task(*id).await?.progress.status != TaskStatus::Submitted {
                continue;
            }
            if !has_bond(&market, &transactions).await? {
                continue;
            }
            let judge = market.judge(*id, self.first_block).await?;
            let (name, proof) = match dispute.next_move(&judge).await {
                Ok(None | Some(NextMove::Wait { .. })) => continue,
                Ok(Some(NextMove::Disprove { proof, .. })) => ("disprove".to_owned(), proof),
                Ok(Some(NextMove::Request { segment, proof })) => {
                    self.bonds.insert(*id);
                    (format!("request/{segment}"), proof)
                }
                Ok(Some(NextMove::Timeout { segment, proof })) => (format!("timeout/{segment}"), proof),
                Err(error) if error.is_temporary() => {
                    tracing::warn!(task = %id, %error, "a challenge failed; trying again");
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let (input, trace) = (dispute.claim.input, dispute.claim.trace);
            let counter_proof = CounterProof { kind: EvidenceKind::Fault, input, trace, proof }.encode();
            let bytes = counter_proof.len();
            let call = challengeComputationCall { taskId: *id, counterProof: counter_proof };
            let name = format!("challenge/{id}/{}/{name}", delivery.output);
            match transactions.send_due(market.address, name.clone(), call.abi_encode()).await? {
                Sent::Now => tracing::warn!(id = name, bytes, "challenging a false result"),
                Sent::UnderWay => {}
                Sent::Refused(reason) => {
                    tracing::warn!(id = name, %reason, "the market would refuse the challenge now");
                    dispute.forget_revealed();
                }
            }
        }
        Ok(())
    }

    /// Takes bonds back whose dispute was won.
    async fn reclaim(&mut self) -> Result<(), ComputeError> {
        let Some(transactions) = &self.transactions else { return Ok(()) };
        let market = &self.shop.market;
        for id in self.bonds.clone() {
            let status = market.task(id).await?.progress.status;
            if !matches!(status, TaskStatus::Disproved | TaskStatus::Refunded | TaskStatus::Final) {
                continue;
            }
            if market.bond_of(id, transactions.address()).await?.is_zero() {
                self.bonds.remove(&id);
                continue;
            }
            let call = reclaimBondCall { taskId: id }.abi_encode();
            if let Sent::Refused(reason) = transactions.send_due(market.address, format!("reclaim/{id}"), call).await? {
                tracing::warn!(task = %id, %reason, "the bond of a dispute is lost");
                self.bonds.remove(&id);
            }
        }
        Ok(())
    }
}

/// Whether the account's balance in the market covers a challenger's bond; deposits it where not.
async fn has_bond(market: &crate::Market, transactions: &TxManager) -> Result<bool, ComputeError> {
    let account = transactions.address();
    let bond = market.chain.view(market.address, challengeBondCall {}).await?;
    let missing = bond.saturating_sub(U256::from(market.account(account).await?.balance));
    if missing.is_zero() {
        return Ok(true);
    }
    let id = format!("challenge-bond/{}", market.address);
    if transactions.status(&id).is_some_and(|status| !status.is_final()) {
        return Ok(false);
    }
    let id = transactions.unused_id(id).await?;
    let call = depositCall { account }.abi_encode();
    transactions.submit(TxRequest { value: missing, ..TxRequest::call(id, market.address, call) }).await?;
    Ok(false)
}
