//! `lux-rollup model run`.

use super::blocking;
use super::files::{read_bounded, read_npy, write};
use super::store::SourceArgs;
use crate::output::{Progress, print_fields, print_json};
use alloy_primitives::B256;
use clap::Args;
use eyre::{WrapErr, eyre};
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
    /// Input in real numbers, as .npy. Repeat it for further inputs, in order.
    #[arg(long, value_name = "FILE", required_unless_present = "raw")]
    input: Vec<PathBuf>,
    /// Take this sample, from 0, of files whose first axis counts samples.
    #[arg(long)]
    sample: Option<usize>,
    /// Input as the model reads it: the integers of all inputs, as a task names them.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input", "sample"])]
    raw: Option<PathBuf>,
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
    if json {
        print_json(&value)
    } else {
        print_fields(&value)
    }
    Ok(())
}

/// Input, output, and what is said about them.
fn inferred(args: &RunArgs, bundle: &Bundle, json: bool) -> eyre::Result<(Vec<u8>, Vec<u8>, Value)> {
    let model = &bundle.model;
    if !args.output.is_empty() && args.output.len() != model.outputs().len() {
        return Err(eyre!("{} files for {} outputs", args.output.len(), model.outputs().len()));
    }
    let input = match &args.raw {
        Some(file) => read_bounded(file, model.input_bytes() as u64)?,
        None => quantized(args, model)?,
    };
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

/// The input in the model's integers.
fn quantized(args: &RunArgs, model: &Model) -> eyre::Result<Vec<u8>> {
    let shapes: Vec<_> = model.inputs().map(|(_, input)| &input.shape).collect();
    if args.input.len() != shapes.len() {
        return Err(eyre!(
            "{} files for {} inputs: repeat --input in the order of the inputs",
            args.input.len(),
            shapes.len()
        ));
    }
    let mut numbers = Vec::new();
    for (file, shape) in args.input.iter().zip(shapes) {
        let chosen = chosen(read_npy(file)?, shape, args.sample);
        numbers.push(chosen.wrap_err_with(|| file.display().to_string())?);
    }
    let slices: Vec<&[f32]> = numbers.iter().map(Vec::as_slice).collect();
    model.quantize_input(&slices).ok_or_else(|| eyre!("the input does not fit the model"))
}

/// The elements that are an input of this shape: all, or those of a sample. Dimensions of one make no difference.
fn chosen(array: NpyArray, shape: &Shape, sample: Option<usize>) -> eyre::Result<Vec<f32>> {
    let bare = |dims: &[usize]| dims.iter().copied().filter(|dim| *dim != 1).collect::<Vec<_>>();
    let wanted = bare(&shape.dims().iter().map(|dim| *dim as usize).collect::<Vec<_>>());
    let is_one = bare(&array.shape) == wanted;
    let count = array.shape.split_first().filter(|(_, rest)| bare(rest) == wanted).map(|(count, _)| *count);
    match (sample, count) {
        (None, _) if is_one => Ok(array.data),
        (Some(sample), Some(count)) if sample < count => {
            let len = shape.elements();
            Ok(array.data[sample * len..][..len].to_vec())
        }
        (Some(sample), Some(count)) => Err(eyre!("there is no sample {sample}: it has {count}, counted from 0")),
        (None, Some(count)) => Err(eyre!("it has {count} samples: choose one with --sample")),
        _ => Err(eyre!("it has the shape {:?}, the model takes {shape}", array.shape)),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn take(dims: &[usize], sample: Option<usize>) -> Result<Vec<f32>, String> {
        let data = (0..dims.iter().product::<usize>()).map(|x| x as f32).collect();
        let shape = Shape::new([1, 2, 2]).expect("a shape");
        chosen(NpyArray { shape: dims.to_vec(), data }, &shape, sample).map_err(|error| error.to_string())
    }

    #[test]
    fn one_input_or_a_sample_of_many() {
        let first = Ok(vec![0.0, 1.0, 2.0, 3.0]);
        for dims in [&[2, 2][..], &[1, 2, 2], &[2, 1, 2], &[1, 1, 2, 2]] {
            assert_eq!(take(dims, None), first, "{dims:?}");
        }
        assert_eq!(take(&[3, 2, 2], Some(0)), first);
        assert_eq!(take(&[3, 1, 2, 2], Some(2)), Ok(vec![8.0, 9.0, 10.0, 11.0]));
        assert_eq!(take(&[1, 2, 2], Some(0)), first);
        assert!(take(&[3, 2, 2], None).is_err_and(|error| error.contains("--sample")));
        assert!(take(&[3, 2, 2], Some(3)).is_err_and(|error| error.contains("no sample 3")));
        for (dims, sample) in [(&[4][..], None), (&[2, 2], Some(0)), (&[], None), (&[2, 3], None)] {
            assert!(take(dims, sample).is_err_and(|error| error.contains("takes [1, 2, 2]")), "{dims:?}");
        }
    }
}
