//! The program of inference claims on the machine.

use crate::report::Report;
use eyre::{ensure, eyre};
use lux_inference::program::run_inference;
use lux_inference::{Bundle, blob};
use lux_machine::{Machine, Program, Status};
use lux_oracle::{Preimages, Recorder};
use std::collections::HashMap;
use std::time::Instant;

/// Asked of a plain run, instructions per second.
const TARGET: f64 = 100e6;
const RUNS: usize = 5;
/// Chunks that no run here needs.
const MAX_CHUNKS: u64 = 1 << 20;

pub fn run(report: &mut Report, bundle: &Bundle) -> eyre::Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../programs/artifacts/infer.elf");
    let program = Program::from_elf(&std::fs::read(path)?)?;
    let mut known = Preimages::default();
    let mut add = |bytes: &[u8]| {
        blob::preimages(bytes, |preimage| {
            known.insert(preimage.to_vec());
        })
    };
    let pair = [add(&bundle.model.encode()).0, add(&vec![7; bundle.model.input_bytes()]).0];
    bundle.blobs.values().for_each(|weights| {
        add(weights);
    });
    let claim = known.insert(pair.concat());
    let recorder = Recorder::new(&known);
    let output = run_inference(claim, &recorder).map_err(|missing| eyre!("{missing}"))?;
    let host: HashMap<_, _> = recorder.into_preimages().iter().map(|(hash, bytes)| (*hash, bytes.clone())).collect();
    let (mut best, mut instructions) = (f64::MAX, 0);
    for _ in 0..RUNS {
        let (mut machine, mut host) = (Machine::new(&program, claim), host.clone());
        let start = Instant::now();
        let status = machine.run(&mut host, MAX_CHUNKS)?;
        best = best.min(start.elapsed().as_secs_f64());
        ensure!(status == Status::Halted(output), "the machine came to another output: {status:?}");
        instructions = machine.statistics().instructions;
    }
    report.rate("LeNet-5 on the machine, instructions", instructions as f64 / best, Some(TARGET));
    Ok(())
}
