//! `cargo xtask`: the development commands of this repository. One file per subcommand.

mod artifacts;
mod bench;
mod command;
mod docs;
mod guests;
mod node_modules;
mod test;

use clap::Parser;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Development commands of lux-rollup")]
enum Xtask {
    /// Set up what the tests need and run all of them.
    Test(test::TestArgs),
    /// Compile the contracts and write their artifacts.
    Artifacts(artifacts::ArtifactsArgs),
    /// Build the programs of the machine.
    Guests(guests::GuestsArgs),
    /// Measure, beside the target or a peer.
    Bench(bench::BenchArgs),
    /// Check the relative links of all Markdown files.
    Docs,
}

fn main() -> ExitCode {
    let result = match Xtask::parse() {
        Xtask::Test(args) => test::run(args),
        Xtask::Artifacts(args) => artifacts::run(args),
        Xtask::Guests(args) => guests::run(args),
        Xtask::Bench(args) => bench::run(args),
        Xtask::Docs => docs::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
