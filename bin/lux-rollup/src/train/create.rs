//! `lux-rollup train create`.

use super::job_args::JobArgs;
use super::place::TrainingArgs;
use super::status::coins;
use crate::duration::{parse_coins, parse_seconds};
use crate::keys::KeyArgs;
use crate::l2::one_off;
use crate::model::files::read_bounded;
use crate::model::store::StoreArgs;
use crate::output::{Progress, program};
use alloy_primitives::{Address, B256, U256, keccak256};
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_federated::simulation::members;
use lux_federated::{Aggregation, Checkpoint, Exchange, Job};
use lux_protocol::training::ITraining::trainingParamsCall;
use lux_training_chain::{Offer, PhaseSeconds, Terms, create_job};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Args)]
pub struct CreateArgs {
    #[command(flatten)]
    training: TrainingArgs,
    /// Key of the creator, who pays the rewards.
    #[command(flatten)]
    key: KeyArgs,
    /// Name among the jobs of this key: a command that was interrupted goes on with it, and none is created twice.
    #[arg(long)]
    name: String,
    /// Features of an example.
    #[arg(long)]
    inputs: usize,
    #[arg(long)]
    classes: usize,
    #[command(flatten)]
    job: JobArgs,
    /// Workers with whom a round begins.
    #[arg(long)]
    min_workers: u16,
    /// Workers at a time, at most [default: 256, and twice --min-workers with --secure].
    #[arg(long)]
    max_workers: Option<u16>,
    /// What all rounds together pay, in whole coins.
    #[arg(long, value_parser = parse_coins)]
    reward: U256,
    /// What a worker locks, in whole coins [default: as the contract has it].
    #[arg(long, value_parser = parse_coins)]
    stake: Option<U256>,
    /// Who aggregates first [default: the creator].
    #[arg(long, value_name = "ADDRESS")]
    coordinator: Option<Address>,
    /// File that says what to train on: it goes into the store, and its commitment into the job.
    #[arg(long, value_name = "FILE")]
    dataset: Option<PathBuf>,
    /// Checkpoint to begin with [default: random weights].
    #[arg(long, value_name = "FILE", conflicts_with = "seed")]
    weights: Option<PathBuf>,
    /// Decides the random weights.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Time for keys, with --secure.
    #[arg(long, default_value = "1h", value_parser = parse_seconds)]
    key_period: u64,
    /// Time for updates.
    #[arg(long, default_value = "1h", value_parser = parse_seconds)]
    collect_period: u64,
    /// Time for the coordinator's aggregate, and then as long for anybody's.
    #[arg(long, default_value = "1h", value_parser = parse_seconds)]
    aggregate_period: u64,
    /// Where terms and first weights go: workers must be able to fetch them from there.
    #[command(flatten)]
    place: StoreArgs,
}

/// Limits of the contract.
const MAX_WORKERS: u16 = 256;
const MIN_SECURE_WORKERS: u16 = 3;
const MAX_SECURE_WORKERS: u16 = 100;
const MAX_ROUNDS: u64 = 1_000_000;
const MAX_PERIOD: u64 = 30 * 86_400;
const MAX_CHECKPOINT_BYTES: u64 = 2 << 30;

pub async fn run(args: CreateArgs, json: bool) -> eyre::Result<Value> {
    let job = args.checked()?;
    let initial = args.initial(&job)?;
    let wallet = args.key.require()?;
    let contract = args.training.find().await?;
    let params = contract.chain.view(contract.address, trainingParamsCall {}).await?;
    let blobs = Exchange::new(args.place.create()?);
    let dataset = match &args.dataset {
        Some(file) => blobs.store().put_file(file).await.wrap_err_with(|| file.display().to_string())?,
        None => B256::ZERO,
    };
    let offer = Offer {
        terms: Terms {
            architecture: job.architecture.clone(),
            fraction_bits: job.fraction_bits,
            training: job.training,
            privacy: job.privacy,
        },
        aggregation: job.aggregation,
        clip: job.clip,
        norm_bound: job.norm_bound,
        rounds: args.job.rounds as u32,
        min_workers: args.min_workers,
        max_workers: args.max_workers(),
        reward_pool: args.reward,
        stake: args.stake.unwrap_or(U256::from(params.stake)),
        coordinator: args.coordinator.unwrap_or_default(),
        dataset,
        periods: PhaseSeconds {
            keys: args.key_period as u32,
            collect: args.collect_period as u32,
            aggregate: args.aggregate_period as u32,
        },
    };
    let transactions = one_off(&contract.chain, wallet).await?;
    let creating = create_job(&contract, &transactions, &blobs, &args.name, &offer, &initial);
    let id = Progress::new(json).while_waiting("creating the job", creating).await?;
    Ok(json!({
        "job": id,
        "contract": contract.address,
        "parameters": job.length(),
        "reward": coins(args.reward),
        "stake": coins(offer.stake),
        "next": format!("{} blobs serve --store {}, where workers fetch terms and weights from", program(), args.place.store),
    }))
}

