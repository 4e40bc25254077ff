//! `lux-rollup train export`.

use crate::model::files::{read_bounded, write};
use crate::output::{printer, program};
use clap::Args;
use eyre::WrapErr;
use lux_federated::Checkpoint;
use serde_json::json;
use std::path::PathBuf;

const MAX_CHECKPOINT_BYTES: u64 = 2 << 30;

#[derive(Args)]
pub struct ExportArgs {
    /// Checkpoint that `train simulate --checkpoint` wrote, as .safetensors.
    checkpoint: PathBuf,
    /// ONNX file to write, which `model import` and `model quantize` read.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(args: &ExportArgs, json: bool) -> eyre::Result<()> {
    let bytes = read_bounded(&args.checkpoint, MAX_CHECKPOINT_BYTES)?;
    let checkpoint = Checkpoint::decode(&bytes).wrap_err_with(|| args.checkpoint.display().to_string())?;
    write(&args.out, &checkpoint.to_onnx())?;
    let value = json!({
        "network": args.out,
        "parameters": checkpoint.parameters.len(),
        "rounds": checkpoint.round,
        "next": format!("{} model quantize {} --calibration SAMPLES.npy", program(), args.out.display()),
    });
    printer(json)(&value);
    Ok(())
}
