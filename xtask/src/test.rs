//! `cargo xtask test`: every test of the repository, and a summary.

use crate::command::{cargo, command, root, run as execute};
use crate::node_modules;
use crate::{artifacts, guests};
use clap::ValueEnum;
use eyre::{bail, eyre};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub struct TestArgs {
    /// Run only one part; may be repeated.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Rust,
    Solidity,
    Programs,
    E2e,
}

struct Suite {
    part: Part,
    name: &'static str,
    run: fn() -> eyre::Result<()>,
}

const SUITES: [Suite; 6] = [
    Suite { part: Part::Rust, name: "Rust tests", run: rust },
    Suite { part: Part::Solidity, name: "contract artifacts", run: || artifacts::compile(true) },
    Suite { part: Part::Solidity, name: "Solidity tests", run: solidity },
    Suite { part: Part::Solidity, name: "gas snapshots", run: gas },
    Suite { part: Part::Programs, name: "programs of the machine", run: || guests::build_and_compare(true) },
    Suite { part: Part::E2e, name: "end-to-end tests", run: e2e },
];

/// Variable with the program that end-to-end tests start.
const BINARY: &str = "LUX_ROLLUP_BIN";

enum Outcome {
    Passed(Duration),
    Failed(Duration, eyre::Report),
    Skipped(String),
}

pub fn run(args: TestArgs) -> eyre::Result<()> {
    let packages = prepare_packages();
    let mut report = Vec::new();
    if let Packages::Unavailable(reason) = &packages
        && selected(&args, Part::Rust)
    {
        report.push(("Rust tests against anvil", Outcome::Skipped(reason.clone())));
    }
    for suite in SUITES.iter().filter(|suite| selected(&args, suite.part)) {
        eprintln!("\n== {}", suite.name);
        let outcome = match (suite.part, &packages) {
            (Part::Programs, _) => guests::missing_tools().map_or_else(|| timed(suite.run), Outcome::Skipped),
            (Part::Rust, _) | (_, Packages::Ready) => timed(suite.run),
            (_, Packages::Unavailable(reason)) => Outcome::Skipped(reason.clone()),
            (_, Packages::Broken(error)) => Outcome::Failed(Duration::ZERO, eyre!("{error}")),
        };
        report.push((suite.name, outcome));
    }
    summarize(&report)
}

fn selected(args: &TestArgs, part: Part) -> bool {
    args.only.is_empty() || args.only.contains(&part)
}

enum Packages {
    Ready,
    Unavailable(String),
    Broken(String),
}

/// First of all: Rust tests that need anvil pass over what they cannot start.
fn prepare_packages() -> Packages {
    if let Some(reason) = node_modules::missing_tools() {
        return Packages::Unavailable(reason);
    }
    if let Err(error) = node_modules::install() {
        return Packages::Broken(format!("{error:#}"));
    }
    node_modules::missing_foundry().map_or(Packages::Ready, Packages::Unavailable)
}

fn timed(run: fn() -> eyre::Result<()>) -> Outcome {
    let start = Instant::now();
    match run() {
        Ok(()) => Outcome::Passed(start.elapsed()),
        Err(error) => Outcome::Failed(start.elapsed(), error),
    }
}

/// One choice for everything, so that no crate is compiled twice.
const FEATURES: &str = "lux-inference/import,lux-tee/dev-pki,lux-tee/ring";

fn rust() -> eyre::Result<()> {
    execute(&mut cargo(&["test", "--workspace", "--features", FEATURES]))
}

fn solidity() -> eyre::Result<()> {
    execute(forge().arg("test"))
}

/// `contracts/README.md` says how to accept new costs.
fn gas() -> eyre::Result<()> {
    let mut forge = forge();
    forge.args(["snapshot", "--check", "snapshots/.gas-snapshot"]).env("FOUNDRY_PROFILE", "gas");
    execute(forge.env("FORGE_SNAPSHOT_CHECK", "true").env("FORGE_SNAPSHOT_EMIT", "false"))
}

fn forge() -> Command {
    let mut forge = command(node_modules::foundry("forge"), &[]);
    forge.current_dir(root().join("contracts"));
    forge
}

fn e2e() -> eyre::Result<()> {
    // One file after the other: each starts chains of its own. The limit is for a test that hangs, not for a slow one.
    let mut node =
        command("node", &["--test", "--test-concurrency=1", "--test-timeout=300000", "--test-reporter=spec"]);
    if std::env::var_os(BINARY).is_none() {
        // With the targets and the profile of the Rust tests everything is there but the program, and arithmetic is checked.
        execute(&mut cargo(&["build", "--workspace", "--bins", "--tests", "--examples", "--features", FEATURES]))?;
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        node.env(BINARY, root().join(target).join("debug/lux-rollup"));
    }
    execute(node.args(e2e_files()?))
}

fn e2e_files() -> eyre::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in root().join("e2e").read_dir()? {
        let name = PathBuf::from(entry?.file_name());
        if name.to_string_lossy().ends_with(".test.mjs") {
            files.push(PathBuf::from("e2e").join(name));
        }
    }
    files.sort();
    Ok(files)
}

/// In CI nothing may be skipped.
fn summarize(report: &[(&str, Outcome)]) -> eyre::Result<()> {
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    eprintln!("\n== Summary");
    let mut failed = false;
    for (name, outcome) in report {
        match outcome {
            Outcome::Passed(time) => eprintln!("passed   {name} ({} s)", time.as_secs()),
            Outcome::Failed(time, error) => eprintln!("FAILED   {name} ({} s): {error:#}", time.as_secs()),
            Outcome::Skipped(reason) => eprintln!("SKIPPED  {name}: {reason}"),
        }
        failed |= match outcome {
            Outcome::Passed(_) => false,
            Outcome::Failed(..) => true,
            Outcome::Skipped(_) => ci,
        };
    }
    if failed {
        bail!("not everything passed");
    }
    Ok(())
}
