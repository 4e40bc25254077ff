//! The committed program on the machine comes to the same output.

use crate::witness::witness;
use lux_inference::Bundle;
use lux_inference::program::run_inference;
use lux_machine::{Machine, Program, Statistics, Status};
use lux_oracle::Recorder;
use std::collections::HashMap;
use std::sync::LazyLock;

pub static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
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
