//! Plans of the tests.

use lux_federated::simulation::{Conduct, Plan, members};
use lux_federated::{Aggregation, Architecture, Dataset, Job, LocalTraining};
use lux_models::NpyArray;

/// The images that the networks of `crates/inference/models` are tested with, too.
pub const TESTED: usize = 360;

pub fn digits() -> (Dataset, Dataset) {
    let read = |bytes: &[u8]| NpyArray::decode(bytes).unwrap();
    let features = read(include_bytes!("../../data/digits.npy"));
    let labels = read(include_bytes!("../../data/labels.npy"));
    Dataset::from_arrays(features, &labels, 16.0).unwrap().hold_out(TESTED)
}

/// Ten workers would be honest and always there.
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
        privacy: None,
        rounds,
        attempts: rounds + 3,
    };
    Plan { job, data, tested, conduct: vec![Conduct::default(); workers], alpha: 1.0, seed: 1 }
}
