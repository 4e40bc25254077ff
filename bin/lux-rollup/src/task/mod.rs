//! `lux-rollup task`.

mod challenge;
mod result;
mod sealed;
mod status;
mod submit;

use crate::market_args::MarketArgs;
use crate::output::printer;
use alloy_primitives::B256;
use clap::{Args, Subcommand};
use eyre::eyre;
use lux_compute::Market;
use lux_protocol::market::contract::IComputeMarket::Task;
use lux_protocol::market::contract::TaskStatus;
use serde_json::Value;

#[derive(Subcommand)]
pub enum TaskCommand {
    /// Offer a task: a model, an input, a price.
    Submit(submit::SubmitArgs),
    /// Show where a task stands.
    Status(StatusArgs),
    /// Get the output of a task.
    Result(result::ResultArgs),
    /// Compute a task again, and have its result rejected if it is false.
    Challenge(challenge::ChallengeArgs),
    /// Get back what an open task, or one whose worker did not deliver, has locked.
    Refund(submit::RefundArgs),
}

#[derive(Args)]
pub struct StatusArgs {
    #[command(flatten)]
    named: NamedTask,
}

/// A task on a market.
#[derive(Args, Clone)]
pub struct NamedTask {
    /// Id of the task.
    task: B256,
    #[command(flatten)]
    market: MarketArgs,
}

impl NamedTask {
    /// The task as its market has it, and the first block that may know of it.
    async fn find(&self) -> eyre::Result<(Market, u64, Task)> {
        let (market, first_block) = self.market.find().await?;
        let task = market.task(self.task).await?;
        if task.progress.status == TaskStatus::None {
            return Err(eyre!("the market {} has no task {}", market.address, self.task));
        }
        Ok((market, first_block, task))
    }
}

pub async fn run(command: TaskCommand, json: bool) -> eyre::Result<()> {
    let value = match command {
        TaskCommand::Submit(args) => submit::submit(args, json).await?,
        TaskCommand::Status(args) => status::status(args).await?,
        TaskCommand::Result(args) => result::result(args, json).await?,
        TaskCommand::Challenge(args) => challenge::challenge(args, json).await?,
        TaskCommand::Refund(args) => submit::refund(args, json).await?,
    };
    print(&value, json);
    Ok(())
}

fn print(value: &Value, json: bool) {
    printer(json)(value)
}

/// As `getTask` numbers them (docs/ai-compute.md).
fn status_name(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::None => "none",
        TaskStatus::Open => "open",
        TaskStatus::Claimed => "claimed",
        TaskStatus::Submitted => "submitted",
        TaskStatus::Final => "final",
        TaskStatus::Disproved => "disproved",
        TaskStatus::Refunded => "refunded",
        TaskStatus::__Invalid => "unknown to this version",
    }
}
