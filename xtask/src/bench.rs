//! `cargo xtask bench`: builds what is measured and measures it.

use crate::command::{cargo, run as execute};
use crate::node_modules;
use clap::Args;

#[derive(Args)]
pub struct BenchArgs {
    /// Parts to measure: engine, inference, market, payload, proofs, rpc [default: all].
    parts: Vec<String>,
}

pub fn run(args: BenchArgs) -> eyre::Result<()> {
    // anvil is the peer of the RPC measurement.
    node_modules::install()?;
    execute(&mut cargo(&["build", "--release", "--package", "lux-rollup", "--package", "lux-bench"]))?;
    let mut bench = cargo(&["run", "--release", "--quiet", "--package", "lux-bench", "--"]);
    execute(bench.args(&args.parts))
}
