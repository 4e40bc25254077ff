//! The board of one job on a chain, for one account.

use crate::contract::Created;
use crate::error::board_error;
use crate::event::{Event, topics};
use crate::history::History;
use crate::offer::job_of;
use crate::run::RunView;
use crate::{ChainError, Contract, Terms};
use alloy_primitives::{Address, B256, Bytes};
use lux_federated::{Exchange, Job, Phase, State};
use lux_l1::{L1Error, L1Event, L1Stream, LogFilter, TxManager};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Most servers that are asked for a blob, besides the likely one.
const MAX_SERVERS: usize = 300;
/// A step waits so long for a blob, and is tried again when it has come. A server that is slow keeps nobody from the next phase.
const FETCH_WAIT: Duration = Duration::from_secs(30);

/// What one account reads and writes of a job. Everything is out of events, so that it follows reorganisations, and a restart forgets nothing.
pub struct ChainBoard {
    pub(crate) contract: Contract,
    pub(crate) id: B256,
    pub(crate) transactions: Arc<TxManager>,
    pub(crate) blobs: Exchange,
    created: Created,
    /// Read before anybody gets the board.
    job: OnceLock<Arc<Job>>,
    sources: Vec<String>,
    reader: tokio::sync::Mutex<Reader>,
    view: RwLock<View>,
    /// How often what was read turned out to be no more.
    replays: AtomicU64,
}

struct Reader {
    stream: L1Stream,
    events: Vec<(u64, u64, Event)>,
}

struct View {
    history: History,
    /// Number and time of the last block read.
    head: (u64, u64),
}

impl ChainBoard {
    /// Reads the job and its terms. Blobs come from `blobs`, from servers that are announced on chain, and from `sources`.
    pub async fn open(
        contract: Contract,
        id: B256,
        transactions: Arc<TxManager>,
        blobs: Exchange,
        sources: Vec<String>,
    ) -> Result<Arc<Self>, ChainError> {
        let created = contract.created(id).await?.ok_or(ChainError::NoJob(id))?;
        let chain_id = contract.chain.chain_id().await?;
        let reader = Reader { stream: stream(&contract, created.block), events: Vec::new() };
        let view = View { history: history(&created), head: (0, 0) };
        let board = Self {
            contract,
            id,
            transactions,
            blobs: blobs.clone().waiting_at_most(FETCH_WAIT),
            created,
            job: OnceLock::new(),
            sources,
            reader: tokio::sync::Mutex::new(reader),
            view: RwLock::new(view),
            replays: AtomicU64::new(0),
        };
        board.find_sources();
        board.sync().await?;
        let bytes = blobs.get(board.created.config.terms, Terms::MAX_BYTES).await?;
        let terms = Terms::decode(&bytes)?;
        let job = job_of(&board.contract, chain_id, id, &board.created, terms)?;
        board.job.get_or_init(|| job);
        Ok(Arc::new(board))
    }

    /// What workers train.
    pub fn job(&self) -> Arc<Job> {
        self.job.get().expect("a board is handed out with its job").clone()
    }

    pub const fn id(&self) -> B256 {
        self.id
    }

    pub const fn contract(&self) -> &Contract {
        &self.contract
    }

    pub const fn blobs(&self) -> &Exchange {
        &self.blobs
    }

    pub const fn created(&self) -> &Created {
        &self.created
    }

    pub fn account(&self) -> Address {
        self.transactions.address()
    }

    /// The time of the last block read, seconds.
    pub fn now(&self) -> u64 {
        self.view.read().head.1
    }

    pub(crate) fn head(&self) -> u64 {
        self.view.read().head.0
    }

    /// What is known of the job.
    pub fn history<T>(&self, read: impl FnOnce(&History) -> T) -> T {
        read(&self.view.read().history)
    }

    /// What was concluded from events holds while this stays the same.
    pub(crate) fn replays(&self) -> u64 {
        self.replays.load(Ordering::Relaxed)
    }

    pub(crate) fn run(&self, attempt: u64) -> Option<RunView> {
        self.history(|history| history.runs.get(&attempt).cloned())
    }

