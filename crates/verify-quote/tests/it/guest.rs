//! The committed program on the machine.

use alloy_primitives::{B256, keccak256};
use lux_machine::{Machine, Program, Statistics, Status};
use lux_oracle::{Preimages, Recorder};
use lux_verify_quote::{ClaimError, Question, claim_output, verify_quote};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Far more than any test needs.
const MAX_CHUNKS: u64 = 100_000;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../programs/artifacts/verify-quote.elf");
    Program::from_elf(&std::fs::read(path).unwrap()).unwrap()
});

/// The attestation or the reason why there is none. With nothing but what the native run read, the machine must halt with
/// the same output.
pub fn check(question: &Question<'_>) -> (Result<Vec<u8>, String>, Statistics) {
    let mut known = Preimages::default();
    let claim = question.preimages(|preimage| {
        known.insert(preimage.to_vec());
    });
    run(claim, &known)
}

pub fn run(claim: B256, known: &Preimages) -> (Result<Vec<u8>, String>, Statistics) {
    let recorder = Recorder::new(known);
    let output = verify_quote(claim, &recorder).unwrap();
    let mut host: HashMap<_, _> =
        recorder.into_preimages().iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
    let mut machine = Machine::new(&PROGRAM, claim);
    assert_eq!(machine.run(&mut host, MAX_CHUNKS).unwrap(), Status::Halted(output));

    let found = claim_output(claim, known).map_err(|error| match error {
        ClaimError::Oracle(missing) => panic!("{missing}"),
        refusal => refusal.to_string(),
    });
    assert_eq!(found.as_ref().map_or(B256::ZERO, keccak256), output);
    (found, *machine.statistics())
}
