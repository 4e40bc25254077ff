//! `lux-rollup model quantize`.

use super::blocking;
use super::files::{read_network, read_npy};
use super::samples::Samples;
use super::store::StoreArgs;
use crate::output::{Progress, printer, program};
use clap::Args;
use eyre::eyre;
use lux_inference::Bundle;
use lux_inference::import::{Calibration, Comparison, Graph, Report, quantize};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Args)]
pub struct QuantizeArgs {
    /// Network in the ONNX format, with its weights inside.
    network: PathBuf,
    /// Samples to learn the ranges of values from, as .npy; the first axis counts them. Repeat it for further inputs, in order.
    #[arg(long, value_name = "FILE", required = true)]
    calibration: Vec<PathBuf>,
    /// Samples to measure the accuracy on [default: those of the calibration].
    #[arg(long, value_name = "FILE")]
    evaluate: Vec<PathBuf>,
    /// Right answers for the samples that accuracy is measured on, as .npy: positions of the largest element of the first output.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    #[command(flatten)]
    place: StoreArgs,
}

pub async fn run(args: QuantizeArgs, json: bool) -> eyre::Result<()> {
    let store = args.place.create()?;
    let place = args.place.store.to_string();
    let (bundle, mut value) = blocking(move || made(&args, json)).await?;
    let hash = lux_models::save(&store, &bundle).await?;
    value["model"] = json!(hash);
    value["store"] = json!(place);
    value["next"] = json!(format!("{} model inspect {hash} --store {place}", program()));
    printer(json)(&value);
    Ok(())
}

/// The model, and what is said about it.
fn made(args: &QuantizeArgs, json: bool) -> eyre::Result<(Bundle, Value)> {
    let progress = Progress::new(json);
    let graph = read_network(&args.network)?;
    let calibration = Samples::read(&graph, &args.calibration)?;
    let own = if args.evaluate.is_empty() { None } else { Some(Samples::read(&graph, &args.evaluate)?) };
    let evaluated = own.as_ref().unwrap_or(&calibration);
    // Before minutes of computing.
    let labels = args.labels.as_ref().map(read_npy_of(evaluated.count())).transpose()?;

    let count = calibration.count();
    let seen = calibration.iter().enumerate().map(|(done, sample)| {
        progress.step("calibration", done + 1, count);
        sample
    });
    let outcome = Calibration::new(&graph, seen).and_then(|calibration| quantize(&graph, &calibration));
    progress.finish();
    let bundle = outcome?;
    if bundle.model.inputs().count() != graph.inputs.len() {
        return Err(eyre!("the network has inputs that no node uses; export it without them"));
    }
    let compared = compared(&graph, &bundle, evaluated, labels.as_deref(), &progress);
    progress.finish();
    let (report, accuracy) = compared?;

    let (plan, accuracy) = (bundle.model.plan(), accuracy.unzip());
    let value = json!({
        "model": null,
        "calibrationSamples": count,
        "evaluatedOn": if own.is_some() { "samples of its own" } else { "the samples of the calibration" },
        "evaluatedSamples": report.samples,
        "cosine": rounded(report.cosine),
        "worstCosine": rounded(report.worst_cosine),
        "largestError": rounded(report.error),
        "sameLargestOutput": rounded(report.agreement),
        "accuracyOfNetwork": accuracy.0.map(rounded),
        "accuracyOfModel": accuracy.1.map(rounded),
        "requiredFlops": 2 * plan.macs,
        "weightBytes": plan.constant_bytes,
        "peakBytes": plan.peak_bytes,
    });
    Ok((bundle, value))
}

fn rounded(share: f64) -> f64 {
    (share * 1e5).round() / 1e5
}

/// Reads as many labels as there are samples.
fn read_npy_of(samples: usize) -> impl Fn(&PathBuf) -> eyre::Result<Vec<f32>> {
    move |file| match read_npy(file)?.data {
        labels if labels.len() == samples => Ok(labels),
        labels => Err(eyre!("{} has {} labels for {samples} samples", file.display(), labels.len())),
    }
}

/// What quantisation cost, and with labels the accuracy of the network and of the model.
fn compared(
    graph: &Graph,
    bundle: &Bundle,
    samples: &Samples,
    labels: Option<&[f32]>,
    progress: &Progress,
) -> eyre::Result<(Report, Option<(f64, f64)>)> {
    let mut comparison = Comparison::new(graph, bundle);
    let (mut by_network, mut by_model) = (0, 0);
    for (index, sample) in samples.iter().enumerate() {
        progress.step("comparison", index + 1, samples.count());
        let outputs = comparison.add(&sample)?;
        if let Some(label) = labels.map(|labels| labels[index]) {
            by_network += usize::from(answer(&outputs.float) == label);
            by_model += usize::from(answer(&outputs.integer) == label);
        }
    }
    let share = |right: usize| right as f64 / samples.count() as f64;
    Ok((comparison.report()?, labels.map(|_| (share(by_network), share(by_model)))))
}

/// Position of the largest element of the first output; a single element is the answer itself, as of an `ArgMax`.
fn answer(outputs: &[Vec<f32>]) -> f32 {
    match outputs.first().map(Vec::as_slice).unwrap_or_default() {
        [single] => *single,
        output => (0..output.len()).fold(0, |best, at| if output[at] > output[best] { at } else { best }) as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        assert_eq!(answer(&[vec![0.0, 3.0, 3.0], vec![9.0]]), 1.0);
        assert_eq!(answer(&[vec![7.0]]), 7.0);
    }
}
