//! `lux-rollup model inspect`.

use super::files::{read_bounded, write};
use super::store::SourceArgs;
use crate::lines::Lines;
use crate::output::{fields, print_json};
use alloy_primitives::B256;
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_inference::limits::MAX_MODEL_BYTES;
use lux_inference::{Model, TensorType};
use lux_models::{Summary, draw, summarize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct InspectArgs {
    /// Hash of a model in the store, or a file with a model.
    model: String,
    #[command(flatten)]
    source: SourceArgs,
    /// Draw the graph into this file, for a browser.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

pub async fn run(args: InspectArgs, json: bool) -> eyre::Result<()> {
    let model = match args.model.parse::<B256>() {
        Ok(hash) => args.source.model(hash).await?,
        Err(_) if !Path::new(&args.model).exists() => {
            return Err(eyre!("{} is neither the hash of a model, 0x and 64 digits, nor a file", args.model));
        }
        Err(_) => {
            let bytes = read_bounded(Path::new(&args.model), MAX_MODEL_BYTES as u64)?;
            Model::decode(&bytes).wrap_err_with(|| args.model.clone())?
        }
    };
    if let Some(path) = &args.svg {
        write(path, draw(&model).as_bytes())?;
    }
    let (totals, summaries) = (totals(&model, args.svg.as_deref()), summarize(&model));
    if json {
        let mut value = totals;
        value["values"] = summaries.iter().map(|summary| row(&model, summary)).collect();
        value["constants"] = constants(&model).collect();
        print_json(&value);
        return Ok(());
    }
    print_tables(&model, &summaries, &totals)?;
    Ok(())
}

fn totals(model: &Model, svg: Option<&Path>) -> Value {
    let plan = model.plan();
    let mut value = json!({
        "model": model.hash(),
        "inputBytes": model.input_bytes(),
        "outputBytes": model.output_bytes(),
        "macs": plan.macs,
        "requiredFlops": 2 * plan.macs,
        "peakBytes": plan.peak_bytes,
        "weightBytes": plan.constant_bytes,
    });
    if let Some(path) = svg {
        value["picture"] = json!(path);
    }
    value
}

fn row(model: &Model, summary: &Summary) -> Value {
    let Summary { value, name, operands, constants, macs, weight_bytes, is_output } = summary;
    let TensorType { dtype, shape } = &model.types()[*value];
    json!({
        "value": value,
        "operation": name,
        "operands": operands,
        "constants": constants,
        "dtype": dtype.to_string(),
        "shape": shape.dims(),
        "macs": macs,
        "weightBytes": weight_bytes,
        "isOutput": is_output,
    })
}

fn constants(model: &Model) -> impl Iterator<Item = Value> {
    model.constants().map(|(value, constant)| {
        let kind = &model.types()[value];
        let (commitment, bytes) = (constant.commitment, kind.bytes());
        json!({ "value": value, "type": kind.to_string(), "commitment": commitment, "bytes": bytes })
    })
}

/// Values, constants, and what they take together.
fn print_tables(model: &Model, summaries: &[Summary], totals: &Value) -> std::io::Result<bool> {
    let mut out = Lines::new();
    let head = ["value", "operation", "takes", "result", "macs", "weight bytes"];
    out.line(columns(head, ""))?;
    for Summary { value, name, operands, constants, macs, weight_bytes, is_output } in summaries {
        let takes: Vec<_> = operands.iter().chain(constants).map(usize::to_string).collect();
        let result = model.types()[*value].to_string();
        let [value, macs, bytes] = [*value as u64, *macs, *weight_bytes].map(|number| number.to_string());
        out.line(columns(
            [&value, name, &takes.join(" "), &result, &macs, &bytes],
            if *is_output { "output" } else { "" },
        ))?;
    }
    out.line("")?;
    for (value, constant) in model.constants() {
        let kind = model.types()[value].to_string();
        out.line(format_args!("{value:>5}  {kind:<22}  {}", constant.commitment))?;
    }
    out.line("")?;
    for line in fields(totals) {
        out.line(line)?;
    }
    out.finish()
}

fn columns([value, operation, takes, result, macs, bytes]: [&str; 6], note: &str) -> String {
    let line = format!("{value:>5}  {operation:<11}  {takes:<16}  {result:<24}  {macs:>12}  {bytes:>12}  {note}");
    line.trim_end().to_owned()
}
