//! `lux-rollup train checkpoint`.

use super::place::NamedJob;
use crate::model::files::write;
use crate::model::store::{StoreArgs, client};
use crate::output::program;
use alloy_primitives::{B256, U256};
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_federated::{Checkpoint, Exchange, decode_vector};
use lux_l1::BlockTag;
use lux_protocol::training::ITraining::{Job, attemptOfCall, getRunCall};
use lux_training::FixedPoint;
use lux_training_chain::{Contract, Terms};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Args)]
pub struct CheckpointArgs {
    #[command(flatten)]
    named: NamedJob,
    #[command(flatten)]
    place: StoreArgs,
    /// Fetch what the store lacks from this server of blobs. May be repeated.
    #[arg(long, value_name = "URL")]
    from: Vec<String>,
    /// File to write, .safetensors.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub async fn run(args: CheckpointArgs) -> eyre::Result<Value> {
    let (contract, _) = args.named.find().await?;
    let store = if args.from.is_empty() { args.place.open()? } else { args.place.create()? };
    let blobs = Exchange::new(store).with_sources(client()?, args.from);
    let round = write_checkpoint(&contract, args.named.job, &blobs, &args.out).await?;
    Ok(json!({
        "checkpoint": args.out,
        "rounds": round,
        "next": format!("{} train export {} --out network.onnx", program(), args.out.display()),
    }))
}

/// Writes the weights after the last round that has some, and says how many rounds are behind them.
pub async fn write_checkpoint(
    contract: &Contract,
    id: B256,
    blobs: &Exchange,
    out: &std::path::Path,
) -> eyre::Result<u64> {
    let job = contract.job(id).await?;
    let missing = |what: &str, commitment: B256| format!("the {what} {commitment}: --from names who has it");
    let bytes = blobs.get(job.config.terms, Terms::MAX_BYTES).await;
    let terms = Terms::decode(&bytes.wrap_err_with(|| missing("terms", job.config.terms))?)?;
    let (weights, round) = last_weights(contract, BlockTag::Latest, id, &job).await?;
    let length = terms.architecture.parameters();
    let bytes = blobs.get(weights, 4 * length).await.wrap_err_with(|| missing("weights", weights))?;
    let (fixed, units) = (FixedPoint::new(terms.fraction_bits), decode_vector(&bytes, length));
    let (Some(fixed), Some(units)) = (fixed, units) else {
        return Err(eyre!("the weights {weights} are none of this job's network"));
    };
    let checkpoint = Checkpoint { architecture: terms.architecture, parameters: fixed.decode(&units), round };
    write(out, &checkpoint.encode()?)?;
    Ok(round)
}

/// The commitment of the weights after the last round, and how many rounds are behind it.
pub async fn last_weights(contract: &Contract, at: BlockTag, id: B256, job: &Job) -> eyre::Result<(B256, u64)> {
    let done = u64::from(job.round.saturating_sub(1));
    if done == 0 {
        return Ok((job.config.weights, 0));
    }
    let call = attemptOfCall { jobId: id, round: U256::from(done) };
    let attempt = contract.chain.view_at(at, contract.address, call).await?;
    let run = contract.chain.view_at(at, contract.address, getRunCall { jobId: id, attempt }).await?;
    Ok((run.weights, done))
}
