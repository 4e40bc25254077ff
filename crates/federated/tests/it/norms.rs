//! Masked updates with norm proofs: who is too long is named, and what comes out is the sum of what was proven.

use crate::world::{Sums, masked, plain, small_plan};
use alloy_primitives::{Address, B256};
use async_trait::async_trait;
use lux_federated::simulation::{Attack, Conduct, Plan, Simulation, account};
use lux_federated::{
    Board, BoardError, Entry, Exchange, FederatedError, Finding, Job, LocalTrainer, Move, Noise, Notebook, Phase, Post,
    Privacy, RoundOutcome, State, Worker, check_sum, read_round,
};
use lux_norm_proof::{Blinding, Setup, Statement};
use lux_training::{Clip, Rule};
use std::num::NonZero;
use std::sync::Arc;

fn proven_plan(workers: usize, rounds: u64) -> Plan {
    let mut plan = small_plan(workers, masked(), rounds);
    plan.job.clip = Clip::new(1 << 18);
    plan.job.norm_bound = plan.job.provable_bound(workers);
    assert_eq!(plan.job.norm_bound, Some(1 << 18));
    plan
}

/// What the outcome of the first round names as the unmasked sum.
async fn named_sum(simulation: &Simulation) -> Vec<u32> {
    let entries = simulation.board.pen(Address::ZERO).entries(0, 0).await.unwrap();
    let finished = entries.iter().find_map(|entry| match entry {
        Entry::Moved { step: Move::Finish { content, .. }, .. } => Some(*content),
        _ => None,
    });
    let outcome = simulation.blobs.get(finished.unwrap(), RoundOutcome::MAX_BYTES).await.unwrap();
    let sum = RoundOutcome::decode(&outcome).unwrap().sum.unwrap();
    let bytes = simulation.blobs.get(sum, 4 * simulation.job.entries()).await.unwrap();
    bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
}

async fn check(simulation: &Simulation, sum: &[u32]) -> Result<(), FederatedError> {
    check_sum(&simulation.job, &simulation.board.pen(Address::ZERO), &simulation.blobs, 0, sum).await
}

/// Two of ten leave, one in each phase with its neighbour: bit for bit the sum of the survivors' updates, which a voter checks by the proofs.
#[tokio::test(flavor = "multi_thread")]
async fn with_proofs_the_sum_is_the_plain_sum() {
    use Phase::{Keys, Masked, Shares, Survivors, Unmask};
    for (first, second) in [(Keys, Shares), (Shares, Masked), (Masked, Survivors), (Survivors, Unmask)] {
        let mut plan = proven_plan(10, 1);
        plan.conduct[2] = Conduct { leaves: Some((0, first)), ..Conduct::default() };
        plan.conduct[7] = Conduct { leaves: Some((0, second)), ..Conduct::default() };
        let mut simulation = Simulation::new(plan).await.unwrap();
        let record = simulation.next_round().await.unwrap().unwrap();
        assert_eq!(record.abandoned, None, "{first:?} {second:?}");
        let gone = [first, second].iter().filter(|phase| **phase <= Masked).count();
        assert_eq!(record.contributors.len(), 10 - gone);
        assert_eq!(simulation.audit(0).await.unwrap(), Finding::Right { left_out: Vec::new() });
        let mut sum = named_sum(&simulation).await;
        check(&simulation, &sum).await.unwrap();
        sum[3] = sum[3].wrapping_add(1);
        assert!(matches!(check(&simulation, &sum).await, Err(FederatedError::Opening(_))));
        let sums = Sums::of(&mut simulation, 0, &record.contributors).await;
        assert_eq!(sums.unmasked, sums.plain, "{first:?} {second:?}");
    }
}

/// Without proofs one worker moves the mean wherever it likes; with them it is named and left out.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_too_long_is_named() {
    let mut plan = proven_plan(10, 2);
    plan.job.clip = Clip::new(1 << 14);
    plan.job.norm_bound = Some(1 << 14);
    plan.conduct[4].attack = Some(Attack::Scale);
    let mut simulation = Simulation::new(plan).await.unwrap();
    let liar = account(4).address();
    let mut rounds = 0;
    while let Some(record) = simulation.next_round().await.unwrap() {
        assert_eq!((record.abandoned, record.contributors.len(), record.dropped.len()), (None, 9, 1));
        assert!(!record.contributors.contains(&liar));
        assert_eq!((record.dropped[0].worker, record.dropped[0].phase), (liar, Phase::Masked));
        assert!(record.dropped[0].reason.starts_with("its norm proof is refused"), "{}", record.dropped[0].reason);
        rounds += 1;
    }
    assert_eq!(rounds, 2);
    assert_eq!(simulation.audit(0).await.unwrap(), Finding::Right { left_out: vec![liar] });
}

/// Attaches a true proof about another update than it masked.
struct Swapping {
    inner: lux_federated::MemoryBoard,
    from: Address,
    job: Arc<Job>,
    blobs: Exchange,
}

