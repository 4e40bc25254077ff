//! The operator's process: a database on disk, a journal, and the roles.

use super::l2::{self, L2};
use super::world::{faulty, quick};
use super::{Died, Faults, Setup};
use jsonrpsee::Methods;
use lux_chain::{Block, Chain, Store};
use lux_l1::{Clock, L1Client, MemoryJournal, TxManager, Wallet};
use lux_node::{Batcher, Deriver, Node, NodeError, Proposer, Rollup, Sequencer, Watcher};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

pub struct Operator {
    folder: TempDir,
    generation: u64,
    setup: Setup,
    methods: Methods,
    rollup: Rollup,
    clock: Clock,
    wallet: Wallet,
    pub journal: MemoryJournal,
    pub faults: Faults,
    pub client: L1Client,
    pub l2: L2,
    pub node: Node,
    pub transactions: Arc<TxManager>,
    pub deriver: Deriver,
    pub sequencer: Sequencer,
    pub batcher: Batcher,
    pub proposer: Proposer,
    pub watcher: Watcher,
}

impl Deref for Operator {
    type Target = L2;

    fn deref(&self) -> &L2 {
        &self.l2
    }
}

impl Operator {
    pub async fn new(setup: &Setup, methods: &Methods, rollup: &Rollup, clock: Clock, wallet: Wallet) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::open(folder, 0, setup.clone(), methods.clone(), rollup.clone(), clock, wallet, MemoryJournal::default()).await
    }

    #[allow(clippy::too_many_arguments)]
    async fn open(
        folder: TempDir,
        generation: u64,
        setup: Setup,
        methods: Methods,
        rollup: Rollup,
        clock: Clock,
        wallet: Wallet,
        journal: MemoryJournal,
    ) -> Self {
        let (faults, client) = faulty(&methods);
        let store = Store::open(&path(&folder, generation)).unwrap();
        let config = l2::config(setup.l1_confirmations, setup.max_in_flight);
        let node = Node::open(store, client.clone(), rollup.clone(), config, clock.clone()).unwrap();
        let manager = TxManager::open(
            client.clone(),
            wallet.clone(),
            Arc::new(journal.clone()),
            quick(setup.tx_confirmations),
            clock.clone(),
        );
        let transactions = Arc::new(manager.await.unwrap());
        Self {
            l2: L2::new(node.chain.clone()),
            deriver: node.deriver().unwrap(),
            sequencer: node.sequencer(),
            batcher: node.batcher(transactions.clone(), wallet.clone()),
            proposer: node.proposer(transactions.clone()),
            watcher: Watcher::new(&node.chain),
            faults,
            client,
            node,
            transactions,
            folder,
            generation,
            setup,
            methods,
            rollup,
            clock,
            wallet,
            journal,
        }
    }

    /// As after `kill -9`: what is on disk now is all that is left, besides the journal.
    pub async fn crash(self) -> Self {
        let generation = self.generation + 1;
        std::fs::copy(path(&self.folder, self.generation), path(&self.folder, generation)).unwrap();
        let stale = path(&self.folder, self.generation);
        let Self { folder, setup, methods, rollup, clock, wallet, journal, .. } = self;
        std::fs::remove_file(stale).unwrap();
        Self::open(folder, generation, setup, methods, rollup, clock, wallet, journal).await
    }

    pub fn chain(&self) -> &Chain {
        &self.l2.chain
    }

    pub fn head(&self) -> u64 {
        self.l2.chain.head().number()
    }

    pub fn position(&self) -> u64 {
        self.deriver.position().unwrap_or_default()
    }

    pub async fn sync(&mut self) {
        l2::sync(&mut self.deriver).await;
    }

    pub fn build(&self) -> Arc<Block> {
        self.sequencer.step(self.position()).unwrap()
    }

    /// One step of the batcher; whether it submitted. Temporary failures are as good as nothing.
    pub async fn batch(&mut self) -> bool {
        let position = self.position();
        ok(self.batcher.step(position).await, "batcher")
    }

    pub async fn propose(&mut self) -> bool {
        ok(self.proposer.step().await, "proposer")
    }

    /// One step of the batcher that may die.
    pub async fn try_batch(&mut self) -> Result<bool, Died> {
        let position = self.position();
        let result = self.faults.run(self.batcher.step(position)).await?;
        Ok(ok(result, "batcher"))
    }

    /// One step of the proposer that may die.
    pub async fn try_propose(&mut self) -> Result<bool, Died> {
        let result = self.faults.run(self.proposer.step()).await?;
        Ok(ok(result, "proposer"))
    }

    /// One step of the deriver that may die.
    pub async fn try_derive(&mut self) -> Result<bool, Died> {
        match self.faults.run(self.deriver.step()).await? {
            Ok(progress) => Ok(progress),
            Err(error) => {
                assert!(error.is_temporary(), "deriver: {error}");
                Ok(true)
            }
        }
    }
}

fn path(folder: &TempDir, generation: u64) -> PathBuf {
    folder.path().join(format!("l2-{generation}.redb"))
}

fn ok(result: Result<bool, NodeError>, role: &str) -> bool {
    result.unwrap_or_else(|error| {
        assert!(error.is_temporary(), "{role}: {error}");
        false
    })
}
