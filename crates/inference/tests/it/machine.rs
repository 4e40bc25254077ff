//! The committed program on the machine comes to the same output.

use crate::random::Random;
use crate::same::witness;
use lux_inference::program::run_inference;
use lux_inference::{Bundle, blob};
use lux_machine::{Machine, Program, Statistics, Status};
use lux_oracle::Recorder;
use std::collections::HashMap;
use std::sync::LazyLock;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../programs/artifacts/infer.elf");
    Program::from_elf(&std::fs::read(path).unwrap()).unwrap()
});

/// Runs with nothing but what the native run read.
pub fn check(bundle: &Bundle, input: &[u8]) -> Statistics {
    let (known, claim) = witness(bundle, input);
    let recorder = Recorder::new(&known);
    let output = run_inference(claim, &recorder).unwrap();
    let read = recorder.into_preimages();
    let mut host: HashMap<_, _> = read.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
    let mut machine = Machine::new(&PROGRAM, claim);
    assert_eq!(machine.run(&mut host, 1_000_000).unwrap(), Status::Halted(output));
    *machine.statistics()
}

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
