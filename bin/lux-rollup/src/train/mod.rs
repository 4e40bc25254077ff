//! `lux-rollup train`.

mod export;
mod plan;
mod simulate;

use clap::Subcommand;

#[derive(Subcommand)]
pub enum TrainCommand {
    /// Train on one machine with many workers, honest and not, to see what a job would come to.
    Simulate(Box<simulate::SimulateArgs>),
    /// Write the network of a checkpoint as ONNX.
    Export(export::ExportArgs),
}

pub async fn run(command: TrainCommand, json: bool) -> eyre::Result<()> {
    match command {
        TrainCommand::Simulate(args) => simulate::run(*args, json).await,
        TrainCommand::Export(args) => export::run(&args, json),
    }
}
