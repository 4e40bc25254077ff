//! Every chunk of a batch, run on L1.

use super::host;
use crate::l1::L1;
use crate::report::Report;
use eyre::ensure;
use lux_executor::encode_proof;
use lux_machine::{Machine, Status};
use lux_node::stf_program;
use lux_stf::program::BatchWitness;
use revm::inspector::NoOpInspector;

/// Asked of L1: gas per instruction with everything, gas of a chunk's transaction, its calldata.
const INSTRUCTION_GAS: f64 = 110.0;
const CHUNK_GAS: f64 = 8_000_000.0;
const CHUNK_BYTES: f64 = 110.0 * 1024.0;

pub fn run(report: &mut Report, name: &str, witness: &BatchWitness) -> eyre::Result<()> {
    let mut l1 = L1::new(stf_program(), NoOpInspector)?;
    let mut host = host(witness);
    let mut machine = Machine::new(stf_program(), witness.input);
    let (mut gas, mut bytes) = (Vec::new(), Vec::new());
    while machine.status() == Status::Running {
        let proof = machine.prove_chunk(&mut host)?;
        let run = l1.run(proof.pre, encode_proof(&proof))?;
        machine.run_chunk(&mut host)?;
        ensure!(run.end == machine.state_hash(), "L1 runs chunk {} differently", gas.len());
        gas.push(run.gas as f64);
        bytes.push(run.bytes as f64);
    }
    ensure!(machine.status() == Status::Halted(witness.output.hash()), "the machine gives another output");
    let statistics = machine.statistics();
    let total: f64 = gas.iter().sum();
    let count = gas.len() as f64;
    let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    println!("{name}: {count} chunks");
    let each = total / statistics.instructions as f64;
    report.size("  gas per instruction, proof and calldata included", each, Some(INSTRUCTION_GAS));
    report.size("  gas per unit of weight", total / statistics.weight as f64, None);
    report.size("  instructions per chunk", statistics.instructions as f64 / count, None);
    report.size("  gas of a chunk, mean", total / count, Some(CHUNK_GAS));
    report.size("  gas of a chunk, most", most(&gas), Some(CHUNK_GAS));
    report.size("  bytes of a chunk, mean", bytes.iter().sum::<f64>() / count, Some(CHUNK_BYTES));
    report.size("  bytes of a chunk, most", most(&bytes), Some(CHUNK_BYTES));
    Ok(())
}
