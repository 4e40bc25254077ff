//! Measurements behind `cargo xtask bench`. They print; they never fail because something is slow.

use clap::{Parser, ValueEnum};
use lux_bench::{engine, inference, market, norm_proofs, payload, proofs, report, rounds, rpc, secagg, training};
use std::path::PathBuf;

#[derive(Parser)]
struct Args {
    /// What to measure [default: everything].
    only: Vec<Part>,
    /// The `lux-rollup` binary, built with --release.
    #[arg(long, default_value = "target/release/lux-rollup")]
    binary: PathBuf,
    /// The `anvil` binary to compare with.
    #[arg(long, default_value = "node_modules/.bin/anvil")]
    anvil: PathBuf,
    /// The `python3` that has ONNX Runtime, numpy and Flower to compare with.
    #[arg(long, env = "PYTHON", default_value = "python3")]
    python: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Engine,
    Inference,
    Market,
    NormProofs,
    Payload,
    Proofs,
    Rounds,
    Rpc,
    Secagg,
    Training,
}

fn main() -> eyre::Result<()> {
    let args = Args::parse();
    let wanted = |part| args.only.is_empty() || args.only.contains(&part);
    let mut report = report::Report::default();
    if wanted(Part::Payload) {
        payload::run(&mut report)?;
    }
    if wanted(Part::Engine) {
        engine::run(&mut report)?;
    }
    if wanted(Part::Inference) {
        inference::run(&mut report, &args.python)?;
    }
    if wanted(Part::Proofs) {
        proofs::run(&mut report)?;
    }
    if wanted(Part::NormProofs) {
        norm_proofs::run(&mut report)?;
    }
    if wanted(Part::Rounds) {
        rounds::run(&mut report)?;
    }
    if wanted(Part::Secagg) {
        secagg::run(&mut report, &args.python)?;
    }
    if wanted(Part::Training) {
        training::run(&mut report, &args.python)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if wanted(Part::Market) {
        runtime.block_on(market::run(&mut report))?;
    }
    if wanted(Part::Rpc) {
        runtime.block_on(rpc::run(&mut report, &args.binary, &args.anvil))?;
    }
    Ok(())
}
