//! `lux-rollup train`.

mod export;
mod plan;
mod simulate;

use crate::opening::{self, OpenArgs};
use clap::Subcommand;
use lux_node::Service;

#[derive(Subcommand)]
pub enum TrainCommand {
    /// Train on one machine with many workers, honest and not, to see what a job would come to.
    Simulate(Box<simulate::SimulateArgs>),
    /// Set the program that sums up rounds, and what disproves false sums, on L1 and on L2; on L2 also for a rollup with the preset hip. Where
    /// the owner has a delay, the same command again carries on after it.
    Open(OpenArgs),
    /// Write the network of a checkpoint as ONNX.
    Export(export::ExportArgs),
}

pub async fn run(command: TrainCommand, json: bool) -> eyre::Result<()> {
    match command {
        TrainCommand::Simulate(args) => simulate::run(*args, json).await,
        TrainCommand::Open(args) => opening::run(Service::Training, args, json).await,
        TrainCommand::Export(args) => export::run(&args, json),
    }
}
