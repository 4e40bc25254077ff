//! `lux-rollup status`.

use crate::l2::{self, DEFAULT_L2};
use crate::output::printer;
use clap::Args;
use serde_json::{Map, Value};

#[derive(Args)]
pub struct StatusArgs {
    /// JSON-RPC endpoint of a node.
    #[arg(long, default_value = DEFAULT_L2)]
    l2: String,
}

/// What of `rollup_config` belongs on the first screen.
const SHOWN: [&str; 6] = ["rollup", "rollupType", "executionMode", "l1ChainId", "l2ChainId", "sequencer"];

pub async fn run(args: StatusArgs, json: bool) -> eyre::Result<()> {
    let client = l2::connect(&args.l2).await?;
    let config: Map<String, Value> = client.request("rollup_config", ()).await?;
    let sync: Map<String, Value> = client.request("rollup_syncStatus", ()).await?;
    let shown = SHOWN.iter().filter_map(|name| Some((name.to_string(), config.get(*name)?.clone())));
    let value = Value::Object(shown.chain(sync).collect());
    printer(json)(&value);
    Ok(())
}
