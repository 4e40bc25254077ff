//! A whole job in one process: workers, honest or not, a coordinator, a board, and a clock that jumps where nobody would do anything.

mod attack;
mod split;

pub use attack::{Attack, Attacker};
pub use split::split;

use crate::board::{MemoryBoard, MemoryClock};
use crate::{
    Board, Coordinator, Dataset, Exchange, FederatedError, Finding, Job, LocalTrainer, Notebook, Phase, Post, Progress,
    RoundRecord, Standing, Trainer, Worker, audit, encode_vector,
};
use alloy_primitives::{Address, B256, keccak256};
use alloy_signer_local::PrivateKeySigner;
use chacha20::ChaCha20Rng;
use lux_blobs::BlobStore;
use object_store::local::LocalFileSystem;
use rand_core::SeedableRng;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Phases of a simulation: one second to ten minutes of the board's clock.
pub const DURATIONS: RangeInclusive<u64> = 1_000..=600_000;

/// How a worker differs from an honest one that is always there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conduct {
    pub attack: Option<Attack>,
    /// From this phase of this round on it is gone.
    pub leaves: Option<(u64, Phase)>,
    /// It comes back in this round.
    pub returns: Option<u64>,
    /// Milliseconds that it takes for each message.
    pub delay: u64,
}

impl Conduct {
    fn is_gone(&self, round: u64, phase: Phase) -> bool {
        let left = self.leaves.is_some_and(|(from, of)| round > from || (round == from && phase >= of));
        left && self.returns.is_none_or(|back| round < back)
    }
}

/// What a simulation is about. The job's members are made here.
pub struct Plan {
    pub job: Job,
    pub data: Dataset,
    /// Tested on after every round.
    pub tested: Dataset,
    /// Of each worker.
    pub conduct: Vec<Conduct>,
    /// How evenly data is spread: the parameter of a Dirichlet distribution.
    pub alpha: f64,
    pub seed: u64,
}

pub struct Simulation {
    pub job: Arc<Job>,
    pub board: MemoryBoard,
    pub clock: MemoryClock,
    pub blobs: Exchange,
    pub workers: Vec<Worker>,
    pub conduct: Vec<Conduct>,
    pub coordinator: Coordinator,
    /// The phase that each worker is at, and when it began.
    at: Vec<Option<(u64, Phase, u64)>>,
    shares: Vec<Dataset>,
    tested: Dataset,
    /// Removed at the end.
    _folder: tempfile::TempDir,
}

/// The account of a simulated worker.
pub fn account(number: usize) -> PrivateKeySigner {
    let key = keccak256([b"simulated worker".as_slice(), &(number as u64).to_be_bytes()].concat());
    PrivateKeySigner::from_bytes(&key).expect("a hash is a private key but for a chance of 2^-128")
}

/// Accounts of simulated workers.
pub fn members(workers: usize) -> BTreeSet<Address> {
    (0..workers).map(|number| account(number).address()).collect()
}

impl Simulation {
    /// The job is checked; weights begin as `seed` says.
    pub async fn new(plan: Plan) -> Result<Self, FederatedError> {
        let Plan { job, data, tested, conduct, alpha, seed } = plan;
        let job = Arc::new(Job { members: members(conduct.len()), ..job }.checked()?);
        let folder = tempfile::tempdir().map_err(no_folder)?;
        // Not synced, as nothing of it outlives the process.
        let files = LocalFileSystem::new_with_prefix(folder.path()).map_err(no_folder)?;
        let blobs = Exchange::new(BlobStore::new(Arc::new(files)));
        let seed_bytes = keccak256(seed.to_be_bytes());
        let initial = job.fixed().encode(&job.architecture.initial(seed_bytes.0))?;
        let weights = blobs.put(encode_vector(&initial)).await?;
        let clock = MemoryClock::default();
        let board = MemoryBoard::new(job.clone(), weights, clock.clone(), DURATIONS, seed_bytes);
        let mut rng = ChaCha20Rng::from_seed(seed_bytes.0);
        let shares = split(data.labels(), conduct.len(), alpha, &mut rng);
        let shares: Vec<Dataset> = shares.into_iter().map(|part| data.select(&part)).collect();
        let board_of_all = Arc::new(board.pen(Address::ZERO));
        let coordinator = Coordinator::new(job.clone(), board_of_all, blobs.clone(), DURATIONS, Some(tested.clone()));
        let mut simulation = Self {
            job,
            board,
            clock,
            blobs,
            workers: Vec::new(),
            at: vec![None; conduct.len()],
            conduct,
            coordinator,
            shares,
            tested,
            _folder: folder,
        };
        for number in 0..simulation.conduct.len() {
            let worker = simulation.worker(number, Notebook::memory())?;
            simulation.workers.push(worker);
        }
        Ok(simulation)
    }

