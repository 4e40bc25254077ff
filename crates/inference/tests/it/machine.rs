//! The committed program on the machine comes to the same output.

use crate::guest::{PROGRAM, check};
use crate::random::Random;
use crate::witness::witness;
use lux_inference::limits::MAX_PEAK_BYTES;
use lux_inference::ops::Rescale;
use lux_inference::{DType, ModelBuilder, Output, Requantize, Scale, Shape, blob};
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

/// Close to the most memory that a model may take.
#[test]
fn the_largest_activations_fit() {
    let len = 13_800_000;
    let mut builder = ModelBuilder::default();
    let x = builder.input(DType::I8, Shape::new([len]).unwrap(), Scale::ONE);
    let y = builder.node(Rescale { x, multiplier: -3, output: Requantize::full(DType::I8, 1) }).unwrap();
    let bundle = builder.finish(vec![Output { value: y, scale: Scale::ONE }]).unwrap();
    let peak = bundle.model.plan().peak_bytes;
    assert!((MAX_PEAK_BYTES - (1 << 20)..MAX_PEAK_BYTES).contains(&peak), "{peak}");
    check(&bundle, &vec![5; len as usize]);
}
