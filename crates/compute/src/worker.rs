//! Serves tasks: takes those that pay, computes them, delivers, and is paid.

use crate::board::{Board, Offer, Stage};
use crate::defence::Defence;
use crate::lane::Lane;
use crate::records::{Record, Records};
use crate::shop::{Prepared, Refusal, Shop};
use crate::{ComputeError, infer_program_id};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use lux_l1::{Sent, TxError, TxManager, TxRequest};
use lux_protocol::market::contract::ComputeResult;
use lux_protocol::market::contract::IComputeMarket::{
    claimTasksCall, depositCall, finalizeTasksCall, stakeCall, submitComputeResultsCall,
};
use lux_protocol::market::{EvidenceKind, ModelTerms, ResultProof};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::task::JoinSet;

/// What a worker takes on.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// Only these; empty: any that it can get.
    pub models: BTreeSet<B256>,
    /// wei per gas of the market
    pub min_gas_price: u64,
    /// Of one task.
    pub max_flops: u64,
    /// Tasks claimed at a time.
    pub max_claims: usize,
    /// Tasks computed at a time.
    pub parallel: usize,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self { models: BTreeSet::new(), min_gas_price: 1, max_flops: 1 << 34, max_claims: 64, parallel: 1 }
    }
}

/// Results in one transaction: their bytes, and how many. L2 nodes and L1s take transactions of 128 KB.
const MAX_BATCH_BYTES: usize = 100_000;
const MAX_RESULTS: usize = 50;
/// Tasks that are paid for in one transaction.
const MAX_FINALIZED: usize = 200;
/// Seconds until a task whose data could not be had is looked at again.
const RETRY_SECONDS: u64 = 10;

/// What this worker knows about a task, besides the chain.
#[derive(Debug, Default)]
struct Job {
    prepared: Option<Prepared>,
    busy: bool,
    /// Left to others until then.
    refused_until: u64,
}

enum Done {
    Prepared(Result<Prepared, Refusal>),
    Recorded(Record),
}

/// Where it stands is on the chain, in the records and in the journal of the transactions: it may stop at any point.
pub struct Worker {
    shop: Arc<Shop>,
    transactions: Arc<TxManager>,
    config: WorkerConfig,
    board: Board,
    records: Records,
    defence: Defence,
    jobs: BTreeMap<B256, Job>,
    runs: JoinSet<(B256, Result<Done, ComputeError>)>,
    claims: Lane,
    results: Lane,
    payments: Lane,
    /// Some result was refused: one at a time shows which.
    singly: bool,
}

impl Worker {
    pub async fn open(
        shop: Shop,
        transactions: Arc<TxManager>,
        records: Records,
        config: WorkerConfig,
    ) -> Result<Self, ComputeError> {
        let market = shop.market.clone();
        if !market.is_open(infer_program_id()).await? {
            return Err(ComputeError::Config(format!(
                "the market {} takes no tasks of this version's inference program; `market open` opens it",
                market.address
            )));
        }
        let first = market.first_relevant_block().await?;
        let shop = Arc::new(shop);
        Ok(Self {
            board: Board::new(&market, first),
            defence: Defence::new(shop.clone(), transactions.clone(), first),
            shop,
            transactions,
            config,
            records,
            jobs: BTreeMap::new(),
            runs: JoinSet::new(),
            claims: Lane::new("claim"),
            results: Lane::new("result"),
            payments: Lane::new("pay"),
            singly: false,
        })
    }

    fn account(&self) -> Address {
        self.transactions.address()
    }

    /// Stakes what is missing, and has at least `balance` for the bonds of claims in the market.
    pub async fn join(&self, balance: U256) -> Result<(), ComputeError> {
        let market = &self.shop.market;
        let (account, params) = (market.account(self.account()).await?, market.params().await?);
        if account.isSlashed {
            return Err(ComputeError::Config(format!(
                "{} was slashed for a false result and can never work again; take another key",
                self.account()
            )));
        }
        let missing = U256::from(params.minStake).saturating_sub(U256::from(account.stake));
        self.pay("stake", missing, stakeCall {}.abi_encode()).await?;
        let missing = balance.saturating_sub(U256::from(account.balance));
        self.pay("deposit", missing, depositCall { account: self.account() }.abi_encode()).await
    }

    async fn pay(&self, what: &str, value: U256, data: Vec<u8>) -> Result<(), ComputeError> {
        if value.is_zero() {
            return Ok(());
        }
        let id = self.transactions.unused_id(format!("{what}/{}", self.shop.market.address)).await?;
        let request = TxRequest { value, ..TxRequest::call(id, self.shop.market.address, data) };
        self.transactions.send(request).await?;
        tracing::info!(%value, "{what}");
        Ok(())
    }

    /// Does all that is due now.
    pub async fn step(&mut self) -> Result<(), ComputeError> {
        self.transactions.step().await?;
        self.board.poll().await?;
        self.forget()?;
        while let Some(ended) = self.runs.try_join_next() {
            self.finish(ended)?;
        }
        self.compute();
        self.claim().await?;
        self.deliver().await?;
        self.collect().await?;
        self.defence.step(&self.board).await
    }

