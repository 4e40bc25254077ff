//! The roles as tasks of one process.

use crate::attester::Attester;
use crate::audits::Audits;
use crate::{
    Batcher, BatcherConfig, Challenger, Deriver, Disputes, Ledger, NodeError, Proposer, Prover, QuoteWatcher, Relayer,
    Rollup, Sequencer, SequencerConfig, Watcher, deployed_genesis,
};
use lux_chain::pool::{Pool, PoolConfig};
use lux_chain::{Chain, Store};
use lux_l1::{Clock, L1Client, TxManager, Wallet};
use lux_protocol::constants::MAX_CHECKPOINTS;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

/// What a node does besides following L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Sequencer,
    Batcher,
    Proposer,
    Watcher,
    Relayer,
    /// Has enclaves sign claims that it ran itself.
    Attester,
}

/// Settings of a node.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    pub roles: Vec<Role>,
    pub sequencer: SequencerConfig,
    pub batcher: BatcherConfig,
    /// Whether a watcher runs batches to see that claimed traces are right too.
    pub audit_traces: bool,
    /// Keys of enclaves, with which an attester signs.
    pub enclave_keys: Vec<Wallet>,
    /// How often L1 is asked for news.
    pub poll_interval: Duration,
}

/// A node: the chain and what its roles share.
pub struct Node {
    pub chain: Arc<Chain>,
    pub rollup: Arc<Rollup>,
    pub l1: L1Client,
    /// Last L1 block processed.
    pub l1_position: Arc<AtomicU64>,
    config: NodeConfig,
    clock: Clock,
    max_checkpoints: usize,
}

/// Pause after a failure that may pass by itself.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

impl Node {
    /// Opens the L2 of `rollup` in `store`.
    pub fn open(
        store: Store,
        l1: L1Client,
        rollup: Rollup,
        config: NodeConfig,
        clock: Clock,
    ) -> Result<Self, NodeError> {
        let genesis = deployed_genesis(&rollup.params)?;
        let pool = PoolConfig {
            max_tx_bytes: crate::MAX_BLOCK_TRANSACTION_BYTES,
            min_base_fee: rollup.params.minBaseFee,
            ..PoolConfig::new(genesis.rules.chain_id, genesis.rules.gas_limit)
        };
        let pool = Pool::new(pool, genesis.base_fee);
        let chain = Arc::new(Chain::open(store, &genesis, pool)?);
        let (rollup, l1_position) = (Arc::new(rollup), Arc::default());
        Ok(Self { chain, rollup, l1, l1_position, config, clock, max_checkpoints: MAX_CHECKPOINTS })
    }

    /// Claims of this node get at most so many checkpoints, [`MAX_CHECKPOINTS`] without this.
    pub fn with_max_checkpoints(self, max_checkpoints: usize) -> Self {
        Self { max_checkpoints, ..self }
    }

    pub fn deriver(&self) -> Result<Deriver, NodeError> {
        Deriver::open(self.chain.clone(), self.l1.clone(), self.rollup.clone())
    }

    pub fn sequencer(&self) -> Sequencer {
        Sequencer::new(self.chain.clone(), self.config.sequencer.clone(), self.clock.clone())
    }

    pub fn batcher(&self, transactions: Arc<TxManager>, wallet: Wallet) -> Batcher {
        let (chain, rollup) = (self.chain.clone(), self.rollup.clone());
        Batcher::new(chain, rollup, transactions, wallet, self.config.batcher.clone(), self.clock.clone())
    }

    pub fn proposer(&self, transactions: Arc<TxManager>) -> Proposer {
        Proposer::new(self.prover(), &self.chain, self.rollup.clone(), transactions)
    }

    /// `None` where nothing disproves claims.
    pub fn challenger(&self, transactions: Arc<TxManager>) -> Option<Challenger> {
        self.rollup.program?;
        Some(Challenger::new(self.prover(), self.rollup.clone(), transactions))
    }

    /// What a watcher does; it challenges if it can send.
    pub fn disputes(&self, transactions: Option<Arc<TxManager>>) -> Disputes {
        let (ledger, watcher) = (Ledger::new(self.chain.store().clone()), Watcher::new(&self.chain));
        let challenger = transactions.and_then(|transactions| self.challenger(transactions));
        let is_audited = self.config.audit_traces && self.rollup.program.is_some();
        let audits = is_audited.then(|| {
            let own = challenger.as_ref().map(Challenger::account);
            Audits::new(ledger.clone(), self.prover(), self.rollup.clone(), self.l1.clone(), own)
        });
        Disputes::new(ledger, watcher, audits, challenger)
    }

    pub fn prover(&self) -> Prover {
        Prover::new(self.chain.clone(), self.l1.clone(), self.rollup.clone()).with_max_checkpoints(self.max_checkpoints)
    }

    pub fn relayer(&self, transactions: Arc<TxManager>) -> Relayer {
        Relayer::new(self.chain.clone(), self.rollup.clone(), transactions)
    }

    pub fn attester(&self, transactions: Arc<TxManager>) -> Attester {
        let keys = self.config.enclave_keys.clone();
        Attester::new(self.prover().patient(), &self.chain, self.rollup.clone(), transactions, keys)
    }

    fn has(&self, role: Role) -> bool {
        self.config.roles.contains(&role)
    }

