//! The committed program on the machine.

use lux_machine::{Machine, Program, Status};
use lux_stf::program::BatchWitness;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Far more than any test needs.
const MAX_CHUNKS: u64 = 1_000_000;

pub static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../programs/artifacts/stf.elf");
    Program::from_elf(&std::fs::read(path).unwrap()).unwrap()
});

pub fn host(witness: &BatchWitness) -> HashMap<alloy_primitives::B256, alloy_primitives::Bytes> {
    witness.preimages.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect()
}

/// With nothing but what the native run read, the machine must halt with the same output.
pub fn check(witness: &BatchWitness) {
    let mut machine = Machine::new(&PROGRAM, witness.input);
    let status = machine.run(&mut host(witness), MAX_CHUNKS).unwrap();
    assert_eq!(status, Status::Halted(witness.output.hash()));
}
