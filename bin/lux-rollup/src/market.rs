//! `lux-rollup market`.

use crate::opening::{self, OpenArgs};
use clap::Subcommand;
use lux_node::Service;

#[derive(Subcommand)]
pub enum MarketCommand {
    /// Set the program of the compute tasks, and what disproves their results, on L1 and on L2. Where the owner has a delay, the
    /// same command again carries on after it.
    Open(OpenArgs),
}

pub async fn run(command: MarketCommand, json: bool) -> eyre::Result<()> {
    let MarketCommand::Open(args) = command;
    opening::run(Service::Market, args, json).await
}
