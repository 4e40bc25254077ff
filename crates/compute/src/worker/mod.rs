//! Serves tasks: takes those that pay, computes them, delivers, and is paid.

mod batch;
mod market;
mod signed;
mod work;

use crate::board::{Board, Offer, Stage};
use crate::defence::Defence;
use crate::enclaves::Enclaves;
use crate::jobs::Jobs;
use crate::lane::Lane;
use crate::records::Records;
use crate::shop::{Bounds, Prepared, Recorded, Refusal, Shop};
use crate::{ComputeError, Costs, Role, infer_program_id};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use lux_l1::{TxManager, TxRequest, Wallet};
use lux_protocol::market::ModelTerms;
use lux_protocol::market::contract::IComputeMarket::{claimTasksCall, depositCall, stakeCall};
use lux_protocol::market::contract::TaskStatus;
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
    /// Take tasks that pay less than the gas of serving them costs.
    pub allow_loss: bool,
    /// Of enclaves, by which it signs results for models that ask for that.
    pub enclave_keys: Vec<Wallet>,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            models: BTreeSet::new(),
            min_gas_price: 1,
            max_flops: 1 << 34,
            max_claims: 64,
            parallel: 1,
            allow_loss: false,
            enclave_keys: Vec::new(),
        }
    }
}

/// Bytes of the results in one transaction: L2 nodes and L1s take transactions of 128 KB.
pub const MAX_BATCH_BYTES: usize = 100_000;
/// Results in one transaction.
pub const MAX_RESULTS: usize = 50;
/// Tasks that are paid for in one transaction.
pub const MAX_FINALIZED: usize = 200;
/// Between two looks at transactions of an earlier process.
const PAUSE: Duration = Duration::from_millis(250);

/// Fetches at a time.
const FETCHES: usize = 16;
/// Claims in one transaction.
pub const MAX_CLAIMED: usize = 200;
/// Results that are due sooner than this are delivered one by one: one that comes too late has the others refused.
const HURRY_SECONDS: u64 = 30;
/// Seconds on the machine for a FLOP, and for a run, until some were measured. A fast core takes a quarter.
const SECONDS_PER_FLOP: f64 = 1e-7;
const SECONDS_PER_RUN: f64 = 0.05;
/// From so many on, a run tells how long FLOPs take: a large table with an index has next to none.
const TELLING_FLOPS: u64 = 1_000_000;

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
    Recorded(Recorded),
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
    /// Tasks of the last of them, until it is mined.
    claiming: BTreeSet<B256>,
    results: Lane,
    payments: Lane,
    seconds_per_flop: f64,
    /// As of a block.
    costs: Option<(B256, Costs)>,
    /// Said already that some tasks do not pay.
    told_of_loss: bool,
    /// Ready tasks that wait until others pay for the transactions with them, when that was said.
    waiting_for_more: usize,
    /// Payments that wait until they are worth their gas, when that was said.
    waiting_for_payment: usize,
    /// Results of this worker about tasks from before the blocks that are read; `None` until the chain was asked.
    earlier: Option<BTreeSet<B256>>,
    /// Some result was refused: one at a time shows which.
    singly: bool,
    enclaves: Enclaves,
}

impl Role for Worker {
    /// One part that fails keeps no other from its work; the worst error is returned.
    async fn step(&mut self) -> Result<(), ComputeError> {
        let mut errors = Vec::new();
        errors.extend(self.transactions.step().await.err().map(ComputeError::from));
        self.board.poll().await?;
        self.find_earlier().await?;
        self.forget()?;
        errors.extend(self.read_costs().await.err());
        while let Some((id, fetched)) = self.fetches.try_next() {
            self.fetched(id, fetched);
        }
        while let Some((id, done)) = self.runs.try_next() {
            self.finish(id, done)?;
        }
        self.keep().await;
        errors.extend(self.defence.step(&self.board).await.err());
        self.compute();
        errors.extend(self.deliver().await.err());
        errors.extend(self.collect().await.err());
        errors.extend(self.claim().await.err());
        let worst = errors.iter().position(|error| !error.is_temporary()).unwrap_or(0);
        if errors.is_empty() { Ok(()) } else { Err(errors.swap_remove(worst)) }
    }

    fn is_computing(&self) -> bool {
        !self.runs.is_empty() || !self.fetches.is_empty() || self.defence.is_computing()
    }

