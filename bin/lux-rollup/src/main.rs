//! The `lux-rollup` command.

mod batch;
mod blobs;
mod bridge;
mod challenge;
mod confidential;
mod config;
mod deploy;
mod dev;
mod dev_enclave;
mod duration;
mod encrypted;
mod init;
mod keys;
mod l2;
mod layer;
mod lines;
mod machine;
mod market;
mod market_args;
mod model;
mod node;
mod opening;
mod output;
mod prove;
mod screen;
mod status;
mod task;
mod tee;
mod train;
mod worker;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Launch and run Ethereum-compatible layer-2 rollups.
#[derive(Parser)]
#[command(name = "lux-rollup", version, about, max_term_width = 110)]
struct Cli {
    /// Machine-readable output: one JSON object per line on standard output.
    #[arg(long, global = true)]
    json: bool,
    /// More logs on standard error: -v, -vv. RUST_LOG overrides.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start a complete rollup on this machine: L1, contracts, L2, all roles.
    Dev(dev::DevArgs),
    /// Write a commented configuration file.
    Init(init::InitArgs),
    /// Deploy the rollup of a configuration to its L1.
    Deploy(deploy::DeployArgs),
    /// Run a node of a deployed rollup.
    Node(node::NodeArgs),
    /// Move ETH, tokens and messages between L1 and L2.
    #[command(subcommand)]
    Bridge(bridge::BridgeCommand),
    /// Look at the batches on L1.
    #[command(subcommand)]
    Batch(batch::BatchCommand),
    /// Disprove a false claim about a batch on L1.
    Challenge(challenge::ChallengeArgs),
    /// Write the proof of one chunk of a batch's run.
    Prove(prove::ProveArgs),
    /// Open the compute market of a rollup with the preset hip, or that of the L2 of one with the preset zip.
    #[command(subcommand)]
    Market(market::MarketCommand),
    /// Turn neural networks into models of integers, look into them, run and register them.
    #[command(subcommand)]
    Model(model::ModelCommand),
    /// Keep blobs, such as models and their weights, and serve them.
    #[command(subcommand)]
    Blobs(blobs::BlobsCommand),
    /// Buy inference.
    #[command(subcommand)]
    Task(task::TaskCommand),
    /// Sell inference, or check what others sell.
    #[command(subcommand)]
    Worker(worker::WorkerCommand),
    /// Train one model by many who do not trust each other.
    #[command(subcommand)]
    Train(train::TrainCommand),
    /// Look into programs of the fault proofs' machine, and run them.
    #[command(subcommand)]
    Machine(machine::MachineCommand),
    /// Look into attestations of trusted hardware, and check them.
    #[command(subcommand)]
    Tee(tee::TeeCommand),
    /// Send transactions that only the sequencer's enclave reads before they are in a block.
    #[command(subcommand)]
    Confidential(confidential::ConfidentialCommand),
    /// Show where a node stands.
    Status(status::StatusArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    init_logs(cli.verbose);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start the runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(run(cli));
    // Blocking work still under way must not keep a stopped process alive; what it accepted is already on disk.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", explain(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and what caused it, each once: most errors already quote their cause.
fn explain(error: &eyre::Report) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| match text.as_str() {
        "" => cause,
        said if said.contains(&cause) => text,
        said => format!("{said}: {cause}"),
    })
}

async fn run(cli: Cli) -> eyre::Result<()> {
    let json = cli.json;
    match cli.command {
        Command::Dev(args) => dev::run(args, json).await,
        Command::Init(args) => init::run(args),
        Command::Deploy(args) => deploy::run(args, json).await,
        Command::Node(args) => node::run(args, json).await,
        Command::Bridge(command) => bridge::run(command, json).await,
        Command::Batch(command) => batch::run(command, json).await,
        Command::Challenge(args) => challenge::run(args, json).await,
        Command::Prove(args) => prove::run(args, json).await,
        Command::Market(command) => market::run(command, json).await,
        Command::Model(command) => model::run(command, json).await,
        Command::Blobs(command) => blobs::run(command, json).await,
        Command::Task(command) => task::run(command, json).await,
        Command::Worker(command) => worker::run(command, json).await,
        Command::Train(command) => train::run(command, json).await,
        Command::Machine(command) => machine::run(command, json).await,
        Command::Tee(command) => tee::run(command, json).await,
        Command::Confidential(command) => confidential::run(command, json).await,
        Command::Status(args) => status::run(args, json).await,
    }
}

fn init_logs(verbose: u8) {
    use tracing_subscriber::EnvFilter;
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new(format!(
            "warn,lux_node={level},lux_l1={level},lux_devnet={level},lux_blobs={level},lux_compute={level},lux_federated={level},lux_sealed={level},lux_rollup={level}"
        ))
    });
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}
