//! Runs of batches, in the machine and natively.

use super::host;
use crate::batches::Rollup;
use crate::mixes;
use crate::report::Report;
use eyre::ensure;
use lux_machine::{Machine, Status, trace};
use lux_node::stf_program;
use lux_stf::program::BatchWitness;
use std::time::{Duration, Instant};

/// Chunks that no batch here needs.
const MAX_CHUNKS: u64 = 1 << 20;
const REPETITIONS: usize = 3;
/// Asked of tracing, as a multiple of the plain run.
const TRACE_RATIO: f64 = 2.0;
/// Asked of native execution, transactions per second.
const NATIVE_RATE: f64 = 10_000.0;
/// Batches for the native rate, and transactions in each.
const NATIVE_BATCHES: usize = 5;
const NATIVE_TRANSACTIONS: usize = 1_500;

/// Instructions of a batch's run.
pub fn instructions(witness: &BatchWitness) -> eyre::Result<u64> {
    let mut machine = Machine::new(stf_program(), witness.input);
    let status = machine.run(&mut host(witness), MAX_CHUNKS)?;
    ensure!(status == Status::Halted(witness.output.hash()), "the machine gives another output");
    Ok(machine.statistics().instructions)
}

pub fn run(report: &mut Report, rollup: &mut Rollup, witness: &BatchWitness) -> eyre::Result<()> {
    let count = instructions(witness)? as f64;
    let plain = best(|| instructions(witness).map(drop))?;
    let traced =
        best(|| trace(stf_program(), witness.input, &mut host(witness), MAX_CHUNKS).map(drop).map_err(Into::into))?;
    report.rate("instructions of the machine, in millions", count / plain.as_secs_f64() / 1e6, None);
    let ratio = traced.as_secs_f64() / plain.as_secs_f64();
    report.size("run with checkpoints, as a multiple of one without", ratio, Some(TRACE_RATIO));

    let (mut executed, mut transactions) = (Duration::ZERO, 0);
    for _ in 0..NATIVE_BATCHES {
        let batch = mixes::transfers(rollup, NATIVE_TRANSACTIONS)?;
        executed += batch.executed_in;
        transactions += batch.transactions;
    }
    let rate = transactions as f64 / executed.as_secs_f64();
    report.rate("native execution of batches of 1,500 transfers, as a watcher does", rate, Some(NATIVE_RATE));
    Ok(())
}

/// Shortest of a few runs.
fn best(run: impl Fn() -> eyre::Result<()>) -> eyre::Result<Duration> {
    let mut least = Duration::MAX;
    for _ in 0..REPETITIONS {
        let started = Instant::now();
        run()?;
        least = least.min(started.elapsed());
    }
    Ok(least)
}
