//! Serves tasks: takes those that pay, computes them, delivers, and is paid.

use crate::board::{Board, Offer, Stage};
use crate::defence::Defence;
use crate::jobs::{Jobs, retry_seconds};
use crate::lane::Lane;
use crate::records::{Record, Records};
use crate::shop::{Prepared, Refusal, Shop};
use crate::{ComputeError, infer_program_id};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use lux_l1::{Sent, TxError, TxManager, TxRequest};
use lux_protocol::market::contract::IComputeMarket::{
    claimTasksCall, depositCall, finalizeTasksCall, stakeCall, submitComputeResultsCall,
};
use lux_protocol::market::contract::{ComputeResult, TaskStatus};
use lux_protocol::market::{EvidenceKind, ModelTerms, ResultProof};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

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
/// Between two looks at transactions of an earlier process.
const PAUSE: Duration = Duration::from_millis(250);

/// Fetches at a time.
const FETCHES: usize = 16;
/// Claims in one transaction.
const MAX_CLAIMED: usize = 200;
/// Results that are due sooner than this are delivered one by one: one that comes too late has the others refused.
const HURRY_SECONDS: u64 = 30;
/// Seconds on the machine for a FLOP, and for a run, until some were measured. A fast core takes a quarter.
const SECONDS_PER_FLOP: f64 = 1e-7;
const SECONDS_PER_RUN: f64 = 0.05;

/// What this worker knows about a task, besides the chain.
#[derive(Debug)]
struct Job {
    /// After a reorganisation the same id may stand for another task.
    offer: Offer,
    fetched: bool,
    prepared: Option<Prepared>,
    busy: bool,
    /// Left to others until then.
    refused_until: u64,
    failures: u32,
}

impl Job {
    const fn new(offer: Offer) -> Self {
        Self { offer, fetched: false, prepared: None, busy: false, refused_until: 0, failures: 0 }
    }

    /// Whether it can be claimed.
    const fn is_ready(&self) -> bool {
        self.prepared.is_some()
    }
}

