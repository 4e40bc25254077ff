//! The committed program on the machine comes to the same output.

use crate::guest::{PROGRAM, check};
use crate::random::Random;
use crate::witness::witness;
use lux_inference::blob;
use lux_machine::{Machine, Status};
use std::collections::HashMap;

#[test]
fn random_models() {
    for seed in 0..60 {
        let (bundle, input) = Random::new(seed).model(10);
        check(&bundle, &input);
    }
}

#[test]
fn what_is_no_model_is_zero() {
    let (bundle, input) = Random::new(1).model(5);
    let (mut known, _) = witness(&bundle, &input);
    let model = blob::preimages(b"no model", |preimage| {
        known.insert(preimage.to_vec());
    });
    let claim = known.insert([model.0, blob::commitment(&input).0].concat());
    let mut host: HashMap<_, _> = known.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
    let mut machine = Machine::new(&PROGRAM, claim);
    assert_eq!(machine.run(&mut host, 1_000).unwrap(), Status::Halted(Default::default()));
}