    /// Whether a run goes on; [`Worker::run_ends`] waits for it.
    pub fn is_computing(&self) -> bool {
        !self.runs.is_empty()
    }

    /// Waits for the end of a run, for ever when there is none.
    pub async fn run_ends(&mut self) -> Result<(), ComputeError> {
        match self.runs.join_next().await {
            Some(ended) => self.finish(ended),
            None => std::future::pending().await,
        }
    }

    /// Forgets tasks that are over.
    fn forget(&mut self) -> Result<(), ComputeError> {
        if self.board.head().is_none() {
            return Ok(());
        }
        let board = &self.board;
        self.jobs.retain(|task, _| board.task(*task).is_some());
        self.records.retain(|task| board.task(*task).is_some())
    }

    /// The tasks that were claimed by this worker and have no result yet, with the end of the window, the nearest first.
    fn claimed(&self) -> Vec<(u64, B256)> {
        let own = self.account();
        let mut claimed: Vec<_> = self
            .board
            .tasks()
            .filter_map(|task| match task.stage {
                Stage::Claimed { worker, until } if *worker == own => Some((*until, task.id)),
                _ => None,
            })
            .collect();
        claimed.sort_unstable();
        claimed
    }

    fn takes(&self, offer: &Offer) -> bool {
        let known = self.config.models.is_empty() || self.config.models.contains(&offer.model);
        known && offer.gas_price >= self.config.min_gas_price && offer.flags & ModelTerms::FAULT != 0
    }

    /// Starts runs: what is claimed first, then what could be.
    fn compute(&mut self) {
        let now = self.board.now();
        let open = self.board.tasks().filter(|task| *task.stage == Stage::Open && task.offer.expires_at > now);
        let open: Vec<B256> = open.filter(|task| self.takes(task.offer)).map(|task| task.id).collect();
        for (until, id) in self.claimed() {
            if until >= now && !self.has_record(id) {
                self.start(id, true);
            }
        }
        // As many as can be claimed: the rest is for others, or later.
        for id in open.into_iter().take(2 * self.config.max_claims) {
            self.start(id, false);
        }
    }

    fn has_record(&self, id: B256) -> bool {
        let Some(task) = self.board.task(id) else { return false };
        self.records.get(&id).is_some_and(|record| record.input == task.offer.claim_input())
    }

    fn start(&mut self, id: B256, is_claimed: bool) {
        let Some(offer) = self.board.task(id).map(|task| task.offer.clone()) else { return };
        let job = self.jobs.entry(id).or_default();
        let is_done = job.prepared.is_some() && !is_claimed;
        if job.busy || is_done || job.refused_until > self.board.now() || self.runs.len() >= self.config.parallel {
            return;
        }
        job.busy = true;
        let (shop, prepared, max_flops) = (self.shop.clone(), job.prepared.clone(), self.config.max_flops);
        self.runs.spawn(async move {
            let done = match prepared.filter(|_| is_claimed) {
                Some(prepared) => shop.record(&offer, &prepared).await.map(Done::Recorded),
                // After a restart, claimed tasks come here too.
                None => shop.prepare(&offer, max_flops).await.map(Done::Prepared),
            };
            (id, done)
        });
    }

    fn finish(
        &mut self,
        ended: Result<(B256, Result<Done, ComputeError>), tokio::task::JoinError>,
    ) -> Result<(), ComputeError> {
        let (id, done) = ended.map_err(|error| ComputeError::Config(format!("a run stopped: {error}")))?;
        let retry = self.board.now() + RETRY_SECONDS;
        let job = self.jobs.entry(id).or_default();
        job.busy = false;
        match done {
            Ok(Done::Prepared(Ok(prepared))) => job.prepared = Some(prepared),
            Ok(Done::Prepared(Err(Refusal::Data(error)))) if error.may_pass() => {
                job.refused_until = retry;
                tracing::debug!(task = %id, %error, "a task waits for its data");
            }
            Ok(Done::Prepared(Err(refusal))) => {
                job.refused_until = u64::MAX;
                tracing::info!(task = %id, reason = %refusal, "a task is left to others");
            }
            Ok(Done::Recorded(record)) => {
                tracing::info!(task = %id, output = %record.output, "computed");
                return self.records.put(id, record);
            }
            Err(error) if error.is_temporary() => {
                job.refused_until = retry;
                tracing::warn!(task = %id, %error, "a task could not be computed; trying again");
            }
            Err(error) => {
                job.refused_until = u64::MAX;
                tracing::error!(task = %id, %error, "a task cannot be computed");
            }
        }
        Ok(())
    }

    fn read(&self) -> u64 {
        self.board.head().map_or(0, |head| head.number)
    }

