//! `lux-rollup model`.

pub mod files;
mod import;
pub mod input;
mod inspect;
mod place;
mod quantize;
mod register;
mod run;
mod samples;
pub mod store;
mod update;

use clap::Subcommand;

#[derive(Subcommand)]
pub enum ModelCommand {
    /// Read a network and say whether it can become a model of integers.
    Import(import::ImportArgs),
    /// Make a model of integers from a network and samples of its inputs, keep it, and say what that cost in accuracy.
    Quantize(quantize::QuantizeArgs),
    /// Show the operations of a model and what they take.
    Inspect(inspect::InspectArgs),
    /// Run a model.
    Run(run::RunArgs),
    /// Register a model with the compute market.
    Register(register::RegisterArgs),
    /// Register a model as the successor of an own one, with its terms; the market keeps the lineage.
    Update(update::UpdateArgs),
}

pub async fn run(command: ModelCommand, json: bool) -> eyre::Result<()> {
    match command {
        ModelCommand::Import(args) => import::run(args, json).await,
        ModelCommand::Quantize(args) => quantize::run(args, json).await,
        ModelCommand::Inspect(args) => inspect::run(args, json).await,
        ModelCommand::Run(args) => run::run(args, json).await,
        ModelCommand::Register(args) => register::run(args, json).await,
        ModelCommand::Update(args) => update::run(args, json).await,
    }
}

/// Computing that takes longer than a thread of the runtime should be kept.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> eyre::Result<T> + Send + 'static) -> eyre::Result<T> {
    tokio::task::spawn_blocking(work).await?
}
