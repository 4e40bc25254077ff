//! The program of inference claims on the machine.

use crate::report::Report;
use eyre::ensure;
use lux_compute::claimed_output;
use lux_inference::Bundle;
use lux_inference::fast::Engine;
use lux_machine::{Machine, Status, trace};
use lux_models::{Witness, infer_program};
use std::time::Instant;

/// Asked of a plain run, instructions per second.
const TARGET: f64 = 100e6;
const RUNS: usize = 3;
/// Chunks that no run here needs.
const MAX_CHUNKS: u64 = 1 << 20;

pub fn run(report: &mut Report, name: &str, bundle: &Bundle, input: &[u8]) -> eyre::Result<()> {
    let expected = Status::Halted(claimed_output(Some(&Engine::new(bundle, 1).run(input)?)));
    let witness = Witness::new(bundle, input);
    let (mut best, mut instructions) = (f64::MAX, 0);
    for _ in 0..RUNS {
        let (mut machine, mut host) = (Machine::new(infer_program(), witness.input), witness.preimages.clone());
        let start = Instant::now();
        let status = machine.run(&mut host, MAX_CHUNKS)?;
        best = best.min(start.elapsed().as_secs_f64());
        ensure!(status == expected, "the machine came to another output: {status:?}");
        instructions = machine.statistics().instructions;
    }
    let start = Instant::now();
    let run = trace(infer_program(), witness.input, &mut witness.preimages.clone(), MAX_CHUNKS)?;
    let traced = start.elapsed().as_secs_f64();
    ensure!(run.outcome == expected, "the trace ends as {:?}", run.outcome);
    report.rate(&format!("{name} on the machine, instructions"), instructions as f64 / best, Some(TARGET));
    println!(
        "  {instructions} instructions in {} chunks: {best:.2} s, with all checkpoints {traced:.2} s",
        run.checkpoints.len()
    );
    Ok(())
}
