//! The operator's process: a database on disk, a journal, and the roles.

use super::l2::{self, L2};
use super::world::{faulty, quick};
use super::{Died, Faults, Setup};
use jsonrpsee::Methods;
use lux_chain::{Block, Chain, Store};
use lux_l1::{Clock, MemoryJournal, TxManager, Wallet};
use lux_node::{Batcher, Deriver, Node, NodeError, Proposer, Rollup, Sequencer, Watcher};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// What a process is started with.
#[derive(Clone)]
struct Process {
    setup: Setup,
    methods: Methods,
    rollup: Rollup,
    clock: Clock,
    wallet: Wallet,
}

#[derive(Clone)]
struct Disk {
    folder: Arc<TempDir>,
    generation: u64,
}

impl Disk {
    fn path(&self) -> PathBuf {
        self.folder.path().join(format!("l2-{}.redb", self.generation))
    }
}

pub struct Operator {
    disk: Disk,
    process: Process,
    pub journal: MemoryJournal,
    pub faults: Faults,
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
        // Without a disk where there is such a folder: every block of a sequencer waits for the disk.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let disk = Disk { folder: Arc::new(folder.unwrap()), generation: 0 };
        let process = Process { setup: setup.clone(), methods: methods.clone(), rollup: rollup.clone(), clock, wallet };
        Self::open(disk, process, MemoryJournal::default()).await
    }

    async fn open(disk: Disk, process: Process, journal: MemoryJournal) -> Self {
        let Process { setup, methods, rollup, clock, wallet } = &process;
        let (faults, client) = faulty(methods);
        let store = Store::open(&disk.path()).unwrap();
        let config = l2::config(setup.l1_confirmations, setup.max_in_flight);
        let node = Node::open(store, client.clone(), rollup.clone(), config, clock.clone()).unwrap();
        let node = node.with_max_checkpoints(setup.max_checkpoints);
        let manager = TxManager::open(
            client,
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
            node,
            transactions,
            disk,
            process,
            journal,
        }
    }

    /// As after `kill -9`: what is on disk now is all that is left, besides the journal.
    pub async fn crash(&mut self) {
        let (old, mut disk) = (self.disk.path(), self.disk.clone());
        disk.generation += 1;
        std::fs::copy(&old, disk.path()).unwrap();
        *self = Self::open(disk, self.process.clone(), self.journal.clone()).await;
        std::fs::remove_file(old).unwrap();
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

fn ok(result: Result<bool, NodeError>, role: &str) -> bool {
    result.unwrap_or_else(|error| {
        assert!(error.is_temporary(), "{role}: {error}");
        false
    })
}