impl Swapping {
    async fn swapped(&self, post: Post) -> B256 {
        let board = self.inner.pen(self.from);
        let round = read_round(&self.job, &board, &self.blobs, post.round).await.unwrap();
        let mut bytes = self.blobs.get(post.content, 1_000).await.unwrap().to_vec();
        let peers = usize::from(round.roster().len()).div_ceil(8);
        let worker = round.roster().index_of(self.from).unwrap();
        let vector = B256::from_slice(&bytes[peers..peers + 32]);
        let setup = Setup::new(self.job.norm_terms().unwrap().unwrap(), NonZero::<usize>::MIN);
        let statement = Statement { round: round.digest(), worker, vector };
        let blinding = Blinding::derive(&[9; 32], round.digest());
        let proof = setup.prove(&statement, &vec![0; self.job.length()], &blinding).unwrap();
        let commitment = self.blobs.put(proof.encode()).await.unwrap();
        let end = bytes.len();
        bytes[end - 64..end - 32].copy_from_slice(commitment.as_slice());
        self.blobs.put(bytes).await.unwrap()
    }
}

#[async_trait]
impl Board for Swapping {
    async fn members(&self, round: u64) -> Result<Vec<Address>, BoardError> {
        self.inner.pen(self.from).members(round).await
    }

    async fn state(&self) -> Result<State, BoardError> {
        self.inner.pen(self.from).state().await
    }

    async fn entries(&self, round: u64, from: usize) -> Result<Vec<Entry>, BoardError> {
        self.inner.pen(self.from).entries(round, from).await
    }

    async fn closing(&self, round: u64, phase: Phase) -> Result<Option<B256>, BoardError> {
        self.inner.pen(self.from).closing(round, phase).await
    }

    async fn beacon(&self, round: u64) -> Result<Option<B256>, BoardError> {
        self.inner.pen(self.from).beacon(round).await
    }

    async fn post(&self, post: Post) -> Result<(), BoardError> {
        let content = if post.phase == Phase::Masked { self.swapped(post).await } else { post.content };
        self.inner.pen(self.from).post(Post { content, ..post }).await
    }

    async fn advance(&self, round: u64, phase: Phase, step: Move) -> Result<(), BoardError> {
        self.inner.pen(self.from).advance(round, phase, step).await
    }
}

/// The proof holds, so that nobody is named; the sum does not open, so that there is none.
#[tokio::test(flavor = "multi_thread")]
async fn another_vector_than_proven_stops_the_round() {
    let mut simulation = Simulation::new(proven_plan(5, 1)).await.unwrap();
    let (job, blobs, from) = (simulation.job.clone(), simulation.blobs.clone(), account(1).address());
    let board = Swapping { inner: simulation.board.clone(), from, job: job.clone(), blobs: blobs.clone() };
    let trainer = LocalTrainer::new(&job, simulation.shares()[1].clone(), Default::default()).unwrap();
    simulation.workers[1] =
        Worker::open(job, Arc::new(board), blobs, account(1), Box::new(trainer), Notebook::memory()).unwrap();
    let before = simulation.weights().await.unwrap();
    let record = simulation.next_round().await.unwrap().unwrap();
    assert!(record.abandoned.unwrap().contains("does not open"));
    assert_eq!((record.done, record.dropped.len()), (0, 0));
    assert_eq!(simulation.weights().await.unwrap(), before);
}

/// What is proven is the bound of the clipped update with its part of the noise.
#[tokio::test(flavor = "multi_thread")]
async fn noise_is_within_the_bound() {
    let mut plan = proven_plan(6, 1);
    plan.job.clip = Clip::new(1 << 12);
    let noise = Noise::Members { deviation: 3_000.0, honest: 3 };
    plan.job.privacy = Some(Privacy { noise, epsilon: 8.0, delta: 1e-3 });
    plan.job.norm_bound = plan.job.provable_bound(6);
    let bound = f64::from(plan.job.norm_bound.unwrap());
    let deviations = (bound - 4_096.0) / 3_000.0 - (plan.job.length() as f64).sqrt();
    assert!((13.0..13.001).contains(&deviations), "{deviations}");
    let mut simulation = Simulation::new(plan).await.unwrap();
    let record = simulation.next_round().await.unwrap().unwrap();
    assert_eq!((record.abandoned, record.contributors.len()), (None, 6));
    check(&simulation, &named_sum(&simulation).await).await.unwrap();
}

#[test]
fn which_jobs_can_demand_proofs() {
    let job = proven_plan(5, 1).job;
    let with = |change: fn(&mut Job)| {
        let mut job = job.clone();
        change(&mut job);
        job
    };
    assert!(job.clone().checked().is_ok());
    assert!(with(|job| job.norm_bound = None).checked().is_ok(), "without proofs");
    assert!(with(|job| job.norm_bound = Some((1 << 18) - 1)).checked().is_err(), "honest updates may be longer");
    assert!(with(|job| job.norm_bound = Some(i32::MAX as u32 / 4)).checked().is_err(), "the sum does not fit");
    let plain = with(|job| job.aggregation = plain(Rule::Median));
    assert_eq!(plain.provable_bound(5), None);
    assert!(plain.checked().is_err());
    assert_eq!(with(|job| job.clip = None).provable_bound(5), None);
    assert_eq!(with(|job| job.architecture.hidden = vec![20_000]).provable_bound(5), None, "too many coordinates");
}
