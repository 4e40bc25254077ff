//! Digits and jobs of the unit tests.

use crate::simulation::members;
use crate::{Aggregation, Architecture, Dataset, Job, LocalTraining};
use alloy_primitives::B256;
use lux_models::NpyArray;
use lux_training::Rule;

pub fn digits() -> Dataset {
    let read = |bytes: &[u8]| NpyArray::decode(bytes).unwrap();
    let features = read(include_bytes!("../data/digits.npy"));
    Dataset::from_arrays(features, &read(include_bytes!("../data/labels.npy")), 16.0).unwrap()
}

pub fn job(workers: usize) -> Job {
    Job {
        chain_id: 1,
        id: B256::repeat_byte(1),
        members: members(workers),
        architecture: Architecture { inputs: 64, hidden: vec![8], classes: 10 },
        fraction_bits: 16,
        training: LocalTraining { epochs: 1, batch: 16, learning_rate: 0.1 },
        clip: None,
        aggregation: Aggregation::Plain(Rule::Median),
        norm_bound: None,
        privacy: None,
        rounds: 1,
        attempts: 1,
    }
}
