//! `lux-rollup train simulate`.

use super::job_args::JobArgs;
use super::plan::plan;
use super::records;
use crate::lines::Lines;
use crate::model::files::write;
use crate::output::{Progress, print_fields};
use clap::Args;
use eyre::WrapErr;
use lux_federated::simulation::{Attack, Simulation};
use lux_federated::{Checkpoint, Finding, RoundRecord, draw_curve};
use serde_json::json;
use std::path::PathBuf;

#[derive(Args)]
pub struct SimulateArgs {
    /// Examples, as .npy; the first axis counts them.
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Their classes, as .npy: whole numbers from zero on.
    #[arg(long, value_name = "FILE")]
    pub labels: PathBuf,
    /// The last so many examples are tested on, and not trained on.
    #[arg(long, default_value_t = 360)]
    pub test: usize,
    /// Every feature is divided by this.
    #[arg(long, default_value_t = 1.0)]
    pub divide_by: f32,
    #[arg(long, default_value_t = 10)]
    pub workers: usize,
    #[command(flatten)]
    pub job: JobArgs,
    /// How evenly the classes are spread among the workers: 0.1 hardly, 100 evenly.
    #[arg(long, default_value_t = 1.0)]
    pub alpha: f64,
    /// Dishonest workers, as sign-flip=1, noise=2, label-flip=1 or scale=1. May be repeated.
    #[arg(long, value_name = "KIND=COUNT", value_parser = parse_attack)]
    pub attack: Vec<(Attack, usize)>,
    /// Workers that leave, one in each round from the second on, in different phases.
    #[arg(long, default_value_t = 0)]
    pub dropouts: usize,
    /// Workers that take 20 seconds for each message.
    #[arg(long, default_value_t = 0)]
    pub slow: usize,
    /// Weights, split and order of the examples are decided by it.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Compute every round again, as an auditor does.
    #[arg(long)]
    audit: bool,
    /// Draw loss and accuracy into this file.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the weights to this .safetensors file.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

fn parse_attack(text: &str) -> Result<(Attack, usize), String> {
    let (kind, count) = text.split_once('=').unwrap_or((text, "1"));
    let count = count.parse().map_err(|_| format!("{count:?} is no number of workers; write noise=2"))?;
    Ok((kind.parse()?, count))
}

pub async fn run(args: SimulateArgs, json: bool) -> eyre::Result<()> {
    let plan = plan(&args)?;
    let progress = Progress::new(json);
    let mut simulation = Simulation::new(plan).await?;
    let mut records = Vec::new();
    loop {
        progress.note(&format!("round {} of {}", records.len() + 1, args.job.rounds));
        let record = simulation.next_round().await.inspect_err(|_| progress.finish())?;
        let Some(record) = record else { break };
        if args.audit && record.abandoned.is_none() {
            check(simulation.audit(record.round).await?)?;
        }
        progress.finish();
        if !say(&record, json)? {
            return Ok(());
        }
        records.push(record);
    }
    progress.finish();
    let architecture = simulation.job.architecture.clone();
    let done = records.last().map_or(0, |record| record.done);
    if let Some(path) = &args.svg {
        write(path, draw_curve(&records).as_bytes())?;
    }
    if let Some(path) = &args.checkpoint {
        let checkpoint = Checkpoint { architecture, parameters: simulation.weights().await?, round: done };
        write(path, &checkpoint.encode()?)?;
    }
    let last = records.iter().rev().find_map(|record| record.evaluation);
    let value = json!({
        "rounds": done,
        "abandoned": records.iter().filter(|record| record.abandoned.is_some()).count(),
        "ended": if done < args.job.rounds { "the privacy budget, or the number of attempts, was used up" } else { "all rounds are done" },
        "loss": last.map(|evaluation| evaluation.loss),
        "accuracy": last.map(|evaluation| evaluation.accuracy),
        "epsilon": records.last().and_then(|record| record.epsilon),
        "parameters": simulation.job.length(),
        "svg": args.svg,
        "checkpoint": args.checkpoint,
    });
    if json {
        print_line(&value)?;
    } else {
        print_fields(&value);
    }
    Ok(())
}

/// One record; whether anybody still reads.
fn say(record: &RoundRecord, json: bool) -> eyre::Result<bool> {
    if json {
        return print_line(&serde_json::to_value(record)?);
    }
    let mut lines = Lines::new();
    records::of_round(record).into_iter().try_for_each(|line| lines.line(line).map(drop))?;
    Ok(lines.finish()?)
}

fn print_line(value: &serde_json::Value) -> eyre::Result<bool> {
    let mut lines = Lines::new();
    lines.line(value)?;
    Ok(lines.finish()?)
}

fn check(finding: Finding) -> eyre::Result<()> {
    match finding {
        Finding::Right { .. } => Ok(()),
        wrong => Err(eyre::eyre!("the coordinator's result is wrong: {wrong:?}")).wrap_err("auditing a round"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks() {
        assert_eq!(parse_attack("noise=3"), Ok((Attack::Noise, 3)));
        assert_eq!(parse_attack("sign-flip"), Ok((Attack::SignFlip, 1)));
        assert!(parse_attack("noise=-1").is_err() && parse_attack("kindness=1").is_err());
    }
}
