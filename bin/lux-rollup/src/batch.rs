//! `lux-rollup batch`.

use crate::l2::{self, DEFAULT_L2};
use crate::output::{plain, print_json, printer};
use clap::Subcommand;
use eyre::eyre;
use lux_l1::L1Client;
use serde_json::{Value, json};

#[derive(Subcommand)]
pub enum BatchCommand {
    /// Everything about one batch.
    Show {
        /// Number, `latest` or `finalized`.
        batch: String,
        /// JSON-RPC endpoint of a node.
        #[arg(long, default_value = DEFAULT_L2)]
        l2: String,
    },
    /// The last batches, newest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 10)]
        count: u64,
        /// JSON-RPC endpoint of a node.
        #[arg(long, default_value = DEFAULT_L2)]
        l2: String,
    },
}

pub async fn run(command: BatchCommand, json: bool) -> eyre::Result<()> {
    match command {
        BatchCommand::Show { batch, l2 } => {
            let client = l2::connect(&l2).await?;
            let selector = match batch.as_str() {
                "latest" | "finalized" => json!(batch),
                number => json!(number.parse::<u64>().map_err(|_| eyre!("{number:?} is not a batch number"))?),
            };
            let value = get(&client, selector).await?.ok_or_else(|| eyre!("there is no batch {batch}"))?;
            printer(json)(&value)
        }
        BatchCommand::List { count, l2 } => list(&l2::connect(&l2).await?, count, json).await?,
    }
    Ok(())
}

async fn get(client: &L1Client, selector: Value) -> eyre::Result<Option<Value>> {
    Ok(client.request("rollup_getBatch", (selector,)).await?)
}

async fn list(client: &L1Client, count: u64, json: bool) -> eyre::Result<()> {
    let Some(latest) = get(client, json!("latest")).await? else { return Ok(()) };
    let last: u64 = plain(&latest["number"]).parse()?;
    if !json {
        println!("{:>8}  {:>18}  {:>9}  {:>8}  {:>7}  final", "batch", "L2 blocks", "L1 block", "bytes", "claim");
    }
    for number in (last.saturating_sub(count.saturating_sub(1))..=last).rev() {
        let Some(batch) = get(client, json!(number)).await? else { continue };
        if json {
            print_json(&batch);
            continue;
        }
        let field = |name: &str| plain(&batch[name]);
        let blocks = format!("{}-{}", field("firstBlock"), field("lastBlock"));
        let (l1, bytes, claim) = (field("l1Block"), field("payloadBytes"), field("claim"));
        println!("{number:>8}  {blocks:>18}  {l1:>9}  {bytes:>8}  {claim:>7}  {}", field("final"));
    }
    Ok(())
}