enum Done {
    Prepared(Result<Prepared, Refusal>),
    Recorded { record: Record, seconds: f64 },
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
    fetches: Jobs<Result<(), Refusal>>,
    runs: Jobs<Done>,
    claims: Lane,
    results: Lane,
    payments: Lane,
    seconds_per_flop: f64,
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
            tracing::warn!(market = %market.address, "the market takes no tasks of this version's inference program now");
        }
        let first = market.first_relevant_block().await?;
        let shop = Arc::new(shop);
        Ok(Self {
            board: Board::new(&market, first),
            defence: Defence::new(shop.clone(), transactions.clone(), first),
            shop,
            transactions,
            records,
            jobs: BTreeMap::new(),
            fetches: Jobs::new(FETCHES),
            runs: Jobs::new(config.parallel),
            claims: Lane::new("claim"),
            results: Lane::new("result"),
            payments: Lane::new("pay"),
            seconds_per_flop: SECONDS_PER_FLOP,
            singly: false,
            config,
        })
    }

    fn account(&self) -> Address {
        self.transactions.address()
    }

    /// Stakes what is missing, and has at least `balance` for the bonds of claims in the market.
    pub async fn join(&self, balance: U256) -> Result<(), ComputeError> {
        let market = &self.shop.market;
        let ids = ["stake", "deposit"].map(|what| format!("{what}/{}", market.address));
        // What an earlier process sent counts first.
        while ids.iter().any(|id| self.transactions.is_under_way(id)) {
            self.transactions.step().await?;
            tokio::time::sleep(PAUSE).await;
        }
        let (account, params) = (market.account(self.account()).await?, market.params().await?);
        if account.isSlashed {
            return Err(ComputeError::Config(format!(
                "{} was slashed for a false result and can never work again; take another key",
                self.account()
            )));
        }
        let [stake, deposit] = ids;
        let missing = U256::from(params.minStake).saturating_sub(U256::from(account.stake));
        self.pay(stake, missing, stakeCall {}.abi_encode()).await?;
        let missing = balance.saturating_sub(U256::from(account.balance));
        self.pay(deposit, missing, depositCall { account: self.account() }.abi_encode()).await
    }

    async fn pay(&self, id: String, value: U256, data: Vec<u8>) -> Result<(), ComputeError> {
        if value.is_zero() {
            return Ok(());
        }
        let id = self.transactions.unused_id(id).await?;
        tracing::info!(id, %value, "paying into the market");
        let request = TxRequest { value, ..TxRequest::call(id, self.shop.market.address, data) };
        self.transactions.send(request).await?;
        Ok(())
    }

    /// Does all that is due now. One part that fails keeps no other from its work; the worst error is returned.
    pub async fn step(&mut self) -> Result<(), ComputeError> {
        let mut errors = Vec::new();
        errors.extend(self.transactions.step().await.err().map(ComputeError::from));
        self.board.poll().await?;
        self.forget()?;
        while let Some((id, fetched)) = self.fetches.try_next() {
            self.fetched(id, fetched);
        }
        while let Some((id, done)) = self.runs.try_next() {
            self.finish(id, done)?;
        }
        errors.extend(self.defence.step(&self.board).await.err());
        self.compute();
        errors.extend(self.deliver().await.err());
        errors.extend(self.collect().await.err());
        errors.extend(self.claim().await.err());
        let worst = errors.iter().position(|error| !error.is_temporary()).unwrap_or(0);
        if errors.is_empty() { Ok(()) } else { Err(errors.swap_remove(worst)) }
    }

    /// Whether anything goes on in the background; [`Worker::run_ends`] waits for it.
    pub fn is_computing(&self) -> bool {
        !self.runs.is_empty() || !self.fetches.is_empty()
    }

    /// Waits for the end of a run or of a fetch, for ever when there is none.
    pub async fn run_ends(&mut self) -> Result<(), ComputeError> {
        tokio::select! {
            (id, fetched) = self.fetches.next() => {
                self.fetched(id, fetched);
                Ok(())
            }
            (id, done) = self.runs.next() => self.finish(id, done),
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

    /// Starts fetches and runs: what is claimed first, then what pays best.
    fn compute(&mut self) {
        let now = self.board.now();
        for (until, id) in self.claimed() {
            if until >= now && !self.has_record(id) {
                self.start(id, true);
            }
        }
        let open = self.board.tasks().filter(|task| *task.stage == Stage::Open && task.offer.expires_at > now);
        let mut open: Vec<_> = open
            .filter(|task| self.takes(task.offer) && !self.is_settled(task.id, task.offer, now))
            .map(|task| (Reverse(price(task.offer)), task.id))
            .collect();
        open.sort_unstable();
        // Not more than can be claimed soon: the rest is for others, or later.
        let room = (2 * self.config.max_claims).saturating_sub(self.jobs.values().filter(|job| job.is_ready()).count());
        for (_, id) in open.into_iter().take(room) {
            self.start(id, false);
        }
    }

    /// Whether there is nothing to start for an open task now.
    fn is_settled(&self, id: B256, offer: &Offer, now: u64) -> bool {
        let job = self.jobs.get(&id).filter(|job| job.offer == *offer);
        job.is_some_and(|job| job.busy || job.is_ready() || job.refused_until > now)
    }

    fn has_record(&self, id: B256) -> bool {
        let Some(task) = self.board.task(id) else { return false };
        self.records.get(&id).is_some_and(|record| record.input == task.offer.claim_input())
    }

    fn start(&mut self, id: B256, is_claimed: bool) {
        let Some(offer) = self.board.task(id).map(|task| task.offer.clone()) else { return };
        let job = self.jobs.entry(id).or_insert_with(|| Job::new(offer.clone()));
        if job.offer != offer && !job.busy {
            *job = Job::new(offer.clone());
        }
        if job.busy || job.refused_until > self.board.now() {
            return;
        }
        let (shop, max_flops) = (self.shop.clone(), self.config.max_flops);
        if !job.fetched {
            if self.fetches.has_room() {
                job.busy = true;
                self.fetches.start(id, async move { shop.fetch(&offer, Some(max_flops)).await });
            }
            return;
        }
        if !self.runs.has_room() {
            return;
        }
        job.busy = true;
        let prepared = job.prepared.clone().filter(|_| is_claimed);
        self.runs.start(id, async move {
            match prepared {
                Some(prepared) => {
                    let (record, seconds) = shop.record(&offer, &prepared).await?;
                    Ok(Done::Recorded { record, seconds })
                }
                // After a restart, claimed tasks come here too.
                None => Ok(Done::Prepared(shop.prepare(&offer, max_flops).await?)),
            }
        });
    }

    fn fetched(&mut self, id: B256, fetched: Result<Result<(), Refusal>, ComputeError>) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.busy = false;
        match fetched {
            Ok(Ok(())) => job.fetched = true,
            Ok(Err(refusal)) => self.refuse(id, refusal),
            Err(error) => self.failed(id, &error),
        }
    }

    fn refuse(&mut self, id: B256, refusal: Refusal) {
        let now = self.board.now();
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if refusal.may_pass() {
            job.refused_until = now + retry_seconds(job.failures);
            job.failures += 1;
            // What was fetched may be gone.
            job.fetched = false;
            tracing::debug!(task = %id, reason = %refusal, "a task waits for its data");
        } else {
            job.refused_until = u64::MAX;
            tracing::info!(task = %id, reason = %refusal, "a task is left to others");
        }
    }

    fn failed(&mut self, id: B256, error: &ComputeError) {
        let now = self.board.now();
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if error.is_temporary() {
            job.refused_until = now + retry_seconds(job.failures);
            job.failures += 1;
            job.fetched = false;
            tracing::warn!(task = %id, %error, "a task could not be computed; trying again");
        } else {
            job.refused_until = u64::MAX;
            tracing::error!(task = %id, %error, "a task cannot be computed");
        }
    }

    fn finish(&mut self, id: B256, done: Result<Done, ComputeError>) -> Result<(), ComputeError> {
        let Some(job) = self.jobs.get_mut(&id) else { return Ok(()) };
        job.busy = false;
        match done {
            Ok(Done::Prepared(Ok(prepared))) => job.prepared = Some(prepared),
            Ok(Done::Prepared(Err(refusal))) => self.refuse(id, refusal),
            Ok(Done::Recorded { record, seconds }) => {
                let flops = job.prepared.as_ref().map_or(0, |prepared| prepared.flops);
                tracing::info!(task = %id, output = %record.output, seconds, "computed");
                self.measure(flops, seconds);
                return self.records.put(id, record);
            }
            Err(error) => self.failed(id, &error),
        }
        Ok(())
    }

    /// Learns from runs that are long enough to tell.
    fn measure(&mut self, flops: u64, seconds: f64) {
        if seconds > 2.0 * SECONDS_PER_RUN && flops > 0 {
            self.seconds_per_flop = (self.seconds_per_flop + seconds / flops as f64) / 2.0;
        }
    }

    /// How long the trace of a task takes.
    fn seconds(&self, id: &B256) -> f64 {
        let prepared = self.jobs.get(id).and_then(|job| job.prepared.as_ref());
        prepared.map_or(0.0, |prepared| SECONDS_PER_RUN + prepared.flops as f64 * self.seconds_per_flop)
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
            .filter(|task| self.jobs.get(&task.id).is_some_and(|job| job.is_ready() && job.offer == *task.offer))
            .map(|task| (Reverse(price(task.offer)), task.id))
            .collect();
        if ready.is_empty() {
            return Ok(());
        }
        ready.sort_unstable();
        let market = &self.shop.market;
        // What is claimed has to be traced in half of the window. A claim locks a tenth of the price.
        let window = f64::from(market.params().await?.claimWindow) / 2.0 * self.config.parallel as f64;
        let mut seconds: f64 = self.claimed().iter().map(|(_, id)| self.seconds(id)).sum();
        let mut balance = U256::from(market.account(self.account()).await?.balance);
        let mut is_poor = false;
        ready.retain(|(Reverse(price), id)| {
            let (bond, more) = (*price / U256::from(10), self.seconds(id));
            is_poor |= bond > balance;
            if bond > balance || seconds + more > window {
                return false;
            }
            (balance, seconds) = (balance - bond, seconds + more);
            true
        });
        ready.truncate((self.config.max_claims - held).min(MAX_CLAIMED));
        if ready.is_empty() {
            if is_poor {
                tracing::warn!("the balance in the market is too small for the bond of a claim: deposit more");
            }
            return Ok(());
        }
        let tasks: Vec<B256> = ready.into_iter().map(|(_, id)| id).collect();
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
        let due: Vec<_> = self
            .claimed()
            .into_iter()
            .filter(|(until, id)| *until >= now && self.has_record(*id) && !self.waits(id))
            .collect();
        let hurries = due.first().is_some_and(|(until, _)| *until < now + HURRY_SECONDS);
        let most = if self.singly || hurries { 1 } else { MAX_RESULTS };
        for (_, id) in due {
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
            Ok(Sent::Refused(reason)) => self.refused(&tasks, &reason.to_string()).await?,
            Err(ComputeError::Tx(TxError::Reverted(reason))) => self.refused(&tasks, &reason.to_string()).await?,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Whether a result was refused lately.
    fn waits(&self, id: &B256) -> bool {
        self.jobs.get(id).is_some_and(|job| job.refused_until > self.board.now())
    }

    /// The market takes none of these results now. What it says of a single one is believed only if the task is another's:
    /// endpoints lag.
    async fn refused(&mut self, tasks: &[B256], reason: &str) -> Result<(), ComputeError> {
        let [id] = tasks else {
            self.singly = true;
            return Ok(());
        };
        let task = self.shop.market.task(*id).await?;
        let is_ours = task.progress.status == TaskStatus::Claimed && task.progress.worker == self.account();
        tracing::error!(task = %id, reason, is_ours, "the market refuses a result");
        let now = self.board.now();
        if let Some(offer) = self.board.task(*id).map(|task| task.offer.clone()) {
            let job = self.jobs.entry(*id).or_insert_with(|| Job::new(offer));
            job.refused_until = if is_ours { now + retry_seconds(0) } else { u64::MAX };
        }
        if is_ours { Ok(()) } else { self.records.retain(|other| other != id) }
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

/// What a task pays at most.
fn price(offer: &Offer) -> U256 {
    U256::from(offer.gas_limit) * U256::from(offer.gas_price)
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