    /// One of the workers, as it starts with these notes.
    pub fn worker(&self, number: usize, notebook: Notebook) -> Result<Worker, FederatedError> {
        let (account, data) = (account(number), self.shares[number].clone());
        let order = keccak256(account.address());
        let trainer: Box<dyn Trainer> = match self.conduct[number].attack {
            None => Box::new(LocalTrainer::new(&self.job, data, order)?),
            Some(attack) => Box::new(Attacker::new(&self.job, attack, data, order)?),
        };
        let board = Arc::new(self.board.pen(account.address()));
        let job = match self.conduct[number].attack {
            Some(_) if self.job.norm_bound.is_some() => {
                // It makes the proof that it can: of a bound that is not the job's.
                let norm_bound = Some(i32::MAX as u32 / self.conduct.len() as u32);
                Arc::new(Job { norm_bound, ..(*self.job).clone() })
            }
            _ => self.job.clone(),
        };
        Worker::open(job, board, self.blobs.clone(), account, trainer, notebook)
    }

    /// Another coordinator, who knows nothing but what is on the board.
    pub fn replace_coordinator(&mut self) {
        let board = Arc::new(self.board.pen(Address::repeat_byte(0xc0)));
        let tested = Some(self.tested.clone());
        self.coordinator = Coordinator::new(self.job.clone(), board, self.blobs.clone(), DURATIONS, tested);
    }

    /// Examples of each worker.
    pub fn shares(&self) -> &[Dataset] {
        &self.shares
    }

    /// Lets every worker act, then the coordinator, then the clock; the record of a round that ended, `None` when the job is over.
    pub async fn next_round(&mut self) -> Result<Option<RoundRecord>, FederatedError> {
        loop {
            match self.turn().await? {
                Progress::Round(record) => return Ok(Some(record)),
                Progress::Over => return Ok(None),
                Progress::Moved | Progress::Waiting => {}
            }
        }
    }

    /// One turn of everybody.
    pub async fn turn(&mut self) -> Result<Progress, FederatedError> {
        let pen = self.board.pen(Address::ZERO);
        let mut moved = self.act(&pen).await?;
        let progress = self.coordinator.step().await?;
        moved |= progress != Progress::Waiting;
        if !moved {
            let state = pen.state().await?;
            if state.now > state.deadline {
                return Err(FederatedError::Stalled { round: state.round, phase: state.phase.name() });
            }
            let due = self.conduct.iter().zip(&self.at);
            let due = due.filter_map(|(conduct, at)| at.map(|(_, _, began)| began + conduct.delay));
            let next = due.filter(|due| *due > state.now).min().unwrap_or(u64::MAX);
            self.clock.advance_to(next.min(state.deadline + 1));
        }
        Ok(progress)
    }

    async fn act(&mut self, board: &dyn Board) -> Result<bool, FederatedError> {
        let mut moved = false;
        for ((worker, conduct), at) in self.workers.iter_mut().zip(&self.conduct).zip(&mut self.at) {
            let state = board.state().await?;
            if conduct.is_gone(state.round, state.phase) {
                continue;
            }
            let (round, phase, began) = *at.get_or_insert((state.round, state.phase, state.now));
            if state.now < began + conduct.delay {
                continue;
            }
            if (round, phase) != (state.round, state.phase) {
                // It is ready with something that nobody waits for any more.
                *at = None;
                moved = true;
                if conduct.delay > 0 {
                    let post = Post { round, phase, content: B256::ZERO, points: 0 };
                    let _ = self.board.pen(worker.address()).post(post).await;
                }
                continue;
            }
            match worker.step().await {
                Ok(Standing::Posted(_) | Standing::SitsOut { .. }) => moved = true,
                Ok(Standing::Waiting | Standing::Over) => {}
                Err(error) if error.is_temporary() => tracing::debug!(worker = %worker.address(), %error, "waits"),
                Err(error) => return Err(error),
            }
        }
        Ok(moved)
    }

    /// Computes a round again, as anybody can.
    pub async fn audit(&self, round: u64) -> Result<Finding, FederatedError> {
        audit(self.job.clone(), &self.board.pen(Address::ZERO), &self.blobs, round).await
    }

    /// Weights as they are now, real numbers.
    pub async fn weights(&self) -> Result<Vec<f32>, FederatedError> {
        let state = self.board.pen(Address::ZERO).state().await?;
        let bytes = self.blobs.get(state.weights, 4 * self.job.length()).await?;
        let weights = crate::decode_vector(&bytes, self.job.length());
        Ok(self.job.fixed().decode(&weights.ok_or(FederatedError::Handout("the weights are no vector"))?))
    }
}

fn no_folder(error: impl std::error::Error + Send + Sync + 'static) -> FederatedError {
    FederatedError::Blob(lux_blobs::BlobError::Store(Arc::new(error)))
}
