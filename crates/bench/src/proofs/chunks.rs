//! Every chunk of a run, on L1.

use crate::l1::L1;
use crate::report::Report;
use alloy_primitives::{B256, Bytes};
use eyre::ensure;
use lux_executor::encode_proof;
use lux_machine::{Machine, Program, Status};
use revm::inspector::NoOpInspector;
use std::collections::HashMap;

/// Asked of L1: gas per instruction with everything, gas of a chunk's transaction, its calldata.
const INSTRUCTION_GAS: f64 = 110.0;
const CHUNK_GAS: f64 = 8_000_000.0;
const CHUNK_BYTES: f64 = 110.0 * 1024.0;

/// A run, and what it must come to.
pub struct Subject<'a> {
    pub program: &'a Program,
    pub input: B256,
    pub output: B256,
    pub preimages: HashMap<B256, Bytes>,
}

/// Gas of every chunk.
pub fn run(report: &mut Report, name: &str, subject: Subject<'_>) -> eyre::Result<Vec<u64>> {
    let Subject { program, input, output, preimages: mut host } = subject;
    let mut l1 = L1::new(program, NoOpInspector)?;
    let mut machine = Machine::new(program, input);
    let (mut gas, mut bytes) = (Vec::new(), Vec::new());
    while machine.status() == Status::Running {
        let proof = machine.prove_chunk(&mut host)?;
        let run = l1.run(proof.pre, encode_proof(&proof))?;
        machine.run_chunk(&mut host)?;
        ensure!(run.end == machine.state_hash(), "L1 runs chunk {} differently", gas.len());
        gas.push(run.gas);
        bytes.push(run.bytes as f64);
    }
    ensure!(machine.status() == Status::Halted(output), "the machine gives another output");
    let statistics = machine.statistics();
    let total = gas.iter().sum::<u64>() as f64;
    let count = gas.len() as f64;
    println!("{name}: {count} chunks");
    let each = total / statistics.instructions as f64;
    report.size("  gas per instruction, proof and calldata included", each, Some(INSTRUCTION_GAS));
    report.size("  gas per unit of weight", total / statistics.weight as f64, None);
    report.size("  instructions per chunk", statistics.instructions as f64 / count, None);
    report.size("  gas of a chunk, mean", total / count, Some(CHUNK_GAS));
    report.size("  gas of a chunk, most", gas.iter().copied().max().unwrap_or_default() as f64, Some(CHUNK_GAS));
    report.size("  bytes of a chunk, mean", bytes.iter().sum::<f64>() / count, Some(CHUNK_BYTES));
    report.size("  bytes of a chunk, most", bytes.iter().copied().fold(0.0, f64::max), Some(CHUNK_BYTES));
    Ok(gas)
}