    /// Claims tasks whose output is known.
    async fn claim(&mut self) -> Result<(), ComputeError> {
        let held = self.claimed().len();
        if held >= self.config.max_claims || !self.claims.is_free(&self.transactions, self.read()) {
            return Ok(());
        }
        let now = self.board.now();
        let mut ready: Vec<_> = self
            .board
            .tasks()
            .filter(|task| *task.stage == Stage::Open && task.offer.expires_at > now)
            .filter(|task| self.jobs.get(&task.id).is_some_and(|job| job.prepared.is_some()))
            .map(|task| (task.id, U256::from(task.offer.gas_limit) * U256::from(task.offer.gas_price)))
            .collect();
        if ready.is_empty() {
            return Ok(());
        }
        // A claim locks a tenth of the price.
        let mut balance = U256::from(self.shop.market.account(self.account()).await?.balance);
        ready.retain(|(_, price)| {
            let bond = *price / U256::from(10);
            let affordable = bond <= balance;
            balance = if affordable { balance - bond } else { balance };
            affordable
        });
        ready.truncate(self.config.max_claims - held);
        if ready.is_empty() {
            tracing::warn!("the balance in the market is too small for the bond of a claim: deposit more");
            return Ok(());
        }
        let tasks: Vec<B256> = ready.into_iter().map(|(id, _)| id).collect();
        let data = claimTasksCall { taskIds: tasks.clone() }.abi_encode();
        match self.claims.send(&self.transactions, self.shop.market.address, &tasks, data).await? {
            Sent::Now => tracing::info!(tasks = tasks.len(), "claiming"),
            Sent::UnderWay => {}
            Sent::Refused(reason) => tracing::warn!(%reason, "the market refuses claims of this worker"),
        }
        Ok(())
    }

    /// Delivers results of tasks that this worker claimed.
    async fn deliver(&mut self) -> Result<(), ComputeError> {
        if !self.results.is_free(&self.transactions, self.read()) {
            return Ok(());
        }
        let now = self.board.now();
        let (mut tasks, mut results, mut bytes) = (Vec::new(), Vec::new(), 0);
        let most = if self.singly { 1 } else { MAX_RESULTS };
        for (until, id) in self.claimed() {
            if until < now || !self.has_record(id) {
                continue;
            }
            let Some(record) = self.records.get(&id) else { continue };
            let result = result(id, record)?;
            let size = result.zkProof.len() + 640;
            if results.len() == most || (!results.is_empty() && bytes + size > MAX_BATCH_BYTES) {
                break;
            }
            bytes += size;
            tasks.push(id);
            results.push(result);
        }
        if tasks.is_empty() {
            self.singly = false;
            return Ok(());
        }
        let data = submitComputeResultsCall { results }.abi_encode();
        match self.results.send(&self.transactions, self.shop.market.address, &tasks, data).await {
            Ok(Sent::Now) => tracing::info!(tasks = tasks.len(), bytes, "delivering results"),
            Ok(Sent::UnderWay) => {}
            Ok(Sent::Refused(reason)) => self.refused(&tasks, &reason.to_string())?,
            Err(ComputeError::Tx(TxError::Reverted(reason))) => self.refused(&tasks, &reason.to_string())?,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The market takes none of these results now.
    fn refused(&mut self, tasks: &[B256], reason: &str) -> Result<(), ComputeError> {
        if let [task] = tasks {
            tracing::error!(%task, reason, "the market refuses a result");
            self.jobs.entry(*task).or_default().refused_until = u64::MAX;
            let task = *task;
            return self.records.retain(|other| *other != task);
        }
        self.singly = true;
        Ok(())
    }

    /// Has results paid that nobody can challenge any more.
    async fn collect(&mut self) -> Result<(), ComputeError> {
        if !self.payments.is_free(&self.transactions, self.read()) {
            return Ok(());
        }
        let (own, now) = (self.account(), self.board.now());
        let due = self.board.tasks().filter(|task| match task.stage {
            Stage::Delivered(delivery) => delivery.worker == own && delivery.until <= now,
            _ => false,
        });
        let due: Vec<_> = due.map(|task| (task.id, task.challenges.is_empty())).take(MAX_FINALIZED).collect();
        let mut tasks = Vec::new();
        for (id, is_undisputed) in due {
            if is_undisputed || self.shop.market.final_at(id).await?.is_some_and(|until| until <= now) {
                tasks.push(id);
            }
        }
        if tasks.is_empty() {
            return Ok(());
        }
        let data = finalizeTasksCall { taskIds: tasks.clone() }.abi_encode();
        if self.payments.send(&self.transactions, self.shop.market.address, &tasks, data).await? == Sent::Now {
            tracing::info!(tasks = tasks.len(), "collecting payment");
        }
        Ok(())
    }
}

fn result(task: B256, record: &Record) -> Result<ComputeResult, ComputeError> {
    let proof = ResultProof {
        kind: EvidenceKind::Fault,
        input: record.input,
        evidence: record.trace.clone(),
        output: record.inline.clone(),
    };
    let proof = proof.encode().map_err(|error| ComputeError::Records(error.to_string()))?;
    Ok(ComputeResult {
        taskId: task,
        outputHash: record.output,
        zkProof: proof,
        gasUsed: U256::from(record.gas_used),
        ..Default::default()
    })
}
