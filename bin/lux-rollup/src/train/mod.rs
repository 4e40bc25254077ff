//! `lux-rollup train`.

mod checkpoint;
mod create;
mod export;
mod job_args;
mod member;
mod place;
mod plan;
mod records;
mod roles;
mod simulate;
mod status;

use crate::opening::{self, OpenArgs};
use crate::output::printer;
use clap::Subcommand;
use lux_node::Service;
use serde_json::Value;

#[derive(Subcommand)]
pub enum TrainCommand {
    /// Train on one machine with many workers, honest and not, to see what a job would come to.
    Simulate(Box<simulate::SimulateArgs>),
    /// Set the programs that sum up rounds and check norm proofs, and what disproves false claims about them, on L1 and on L2; on L2 also for a rollup with the preset
    /// hip. Where the owner has a delay, the same command again carries on after it.
    Open(OpenArgs),
    /// Have a network trained: terms and first weights go into the store, and the reward into the contract.
    Create(Box<create::CreateArgs>),
    /// Work for a job: join it, train on own data, answer every phase, until the job is over.
    Run(roles::RunArgs),
    /// Move a job's rounds on: aggregate, answer challenges, have rewards paid, until the job is over.
    Coordinate(roles::CoordinateArgs),
    /// Check every public aggregate and norm proof of a job: have false ones disproved, their workers slashed, and false accusations fall.
    Watch(roles::WatchArgs),
    /// Show where a job stands, and who works for it.
    Status(status::StatusArgs),
    /// Become a worker of a job, or come back: locks the stake, or shows an enclave's signature.
    Join(member::JoinArgs),
    /// Take part in no further round.
    Leave(member::JobCallArgs),
    /// Get the stake back, a challenge period after leaving or the job's end.
    Release(member::JobCallArgs),
    /// Pay rewards and stakes out of the contract.
    Withdraw(member::WithdrawArgs),
    /// Let no further round of an own job begin. What is not paid comes back.
    Cancel(member::JobCallArgs),
    /// Write the weights of a job as a checkpoint.
    Checkpoint(checkpoint::CheckpointArgs),
    /// Write the network of a checkpoint as ONNX.
    Export(export::ExportArgs),
}

pub async fn run(command: TrainCommand, json: bool) -> eyre::Result<()> {
    let print = |value: Value| printer(json)(&value);
    match command {
        TrainCommand::Simulate(args) => simulate::run(*args, json).await?,
        TrainCommand::Open(args) => opening::run(Service::Training, args, json).await?,
        TrainCommand::Create(args) => print(create::run(*args, json).await?),
        TrainCommand::Run(args) => roles::run(args, json).await?,
        TrainCommand::Coordinate(args) => roles::coordinate(args, json).await?,
        TrainCommand::Watch(args) => roles::watch(args, json).await?,
        TrainCommand::Checkpoint(args) => print(checkpoint::run(args).await?),
        TrainCommand::Status(args) => status::run(args, json).await?,
        TrainCommand::Join(args) => print(member::join(args, json).await?),
        TrainCommand::Leave(args) => print(member::leave(args, json).await?),
        TrainCommand::Release(args) => print(member::release(args, json).await?),
        TrainCommand::Withdraw(args) => print(member::withdraw(args, json).await?),
        TrainCommand::Cancel(args) => print(member::cancel(args, json).await?),
        TrainCommand::Export(args) => export::run(&args, json)?,
    }
    Ok(())
}
