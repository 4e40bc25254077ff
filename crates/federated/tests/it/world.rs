//! Plans of the tests.

use alloy_primitives::Address;
use lux_federated::simulation::{Conduct, Plan, Simulation, members};
use lux_federated::{
    Aggregation, Architecture, Board, Dataset, Entry, Job, LocalTraining, Phase, RoundRecord, SecureRound,
    decode_vector,
};
use lux_models::NpyArray;
use lux_secagg::Assumptions;
use lux_training::Rule;

/// The images that the networks of `crates/inference/models` are tested with, too.
pub const TESTED: usize = 360;

pub fn digits() -> (Dataset, Dataset) {
    let read = |bytes: &[u8]| NpyArray::decode(bytes).unwrap();
    let features = read(include_bytes!("../../data/digits.npy"));
    let labels = read(include_bytes!("../../data/labels.npy"));
    Dataset::from_arrays(features, &labels, 16.0).unwrap().hold_out(TESTED)
}

/// Everybody is honest and always there.
pub fn plan(workers: usize, aggregation: Aggregation, rounds: u64) -> Plan {
    let (data, tested) = digits();
    let job = Job {
        chain_id: 96_369,
        id: [7; 32].into(),
        members: members(workers),
        architecture: Architecture { inputs: 64, hidden: vec![32], classes: 10 },
        fraction_bits: 16,
        training: LocalTraining { epochs: 2, batch: 16, learning_rate: 0.1 },
        clip: None,
        aggregation,
        norm_bound: None,
        privacy: None,
        rounds,
        attempts: rounds + 3,
    };
    Plan { job, data, tested, conduct: vec![Conduct::default(); workers], alpha: 1.0, seed: 1 }
}

/// A smaller network and less training, where nobody looks at its accuracy.
pub fn small_plan(workers: usize, aggregation: Aggregation, rounds: u64) -> Plan {
    let mut plan = plan(workers, aggregation, rounds);
    plan.job.architecture.hidden = vec![8];
    plan.job.training.epochs = 1;
    plan
}

pub fn plain(rule: Rule) -> Aggregation {
    Aggregation::Plain(rule)
}

pub fn masked() -> Aggregation {
    Aggregation::Secure(Assumptions::default())
}

pub async fn all_rounds(simulation: &mut Simulation) -> Vec<RoundRecord> {
    let mut records = Vec::new();
    while let Some(record) = simulation.next_round().await.unwrap() {
        records.push(record);
    }
    records
}

/// Of a masked round: what comes out of the masks, and what the workers' own notes add up to, modulo 2^32.
pub struct Sums {
    pub unmasked: Vec<u32>,
    pub plain: Vec<u32>,
}

impl Sums {
    /// For a round that is over and whose workers are not in another one. Takes the workers.
    pub async fn of(simulation: &mut Simulation, number: u64, contributors: &[Address]) -> Self {
        let pen = simulation.board.pen(Address::ZERO);
        let (job, blobs) = (simulation.job.clone(), &simulation.blobs);
        let mut round = SecureRound::replay(job, number, Phase::Unmask, &pen, blobs).await.unwrap();
        for entry in pen.entries(number, 0).await.unwrap() {
            let Entry::Posted { from, post, .. } = entry else { continue };
            if post.phase == Phase::Unmask {
                round.accept(from, &post, blobs).await.unwrap();
            }
        }
        let (mut unmasked, survivors) = round.finish().unwrap();
        unmasked.truncate(simulation.job.length());
        assert_eq!(survivors.len(), contributors.len());
        let mut plain = vec![0u32; simulation.job.length()];
        for worker in simulation.workers.drain(..).filter(|worker| contributors.contains(&worker.address())) {
            let bytes = worker.into_notebook().read_vector().unwrap().unwrap();
            let update = decode_vector(&bytes, plain.len()).unwrap();
            plain.iter_mut().zip(update).for_each(|(sum, x)| *sum = sum.wrapping_add(x as u32));
        }
        Self { unmasked, plain }
    }
}