impl CreateArgs {
    fn max_workers(&self) -> u16 {
        let default = if self.job.secure { (2 * self.min_workers).min(MAX_SECURE_WORKERS) } else { MAX_WORKERS };
        self.max_workers.unwrap_or(default)
    }

    /// The job, if it can work with as few and with as many workers as are allowed.
    fn checked(&self) -> eyre::Result<Job> {
        let (min, max, rounds) = (self.min_workers, self.max_workers(), self.job.rounds);
        let (least, most) = if self.job.secure { (MIN_SECURE_WORKERS, MAX_SECURE_WORKERS) } else { (1, MAX_WORKERS) };
        if !(least <= min && min <= max && max <= most) {
            return Err(eyre!(
                "--min-workers {min} --max-workers {max}: with such updates a job has {least} to {most} workers"
            ));
        }
        if !(1..=MAX_ROUNDS).contains(&rounds) {
            return Err(eyre!("--rounds {rounds}: a job has 1 to {MAX_ROUNDS} rounds"));
        }
        if self.reward / U256::from(rounds) == U256::ZERO {
            return Err(eyre!("--reward {}: a round pays something", coins(self.reward)));
        }
        for (option, seconds) in [
            ("--key-period", self.key_period),
            ("--collect-period", self.collect_period),
            ("--aggregate-period", self.aggregate_period),
        ] {
            if !(1..=MAX_PERIOD).contains(&seconds) {
                return Err(eyre!("{option} {seconds}s: a period has 1 second to 30 days"));
            }
        }
        let job = self.job.job(min.into(), self.inputs, self.classes)?;
        if let Aggregation::Plain(rule) = job.aggregation {
            rule.check(min.into()).wrap_err_with(|| format!("the rule with --min-workers {min}"))?;
        }
        // Sums of all workers must fit, and the rule hold for the fewest.
        let workers = if self.job.secure { max } else { min };
        let job = Job { members: members(workers.into()), attempts: rounds, ..job }.checked()?;
        if job.attempts < rounds {
            return Err(eyre!(
                "the privacy budget lasts for {} of {rounds} rounds: fewer --rounds, more --noise or a higher --epsilon",
                job.attempts
            ));
        }
        Ok(job)
    }

    /// The weights to begin with, in units.
    fn initial(&self, job: &Job) -> eyre::Result<Vec<i32>> {
        let weights = match &self.weights {
            None => job.architecture.initial(keccak256(self.seed.to_be_bytes()).0),
            Some(file) => {
                let name = || file.display().to_string();
                let bytes = read_bounded(file, MAX_CHECKPOINT_BYTES)?;
                let checkpoint = Checkpoint::decode(&bytes).wrap_err_with(name)?;
                if checkpoint.architecture != job.architecture {
                    return Err(eyre!("{} is of another network: {:?}", name(), checkpoint.architecture));
                }
                checkpoint.parameters
            }
        };
        Ok(job.fixed().encode(&weights)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: CreateArgs,
    }

    /// Why such a job cannot be; `None` if it can.
    fn refusal(options: &str) -> Option<String> {
        let fixed = "create --name test --inputs 64 --classes 10";
        let all = format!("{fixed} {options}");
        let command = Command::try_parse_from(all.split(' ')).expect("known options");
        command.args.checked().err().map(|error| format!("{error:#}"))
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_reason() {
        assert_eq!(refusal("--min-workers 5 --reward 10"), None);
        assert_eq!(refusal("--min-workers 3 --reward 10 --secure --clip 1"), None);
        assert_eq!(refusal("--min-workers 3 --reward 10 --rule median"), None);
        for (options, reason) in [
            ("--min-workers 4 --reward 10", "5 workers are needed and 4 are there"),
            ("--min-workers 6 --reward 10 --rule krum", "7 workers are needed and 6 are there"),
            ("--min-workers 2 --reward 10 --secure", "3 to 100 workers"),
            ("--min-workers 9 --max-workers 8 --reward 10", "1 to 256 workers"),
            ("--min-workers 60 --reward 10 --secure", "set a clip"),
            ("--min-workers 5 --reward 0", "a round pays something"),
            ("--min-workers 5 --reward 10 --rounds 0", "1 to 1000000 rounds"),
            ("--min-workers 5 --reward 10 --collect-period 31d", "--collect-period 2678400s"),
            ("--min-workers 5 --reward 10 --noise 4 --rounds 500", "of 500 rounds"),
            ("--min-workers 5 --reward 10 --noise 0.1", "does not suffice for one round"),
            ("--min-workers 5 --reward 10 --secure --noise 1", "set a --clip"),
            ("--min-workers 5 --reward 10 --learning-rate 0", "learning rate"),
        ] {
            let found = refusal(options).expect(options);
            assert!(found.contains(reason), "{options}: {found}");
        }
    }
}
