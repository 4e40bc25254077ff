//! `lux-rollup model run`.

use super::blocking;
use super::files::write;
use super::input::InputArgs;
use super::store::SourceArgs;
use crate::output::{Progress, printer};
use alloy_primitives::B256;
use clap::Args;
use eyre::eyre;
use lux_inference::fast::Engine;
use lux_inference::program::claim_input;
use lux_inference::run::execute;
use lux_inference::{Bundle, Model, Shape, blob};
use lux_machine::{Machine, Status};
use lux_models::{NpyArray, Witness, infer_program};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct RunArgs {
    /// Hash of the model.
    model: B256,
    #[command(flatten)]
    input: InputArgs,
    /// Write the output in real numbers as .npy. Repeat it for further outputs, in order.
    #[arg(long, value_name = "FILE")]
    output: Vec<PathBuf>,
    /// Keep input and output in the store, under their commitments.
    #[arg(long)]
    keep: bool,
    /// Threads [default: one for each processor].
    #[arg(long)]
    threads: Option<usize>,
    /// Run it in the plain way too, and compare.
    #[arg(long)]
    verify: bool,
    /// Run it on the machine of the fault proofs too, and compare. Thousands of times slower.
    #[arg(long)]
    machine: bool,
    #[command(flatten)]
    source: SourceArgs,
}

/// Elements of an output that are printed: the largest.
const SHOWN: usize = 5;
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

pub async fn run(args: RunArgs, json: bool) -> eyre::Result<()> {
    let bundle = args.source.bundle(args.model).await?;
    let store = args.keep.then(|| args.source.store()).transpose()?;
    let (input, output, value) = blocking(move || inferred(&args, &bundle, json)).await?;
    if let Some(store) = store {
        store.put(input.into()).await?;
        store.put(output.into()).await?;
    }
    printer(json)(&value);
    Ok(())
}

/// Input, output, and what is said about them.
fn inferred(args: &RunArgs, bundle: &Bundle, json: bool) -> eyre::Result<(Vec<u8>, Vec<u8>, Value)> {
    let model = &bundle.model;
    if !args.output.is_empty() && args.output.len() != model.outputs().len() {
        return Err(eyre!("{} files for {} outputs", args.output.len(), model.outputs().len()));
    }
    let input = args.input.read(model)?;
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get());
    let engine = Engine::new(bundle, args.threads.unwrap_or(processors));
    let started = Instant::now();
    let output = engine.run(&input)?;
    let elapsed = started.elapsed();

    let commitment = blob::commitment(&output);
    let input_commitment = blob::commitment(&input);
    let mut value = json!({
        "model": args.model,
        "inputCommitment": input_commitment,
        "claimInput": claim_input(args.model, input_commitment),
        "outputCommitment": commitment,
        "outputBytes": output.len(),
        "milliseconds": (elapsed.as_secs_f64() * 1e6).round() / 1e3,
    });
    for (index, (numbers, shape)) in model.dequantize_output(&output).into_iter().zip(output_shapes(model)).enumerate()
    {
        value[format!("output{index}")] = shown(&numbers, json);
        if let Some(path) = args.output.get(index) {
            let shape = shape.dims().iter().map(|dim| *dim as usize).collect();
            write(path, &NpyArray { shape, data: numbers }.encode())?;
        }
    }
    if args.verify {
        let plain = execute(model, &input, &mut bundle.weights())?;
        if plain != output {
            return Err(eyre!("the fast way gives {commitment}, the plain one {}", blob::commitment(&plain)));
        }
        value["plainRun"] = json!("the same output");
    }
    if args.machine {
        let (steps, chunks) = on_machine(bundle, &input, commitment, &Progress::new(json))?;
        value["machine"] = match json {
            true => json!({ "output": commitment, "steps": steps, "chunks": chunks }),
            false => format!("the same output, after {steps} steps in {chunks} chunks").into(),
        };
    }
    Ok((input, output, value))
}

fn output_shapes(model: &Model) -> impl Iterator<Item = &Shape> {
    model.outputs().iter().map(|output| &model.types()[usize::from(output.value)].shape)
}

/// The largest elements by their positions.
fn shown(numbers: &[f32], json: bool) -> Value {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|a, b| numbers[*b].total_cmp(&numbers[*a]));
    order.truncate(SHOWN);
    if json {
        let largest = |at: &usize| json!({ "position": at, "value": numbers[*at] });
        return json!({ "elements": numbers.len(), "largest": order.iter().map(largest).collect::<Vec<_>>() });
    }
    let largest: Vec<_> = order.iter().map(|at| format!("[{at}] {:.4}", numbers[*at])).collect();
    format!("{} elements; the largest: {}", numbers.len(), largest.join(", ")).into()
}

/// Runs on the machine, whose output must be the same; returns steps and chunks.
fn on_machine(bundle: &Bundle, input: &[u8], commitment: B256, progress: &Progress) -> eyre::Result<(u64, u64)> {
    let mut witness = Witness::new(bundle, input);
    let mut machine = Machine::new(infer_program(), witness.input);
    let (started, mut shown) = (Instant::now(), Instant::now());
    while machine.status() == Status::Running {
        machine.run_chunk(&mut witness.preimages)?;
        if shown.elapsed() >= PROGRESS_INTERVAL {
            shown = Instant::now();
            let statistics = machine.statistics();
            let (chunks, instructions) = (statistics.chunks, statistics.instructions);
            progress.note(&format!("{chunks} chunks, {instructions} steps, {} s", started.elapsed().as_secs()));
        }
    }
    progress.finish();
    if machine.status() != Status::Halted(commitment) {
        return Err(eyre!("the machine comes to {:?}, not to {commitment}", machine.status()));
    }
    let statistics = machine.statistics();
    Ok((statistics.instructions, statistics.chunks))
}
