//! Chooses the executor's handlers: `tune <fused.txt>`. What runs is the committed program, on two batches that have little
//! in common; transfers, whose instructions cost most, count three quarters. The third one of `lux-bench proofs` stays unseen.
#![allow(clippy::unwrap_used)]

use lux_bench::batches::Rollup;
use lux_bench::mixes::{self, ACCOUNTS, Token};
use lux_machine::Machine;
use lux_node::stf_program;
use lux_stf::program::BatchWitness;
use std::collections::HashMap;

/// Instructions that each batch counts as.
const SCALE: u64 = 1 << 32;

fn main() {
    let path = std::env::args().nth(1).expect("the file to write");
    let folder = tempfile::tempdir().unwrap();
    let mut rollup = Rollup::open(folder.path(), ACCOUNTS).unwrap();
    let token = Token::launch(&mut rollup).unwrap();
    let tokens = mixes::token_transfers(&mut rollup, &token, 200).unwrap();
    let tokens = counts(&rollup.witness(&tokens).unwrap());
    let contracts = mixes::contracts(&mut rollup).unwrap();
    let contracts = counts(&rollup.witness(&contracts).unwrap());
    let both: Vec<u64> = tokens.iter().zip(&contracts).map(|(a, b)| 3 * a + b).collect();
    let lines = lux_executor::tune(stf_program().text(), &both, &mut |line| eprintln!("{line}"));
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
}

/// How often each word runs, scaled.
fn counts(witness: &BatchWitness) -> Vec<u64> {
    let mut host: HashMap<_, _> = witness.preimages.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
    let mut machine = Machine::new(stf_program(), witness.input);
    let mut counts = vec![0u64; stf_program().text().len()];
    let mut steps = 0u64;
    while let Some(step) = machine.step(&mut host).unwrap() {
        counts[step.pc as usize] += 1;
        steps += 1;
    }
    eprintln!("{steps} steps, {:?}", machine.status());
    counts.iter().map(|&count| count * (SCALE / steps)).collect()
}
