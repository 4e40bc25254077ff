//! `lux-rollup task result`.

use super::sealed::SecretArgs;
use super::{NamedTask, status_name};
use crate::model::store::{StoreArgs, client};
use crate::output::Progress;
use alloy_primitives::{B256, Bytes, hex};
use alloy_sol_types::SolEvent;
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_blobs::{BlobError, BlobStore};
use lux_compute::Market;
use lux_l1::{Log, LogFilter};
use lux_protocol::market::contract::IComputeMarket::ResultEvidence;
use lux_protocol::market::contract::TaskStatus;
use lux_protocol::market::{ModelTerms, ResultProof};
use lux_protocol::payload_commitment;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

#[derive(Args)]
pub struct ResultArgs {
    #[command(flatten)]
    named: NamedTask,
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten)]
    secrets: SecretArgs,
    /// Fetch the output from this server of blobs, where it came not with the result.
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// Wait until there is a result.
    #[arg(long)]
    wait: bool,
    /// Write the output here, as the model has it: `model run` shows it in real numbers.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

const POLL: Duration = Duration::from_millis(500);
/// Outputs that are fetched, and printed.
const MAX_OUTPUT_BYTES: u64 = 1 << 30;
const MAX_PRINTED_BYTES: usize = 256;

pub async fn result(args: ResultArgs, json: bool) -> eyre::Result<Value> {
    let id = args.named.task;
    let (market, first_block, mut task) = args.named.find().await?;
    let progress = Progress::new(json);
    while args.wait && matches!(task.progress.status, TaskStatus::Open | TaskStatus::Claimed) {
        if market.chain.head().await?.timestamp > task.progress.until.to::<u64>() {
            return Err(eyre!(
                "task {id} is over without a result: nobody delivered in time; `task refund` gives back what it locked"
            ));
        }
        progress.while_waiting(status_name(task.progress.status), tokio::time::sleep(POLL)).await;
        task = market.task(id).await?;
    }
    if task.output.is_zero() {
        return Err(eyre!("task {id} has no result; it is {}", status_name(task.progress.status)));
    }
    let store = args.place.create()?;
    let output = match inline_output(&market, first_block, id, task.output).await? {
        Some(output) => {
            store.put(output.clone().into()).await?;
            output
        }
        None => from_elsewhere(&store, args.from.as_deref(), task.output).await?,
    };
    let output = match task.progress.flags & ModelTerms::SEALED {
        0 => Zeroizing::new(output.to_vec()),
        _ => args.secrets.open(&market, task.offer.requester, id, &output).await?,
    };
    if let Some(file) = &args.out {
        std::fs::write(file, &output).wrap_err_with(|| file.display().to_string())?;
    }
    let shown = if output.len() > MAX_PRINTED_BYTES {
        format!("{} bytes", output.len())
    } else {
        hex::encode_prefixed(output.as_slice())
    };
    Ok(json!({
        "task": id,
        "status": status_name(task.progress.status),
        "commitment": task.output,
        "output": shown,
        // Until then it is a claim.
        "finalAt": market.final_at(id).await?,
    }))
}

/// The output that came with the result.
async fn inline_output(market: &Market, first: u64, id: B256, commitment: B256) -> eyre::Result<Option<Bytes>> {
    let filter = LogFilter { addresses: vec![market.address], topics: vec![ResultEvidence::SIGNATURE_HASH] };
    let proof = |log: &Log| {
        let event = ResultEvidence::decode_log_data(log.data()).ok()?;
        (event.taskId == id).then_some(event.zkProof)
    };
    let Some(proof) = market.chain.find_last_log(&filter, first, proof).await? else { return Ok(None) };
    let output = ResultProof::decode(&proof)?.output;
    Ok(Some(output).filter(|output| payload_commitment(output) == commitment))
}

async fn from_elsewhere(store: &BlobStore, from: Option<&str>, commitment: B256) -> eyre::Result<Bytes> {
    match (store.get(commitment, MAX_OUTPUT_BYTES).await, from) {
        (Ok(output), _) => Ok(output.into()),
        (Err(BlobError::NotFound(_)), Some(url)) => {
            client()?.fetch_into(store, url, commitment, MAX_OUTPUT_BYTES).await?;
            Ok(store.get(commitment, MAX_OUTPUT_BYTES).await?.into())
        }
        (Err(BlobError::NotFound(_)), None) => Err(eyre!(
            "the output {commitment} came not with the result: --from names a server to fetch it from, such as the worker's"
        )),
        (Err(error), _) => Err(error.into()),
    }
}
