//! Which code of the program `stf` runs in common batches: `order <linked program> <order.txt>`. The linked program is what
//! `cargo xtask guests` leaves in `/tmp/lux-guests`, before its code is moved.
#![allow(clippy::unwrap_used)]

use lux_bench::batches::Rollup;
use lux_bench::mixes::{self, ACCOUNTS, Token};
use lux_layout::{Elf, write_order};
use lux_machine::{Machine, Program};
use lux_stf::program::BatchWitness;
use std::collections::HashMap;

fn main() {
    let mut args = std::env::args().skip(1);
    let linked = std::fs::read(args.next().expect("a linked program")).unwrap();
    let path = args.next().expect("the file to write");
    let program = Program::from_elf(&linked).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut rollup = Rollup::open(folder.path(), ACCOUNTS).unwrap();
    let token = Token::launch(&mut rollup).unwrap();
    let tokens = mixes::token_transfers(&mut rollup, &token, 200).unwrap();
    let tokens = heat(&program, &rollup.witness(&tokens).unwrap());
    let contracts = mixes::contracts(&mut rollup).unwrap();
    let contracts = heat(&program, &rollup.witness(&contracts).unwrap());
    let both: Vec<f64> = tokens.iter().zip(&contracts).map(|(a, b)| a + b).collect();
    std::fs::write(path, write_order(&Elf::parse(linked).unwrap(), &both)).unwrap();
}

/// In which part of the chunks each word runs.
fn heat(program: &Program, witness: &BatchWitness) -> Vec<f64> {
    let mut host: HashMap<_, _> = witness.preimages.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
    let mut machine = Machine::new(program, witness.input);
    let mut chunks = vec![0u32; program.text().len()];
    let mut last = vec![u64::MAX; program.text().len()];
    while let Some(step) = machine.step(&mut host).unwrap() {
        let index = step.pc as usize;
        if std::mem::replace(&mut last[index], step.chunk) != step.chunk {
            chunks[index] += 1;
        }
    }
    let all = machine.statistics().chunks as f64;
    chunks.into_iter().map(|count| f64::from(count) / all).collect()
}
