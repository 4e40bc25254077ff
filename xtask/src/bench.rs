//! `cargo xtask bench`: builds what is measured and measures it.

use crate::command::{cargo, run as execute};
use crate::node_modules;
use clap::Args;

#[derive(Args)]
pub struct BenchArgs {
    /// Parts to measure: engine, inference, market, norm-proofs, payload, proofs, rounds, rpc, secagg, training [default: all].
    parts: Vec<String>,
}

pub fn run(args: BenchArgs) -> eyre::Result<()> {
    let mut build = cargo(&["build", "--release", "--package", "lux-bench"]);
    if args.parts.is_empty() || args.parts.iter().any(|part| part == "rpc") {
        // This part alone starts the node, and anvil beside it.
        node_modules::install()?;
        build.args(["--package", "lux-rollup"]);
    }
    execute(&mut build)?;
    let mut bench = cargo(&["run", "--release", "--quiet", "--package", "lux-bench", "--"]);
    execute(bench.args(&args.parts))
}