    async fn run_ends(&mut self) -> Result<(), ComputeError> {
        tokio::select! {
            (id, fetched) = self.fetches.next() => self.fetched(id, fetched),
            (id, done) = self.runs.next() => self.finish(id, done)?,
            () = self.defence.run_ends() => {}
        }
        self.compute();
        Ok(())
    }
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
        let shop = Arc::new(shop.opened_by(&config.enclave_keys));
        let [claims, results, payments] = ["claim", "result", "pay"].map(|kind| Lane::resume(kind, &transactions));
        // What an earlier process was claiming is to be served like what it had claimed.
        let claiming = claims.calls(&transactions);
        let claiming = claiming.iter().filter_map(|data| claimTasksCall::abi_decode(data).ok());
        let claiming = claiming.flat_map(|call| call.taskIds).collect();
        Ok(Self {
            board: Board::new(&market, first),
            defence: Defence::new(shop.clone(), transactions.clone(), first),
            shop,
            transactions,
            records,
            jobs: BTreeMap::new(),
            fetches: Jobs::new(FETCHES),
            runs: Jobs::new(config.parallel),
            claims,
            claiming,
            results,
            payments,
            seconds_per_flop: SECONDS_PER_FLOP,
            costs: None,
            told_of_loss: false,
            waiting_for_more: 0,
            waiting_for_payment: 0,
            earlier: None,
            singly: false,
            enclaves: Enclaves::new(config.enclave_keys.clone()),
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

    /// A process that was down for very long reads no events of what it delivered before. The records say what to ask for.
    async fn find_earlier(&mut self) -> Result<(), ComputeError> {
        if self.earlier.is_some() || self.board.head().is_none() {
            return Ok(());
        }
        let mut earlier = BTreeSet::new();
        for id in self.records.tasks().filter(|id| self.board.task(**id).is_none()) {
            let progress = self.shop.market.task(*id).await?.progress;
            if progress.status == TaskStatus::Submitted && progress.worker == self.account() {
                earlier.insert(*id);
            }
        }
        if !earlier.is_empty() {
            tracing::info!(tasks = earlier.len(), "results of long ago are not paid yet");
        }
        self.earlier = Some(earlier);
        Ok(())
    }

    /// Forgets tasks that are over.
    fn forget(&mut self) -> Result<(), ComputeError> {
        let Some(earlier) = self.earlier.as_ref().filter(|_| self.board.head().is_some()) else { return Ok(()) };
        let board = &self.board;
        self.jobs.retain(|task, _| board.task(*task).is_some());
        self.records.retain(|task| board.task(*task).is_some() || earlier.contains(task))
    }

    /// What gas costs as of the newest block.
    async fn read_costs(&mut self) -> Result<(), ComputeError> {
        let Some(head) = self.board.head().filter(|_| !self.config.allow_loss) else { return Ok(()) };
        let known = self.costs.as_ref();
        if known.is_none_or(|(block, _)| *block != head.hash) {
            let costs = Costs::read(&self.shop.market).await?;
            self.costs = Some((head.hash, costs));
        }
        Ok(())
    }

    /// Why a task waits; once for everybody to see, because such a worker may never do anything.
    fn tell_of_loss(&mut self, task: B256, reason: &str) {
        if std::mem::replace(&mut self.told_of_loss, true) {
            tracing::info!(%task, reason, "a task does not pay now");
        } else {
            tracing::warn!(%task, reason, "a task does not pay now; further ones are said at the level info (-v)");
        }
    }

    fn bounds(&self) -> Bounds {
        Bounds { max_flops: self.config.max_flops, costs: self.costs.as_ref().map(|(_, costs)| *costs) }
    }

    /// Keeps the data of what is claimed or delivered. Those of other tasks may go for them.
    async fn keep(&self) {
        let own = self.account();
        let tasks = self.board.tasks().filter(|task| match task.stage {
            Stage::Claimed { worker, .. } => *worker == own,
            Stage::Delivered(delivery) => delivery.worker == own,
            Stage::Open | Stage::Over => self.claiming.contains(&task.id),
        });
        let (mut models, mut blobs) = (BTreeSet::new(), Vec::new());
        for task in tasks {
            models.insert(task.offer.model);
            blobs.push(task.offer.input.commitment);
            blobs.extend(self.records.get(&task.id).map(|record| record.output));
        }
        self.shop.library.keep(&models, blobs).await;
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
        let proves = offer.flags & ModelTerms::FAULT != 0
            || (offer.flags & ModelTerms::ATTESTATION != 0 && !self.enclaves.is_empty());
        known && proves && offer.gas_price >= self.config.min_gas_price
    }
}

/// What a task pays at most.
fn price(offer: &Offer) -> U256 {
    U256::from(offer.gas_limit) * U256::from(offer.gas_price)
}