    /// Reads what is new on the chain.
    pub async fn sync(&self) -> Result<(), ChainError> {
        let mut reader = self.reader.lock().await;
        let mut changed = false;
        loop {
            match reader.stream.poll().await {
                Ok(None) => break,
                Ok(Some(L1Event::Block(block))) => {
                    let (number, at) = (block.block.number, block.block.timestamp);
                    let mut view = self.view.write();
                    for event in block.logs.iter().filter_map(|log| Event::read(log, self.id)) {
                        reader.events.push((number, at, event.clone()));
                        view.history.apply(event, at);
                        changed = true;
                    }
                    view.head = (number, at);
                }
                Ok(Some(L1Event::Reorg { to, depth })) => {
                    tracing::info!(job = %self.id, depth, "the chain was reorganised");
                    reader.events.retain(|(number, ..)| *number <= to.number);
                    self.replay(&reader.events, (to.number, to.timestamp));
                    changed = true;
                }
                Err(L1Error::Reset(error)) => {
                    tracing::warn!(%error, "reading the job anew");
                    *reader = Reader { stream: stream(&self.contract, self.created.block), events: Vec::new() };
                    self.replay(&[], (0, 0));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if changed {
            let blobs: Vec<Bytes> = std::mem::take(&mut self.view.write().history.blobs);
            for blob in blobs {
                self.blobs.put(blob.to_vec()).await?;
            }
            self.find_sources();
        }
        Ok(())
    }

    fn replay(&self, events: &[(u64, u64, Event)], head: (u64, u64)) {
        let mut history = history(&self.created);
        for (_, at, event) in events {
            history.apply(event.clone(), *at);
        }
        *self.view.write() = View { history, head };
        self.replays.fetch_add(1, Ordering::Relaxed);
    }

    /// Who posted a blob is asked for it first, then the coordinator.
    fn find_sources(&self) {
        let own = self.account();
        let (all, likely) = self.history(|history| {
            let server = |of: &Address| history.servers.get(of).filter(|_| *of != own).cloned();
            let first = [history.coordinator(), self.created.creator];
            let others = history.active.iter().filter(|worker| !first.contains(worker));
            let all: Vec<String> = first.iter().chain(others).filter_map(server).take(MAX_SERVERS).collect();
            let run = history.runs.values().next_back();
            let posts = run.into_iter().flat_map(|run| &run.entries).filter_map(|entry| match entry {
                lux_federated::Entry::Posted { from, post, .. } => Some((post.content, server(from)?)),
                lux_federated::Entry::Moved { from, step: lux_federated::Move::Close { content, .. }, .. } => {
                    Some((*content, server(from)?))
                }
                _ => None,
            });
            let named = run.into_iter().flat_map(|run| run.vectors.iter().chain(&run.proofs));
            let named = named.filter_map(|(from, blob)| Some((*blob, server(from)?)));
            (all, posts.chain(named).collect::<HashMap<_, _>>())
        });
        self.blobs.set_sources(self.sources.iter().cloned().chain(all).collect(), likely);
    }

    /// Begins to fetch what members posted in the run in work: who has it now may be gone when it is needed.
    pub(crate) fn prefetch_posts(&self) -> Result<(), ChainError> {
        let job = self.job();
        let Some(run) = self.history(|history| history.current().cloned()) else { return Ok(()) };
        let updates = run.posts(Phase::Updates).map(|(_, post)| (post.content, 4 * job.length()));
        let vectors = run.vectors.iter().map(|(_, vector)| (*vector, 4 * job.entries()));
        self.blobs.prefetch(updates.chain(vectors));
        if let Some(bytes) = job.norm_proof_bytes()? {
            self.blobs.prefetch(run.proofs.iter().map(|(_, proof)| (*proof, bytes)));
        }
        Ok(())
    }

    pub(crate) fn state_now(&self) -> State {
        let view = self.view.read();
        let (history, now) = (&view.history, 1_000 * view.head.1);
        let begun = history.runs.len() as u64;
        let done = history.done();
        match history.current() {
            None => {
                let (round, weights) = (begun, history.latest_weights());
                State { round, begun, done, phase: Phase::Over, weights, opened: now, deadline: now, now }
            }
            Some(run) => State {
                round: run.attempt,
                begun,
                done,
                phase: run.phase,
                weights: run.weights,
                opened: 1_000 * run.opened,
                // Of the last second, all of it.
                deadline: 1_000 * history.periods.deadline(&run.times, run.phase) + 999,
                now,
            },
        }
    }
}

fn history(created: &Created) -> History {
    History::new(&created.config, created.job.numEpochs.saturating_to(), created.creator)
}

fn stream(contract: &Contract, first: u64) -> L1Stream {
    let filter = LogFilter { addresses: vec![contract.address], topics: topics() };
    L1Stream::new(contract.chain.clone(), filter, first)
}

/// Sync, for those who speak in terms of a board.
pub(crate) async fn synced(board: &ChainBoard) -> Result<(), lux_federated::BoardError> {
    board.sync().await.map_err(board_error)
}
