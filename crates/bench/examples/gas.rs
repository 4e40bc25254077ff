//! Where the gas of a batch's chunks goes: `gas [contracts|everything]`, else of ERC-20 transfers.
#![allow(clippy::unwrap_used)]

use lux_bench::batches::Rollup;
use lux_bench::l1::L1;
use lux_bench::mixes::{self, ACCOUNTS, Token};
use lux_executor::encode_proof;
use lux_machine::{Machine, Status};
use lux_node::stf_program;
use revm::Inspector;
use revm::database::InMemoryDB;
use revm::handler::MainnetContext;
use revm::interpreter::Interpreter;
use revm::interpreter::interpreter_types::{Jumps, LegacyBytecode};
use std::collections::HashMap;

/// Gas by place. The executor is the contract whose code is as long as its sections.
#[derive(Default)]
struct Profile {
    executor_bytes: usize,
    executor: HashMap<usize, u64>,
    /// Before the executor runs and after.
    verifier: [u64; 2],
    last: Option<(bool, usize, u64)>,
    after: bool,
}

impl Inspector<MainnetContext<InMemoryDB>> for Profile {
    fn step(&mut self, interpreter: &mut Interpreter, _: &mut MainnetContext<InMemoryDB>) {
        let (pc, gas) = (interpreter.bytecode.pc(), interpreter.gas.remaining());
        let inside = interpreter.bytecode.bytecode_len() == self.executor_bytes;
        match self.last {
            // The first step of a call is no successor of the one before.
            _ if pc == 0 => self.after &= inside,
            Some((true, at, before)) if inside => *self.executor.entry(at).or_default() += before - gas,
            Some((true, ..)) => self.after = true,
            Some((false, _, before)) if before >= gas => self.verifier[usize::from(self.after)] += before - gas,
            _ => {}
        }
        self.last = Some((inside, pc, gas));
    }
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut rollup = Rollup::open(folder.path(), ACCOUNTS).unwrap();
    let token = Token::launch(&mut rollup).unwrap();
    let batch = match std::env::args().nth(1).as_deref() {
        Some("contracts") => mixes::contracts(&mut rollup),
        Some("everything") => mixes::everything(&mut rollup, &token),
        _ => mixes::token_transfers(&mut rollup, &token, 200),
    };
    let witness = rollup.witness(&batch.unwrap()).unwrap();
    let sections = lux_executor::sections();
    let executor_bytes = sections.last().unwrap().1;
    let mut l1 = L1::new(stf_program(), Profile { executor_bytes, ..Default::default() }).unwrap();
    let mut host: HashMap<_, _> = witness.preimages.iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
    let mut machine = Machine::new(stf_program(), witness.input);
    let (mut gas, mut calldata) = (0, 0);
    let mut bytes = [0usize; 6];
    while machine.status() == Status::Running {
        let proof = machine.prove_chunk(&mut host).unwrap();
        let encoded = encode_proof(&proof);
        calldata += 21_000 + encoded.iter().map(|&byte| if byte == 0 { 4 } else { 16 }).sum::<u64>();
        let full = proof.pages.iter().filter(|(_, page)| page.iter().any(|&byte| byte > 0)).count();
        let zeros = proof.pages.iter().flat_map(|(_, page)| page.iter()).filter(|&&byte| byte == 0).count();
        let preimages = proof.preimages.iter().map(|bytes| bytes.len()).sum();
        let zero_pages = proof.pages.len() - full;
        let values = [
            proof.pages.len(),
            zero_pages,
            zeros - 512 * zero_pages,
            32 * proof.siblings.len(),
            preimages,
            encoded.len(),
        ];
        bytes.iter_mut().zip(values).for_each(|(total, value)| *total += value);
        machine.run_chunk(&mut host).unwrap();
        gas += l1.run(proof.pre, encoded).unwrap().gas;
    }
    let statistics = machine.statistics();
    let chunks = statistics.chunks as f64;
    println!("{statistics:?}");
    let [pages, zero_pages, zeros, siblings, preimages, total] = bytes.map(|count| count as f64 / chunks);
    println!(
        "per chunk: {pages:.1} pages, {zero_pages:.1} of zeros, {zeros:.0} zeros in the others, {siblings:.0} bytes of siblings, \
         {preimages:.0} of preimages, {total:.0} in all"
    );
    let line = |name: &str, value: u64| {
        if value * 1000 > gas {
            let each = value as f64 / statistics.instructions as f64;
            println!("{name:<90} {:>10.0} gas per chunk {each:>7.2} per instruction", value as f64 / chunks);
        }
    };
    line("everything", gas);
    line("transaction and calldata", calldata);
    let profile = l1.inspector();
    line("verifier before the executor", profile.verifier[0]);
    line("verifier after the executor", profile.verifier[1]);
    line("executor", profile.executor.values().sum());
    let mut parts: Vec<(String, u64)> = Vec::new();
    let mut start = 0;
    for (name, end) in sections {
        parts.push((
            name,
            profile.executor.iter().filter(|(at, _)| (start..end).contains(*at)).map(|(_, gas)| gas).sum(),
        ));
        start = end;
    }
    let around = parts.iter().position(|(name, _)| name == "taken branches").unwrap();
    parts[around + 1..].sort_by_key(|part| std::cmp::Reverse(part.1));
    parts.iter().for_each(|(name, value)| line(name, *value));
}
