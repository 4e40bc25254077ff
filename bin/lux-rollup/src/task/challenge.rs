//! `lux-rollup task challenge`.

use super::{NamedTask, status_name};
use crate::keys::KeyArgs;
use crate::l2::{open_transactions, tx_config};
use crate::output::Progress;
use crate::worker::{DataArgs, carry_on};
use clap::Args;
use eyre::eyre;
use lux_compute::{Role, Watcher, WatcherConfig};
use lux_l1::system_clock;
use lux_protocol::market::ModelTerms;
use lux_protocol::market::contract::TaskStatus;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args)]
pub struct ChallengeArgs {
    #[command(flatten)]
    named: NamedTask,
    /// Key that challenges, with coins for a bond and gas.
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    data: DataArgs,
    /// Folder of the transactions: an interrupted command continues from it.
    #[arg(long, value_name = "FOLDER", default_value = "data/challenge")]
    folder: PathBuf,
}

const POLL: Duration = Duration::from_millis(500);

/// Goes on until the result is gone, or known to be true.
pub async fn challenge(args: ChallengeArgs, json: bool) -> eyre::Result<Value> {
    let id = args.named.task;
    let wallet = args.key.require()?;
    let (market, _, task) = args.named.find().await?;
    if task.progress.status != TaskStatus::Submitted {
        return Err(eyre!("there is nothing to challenge: task {id} is {}", status_name(task.progress.status)));
    }
    if task.progress.worker == wallet.address() {
        return Err(eyre!("this is the key of the worker: challenge with another one"));
    }
    if task.progress.flags & ModelTerms::SEALED != 0 {
        return Err(eyre!(
            "the input of task {id} is sealed: its result rests on the signatures of enclaves, and the market takes no proof about it"
        ));
    }
    let transactions = open_transactions(&market.chain, wallet, &args.folder, tx_config(), system_clock()).await?;
    let config = WatcherConfig { audit_traces: true, parallel: 1, only: Some(id) };
    let shop = args.data.shop(market.clone(), &args.folder).await?;
    let mut watcher = Watcher::open(shop, Some(transactions), config).await?;
    let progress = Progress::new(json);
    loop {
        carry_on(watcher.step().await)?;
        let status = market.task(id).await?.progress.status;
        if status != TaskStatus::Submitted && !watcher.has_bonds() {
            return Ok(json!({ "task": id, "status": status_name(status) }));
        }
        if market.account(task.progress.worker).await?.isSlashed && status == TaskStatus::Submitted {
            return Err(eyre!(
                "its worker was slashed for another result: this one is void, and `task refund` ends it"
            ));
        }
        match watcher.is_true(id) {
            Some(true) => return Err(eyre!("the result of task {id} is true: nothing disproves it")),
            Some(false) => progress.while_waiting("disputing", tokio::time::sleep(POLL)).await,
            None if watcher.is_computing() => progress.while_waiting("computing", watcher.run_ends()).await?,
            None if watcher.is_given_up(id) => {
                return Err(eyre!("the result of task {id} cannot be judged by this version; the log says why"));
            }
            None => progress.while_waiting("looking for the result and its data", tokio::time::sleep(POLL)).await,
        }
    }
}