    /// Runs the roles until one fails for good. `keys` signs for the roles that send to L1; they share one manager, so
    /// that their nonces do not collide.
    pub async fn run(&self, keys: Option<(Arc<TxManager>, Wallet)>) -> Result<(), NodeError> {
        let mut tasks: JoinSet<Result<(), NodeError>> = JoinSet::new();
        let poll = self.config.poll_interval;
        let mut deriver = self.deriver()?;
        let position = self.l1_position.clone();
        position.store(deriver.position().unwrap_or_default(), Ordering::Relaxed);
        if self.has(Role::Sequencer) {
            // A sequencer must not build before it has read what L1 already holds: its blocks would be replaced.
            while retry("deriver", deriver.step()).await? {
                position.store(deriver.position().unwrap_or_default(), Ordering::Relaxed);
            }
        }
        tasks.spawn(async move {
            loop {
                let progressed = retry("deriver", deriver.step()).await?;
                position.store(deriver.position().unwrap_or_default(), Ordering::Relaxed);
                if !progressed {
                    tokio::time::sleep(poll).await;
                }
            }
        });
        if self.has(Role::Sequencer) {
            tasks.spawn(run_sequencer(self.sequencer(), self.l1_position.clone(), self.config.sequencer.block_time));
        }
        if self.has(Role::Watcher) {
            let transactions = keys.as_ref().map(|(transactions, _)| transactions.clone());
            if let (Some(transactions), Some(_)) = (transactions.clone(), self.rollup.program) {
                let mut quotes = QuoteWatcher::new(self.rollup.clone(), transactions);
                tasks.spawn(async move {
                    loop {
                        retry("watcher of attestations", async { quotes.step().await.map(|()| true) }).await?;
                        tokio::time::sleep(poll).await;
                    }
                });
            }
            tasks.spawn(run_watcher(self.disputes(transactions), poll));
        }
        let needs_key =
            [Role::Batcher, Role::Proposer, Role::Relayer, Role::Attester].into_iter().find(|role| self.has(*role));
        match (keys, needs_key) {
            (None, Some(role)) => {
                return Err(NodeError::Config(format!("the role {role:?} sends L1 transactions and needs a key")));
            }
            (Some((transactions, wallet)), _) => self.spawn_senders(&mut tasks, transactions, wallet, poll),
            (None, None) => {}
        }
        match tasks.join_next().await {
            Some(Ok(result)) => result,
            Some(Err(error)) => Err(NodeError::Config(format!("a role stopped: {error}"))),
            None => Ok(()),
        }
    }

    fn spawn_senders(
        &self,
        tasks: &mut JoinSet<Result<(), NodeError>>,
        transactions: Arc<TxManager>,
        wallet: Wallet,
        poll: Duration,
    ) {
        if self.has(Role::Batcher) {
            let mut batcher = self.batcher(transactions.clone(), wallet);
            let position = self.l1_position.clone();
            tasks.spawn(async move {
                loop {
                    if !retry("batcher", batcher.step(position.load(Ordering::Relaxed))).await? {
                        tokio::time::sleep(poll).await;
                    }
                }
            });
        }
        if self.has(Role::Proposer) {
            let mut proposer = self.proposer(transactions.clone());
            tasks.spawn(async move {
                loop {
                    if !retry("proposer", proposer.step()).await? {
                        tokio::time::sleep(poll).await;
                    }
                }
            });
        }
        if self.has(Role::Attester) {
            let mut attester = self.attester(transactions.clone());
            tasks.spawn(async move {
                loop {
                    if !retry("attester", attester.step()).await? {
                        tokio::time::sleep(poll).await;
                    }
                }
            });
        }
        if self.has(Role::Relayer) {
            let relayer = self.relayer(transactions);
            tasks.spawn(async move {
                loop {
                    if !retry("relayer", relayer.step()).await? {
                        tokio::time::sleep(poll).await;
                    }
                }
            });
        }
    }
}

/// One step of a role: what may pass by itself is logged and waited out, `false` then; the rest ends the node.
async fn retry(role: &'static str, step: impl Future<Output = Result<bool, NodeError>>) -> Result<bool, NodeError> {
    match step.await {
        Ok(progressed) => Ok(progressed),
        Err(error) if error.is_temporary() => {
            tracing::warn!(role, %error, "step failed; trying again");
            tokio::time::sleep(RETRY_PAUSE).await;
            Ok(false)
        }
        Err(error) => {
            tracing::error!(role, %error, "role stopped");
            Err(error)
        }
    }
}

/// How often the pool is looked at between blocks.
const POOL_CHECK: Duration = Duration::from_millis(25);

async fn run_sequencer(sequencer: Sequencer, position: Arc<AtomicU64>, block_time: Duration) -> Result<(), NodeError> {
    let sequencer = Arc::new(sequencer);
    let mut ticks = tokio::time::interval(block_time);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // After a block that took nothing from a full pool (nobody there pays the base fee), only time brings the next.
    let mut may_be_early = true;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = pool_fills_a_block(&sequencer), if may_be_early => {}
        }
        let (builder, l1) = (sequencer.clone(), position.load(Ordering::Relaxed));
        let built = tokio::task::spawn_blocking(move || builder.step(l1)).await;
        let block = built.map_err(|error| NodeError::Config(format!("block builder stopped: {error}")))??;
        may_be_early = !block.transactions.is_empty();
        if may_be_early {
            tracing::info!(number = block.number(), transactions = block.transactions.len(), "block");
        }
    }
}

async fn pool_fills_a_block(sequencer: &Sequencer) {
    while !sequencer.pool_fills_a_block() {
        tokio::time::sleep(POOL_CHECK).await;
    }
}

async fn run_watcher(mut disputes: Disputes, poll: Duration) -> Result<(), NodeError> {
    loop {
        retry("watcher", async { disputes.step().await.map(|()| true) }).await?;
        tokio::select! {
            () = tokio::time::sleep(poll) => {}
            () = disputes.run_ends() => {}
        }
    }
}
