//! `cargo xtask artifacts`: what `solc` makes of `contracts/src`.

use crate::command::{command, run as execute};
use crate::node_modules;
use eyre::eyre;

#[derive(clap::Args)]
pub struct ArtifactsArgs {
    /// Write nothing; fail when a committed artifact differs from its source.
    #[arg(long)]
    check: bool,
}

pub fn run(args: ArtifactsArgs) -> eyre::Result<()> {
    if let Some(reason) = node_modules::missing_tools() {
        return Err(eyre!("{reason}"));
    }
    node_modules::install()?;
    compile(args.check)
}

/// Compiles; the Node modules are there.
pub fn compile(check: bool) -> eyre::Result<()> {
    let mut compile = command("node", &["contracts/compile.mjs"]);
    if check {
        compile.arg("--check");
    }
    execute(&mut compile)
}
