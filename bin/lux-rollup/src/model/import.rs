//! `lux-rollup model import`.

use super::files::read_network;
use super::{blocking, samples};
use crate::output::{Progress, print_fields, print_json, program};
use clap::Args;
use lux_inference::import::{FloatOp, Graph};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Args)]
pub struct ImportArgs {
    /// Network in the ONNX format, with its weights inside.
    network: PathBuf,
}

pub async fn run(args: ImportArgs, json: bool) -> eyre::Result<()> {
    let (progress, file) = (Progress::new(json), args.network.clone());
    let graph = progress.while_waiting("reading", blocking(move || read_network(&file))).await?;
    let operations = operations(&graph);
    let next = format!("{} model quantize {} --calibration SAMPLES.npy", program(), args.network.display());
    let outputs: Vec<_> = graph.outputs.iter().map(|id| &graph.values[*id].name).collect();
    if json {
        print_json(&json!({
            "network": args.network,
            "inputs": inputs(&graph),
            "outputs": outputs,
            "nodes": operations.values().sum::<usize>(),
            "operations": operations,
            "parameters": graph.parameters(),
            "next": next,
        }));
        return Ok(());
    }
    let described = inputs(&graph).iter().map(describe).collect::<Vec<_>>().join("; ");
    let counts = operations.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ");
    print_fields(&json!({
        "network": args.network,
        "inputs": described,
        "outputs": outputs.iter().map(|name| &name[..]).collect::<Vec<_>>().join(", "),
        "operations": counts,
        "parameters": graph.parameters(),
        "next": next,
    }));
    Ok(())
}

fn inputs(graph: &Graph) -> Vec<Value> {
    let input = |id: &usize| match &graph.values[*id].op {
        FloatOp::Input { indices, dims } => Some(json!({
            "name": graph.values[*id].name,
            "holds": if *indices { "indices" } else { "numbers" },
            "shape": dims,
        })),
        _ => None,
    };
    graph.inputs.iter().filter_map(input).collect()
}

fn describe(input: &Value) -> String {
    let dims: Option<Vec<Option<usize>>> = serde_json::from_value(input["shape"].clone()).unwrap_or_default();
    let word = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
    format!("{}: {}, {}", word("name"), word("holds"), samples::shown(dims.as_deref()))
}

/// How often each operation is there.
fn operations(graph: &Graph) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for value in &graph.values {
        if !matches!(value.op, FloatOp::Input { .. } | FloatOp::Constant(_)) {
            *counts.entry(value.op.name()).or_default() += 1;
        }
    }
    counts
}
