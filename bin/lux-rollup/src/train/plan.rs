//! From options to a job and its workers.

use super::simulate::{RuleName, SimulateArgs};
use crate::model::files::read_npy;
use eyre::{WrapErr, eyre};
use lux_federated::simulation::{Attack, Conduct, Plan, members};
use lux_federated::{Aggregation, Architecture, Dataset, Job, LocalTraining, Noise, Phase, Privacy};
use lux_training::limits::MAX_POINTS;
use lux_training::{Clip, Rule};

/// The job of a simulation has no chain; its masks are bound to this id.
const NO_CHAIN: u64 = 0;

pub fn plan(args: &SimulateArgs) -> eyre::Result<Plan> {
    let (features, labels) = (read_npy(&args.data)?, read_npy(&args.labels)?);
    let all = Dataset::from_arrays(features, &labels, args.divide_by).wrap_err("reading the data")?;
    if args.test == 0 || args.test >= all.len() {
        return Err(eyre!(
            "--test {}: of {} examples, at least one is tested on and one trained on",
            args.test,
            all.len()
        ));
    }
    let (inputs, classes) = (all.inputs(), all.classes());
    let (data, tested) = all.hold_out(args.test);
    let unit = f64::from(1u32 << args.fraction_bits.min(30));
    let clip =
        args.clip.map(|clip| Clip::new((clip * unit) as u64).ok_or_else(|| eyre!("--clip {clip} is out of range")));
    let clip = clip.transpose()?;
    let mut job = Job {
        chain_id: NO_CHAIN,
        id: Default::default(),
        members: members(args.workers),
        architecture: Architecture { inputs, hidden: args.hidden.clone(), classes },
        fraction_bits: args.fraction_bits,
        training: LocalTraining { epochs: args.epochs, batch: args.batch, learning_rate: args.learning_rate },
        clip,
        aggregation: aggregation(args),
        norm_bound: None,
        privacy: privacy(args, unit)?,
        rounds: args.rounds,
        attempts: args.rounds.saturating_mul(2),
    };
    if !args.no_norm_proofs {
        job.norm_bound = job.provable_bound(args.workers);
    }
    Ok(Plan { job, data, tested, conduct: conduct(args)?, alpha: args.alpha, seed: args.seed })
}

fn aggregation(args: &SimulateArgs) -> Aggregation {
    if args.secure {
        return Aggregation::Secure(Default::default());
    }
    let (faults, workers) = (args.faults, args.workers as u32);
    Aggregation::Plain(match args.rule {
        RuleName::Mean => Rule::Mean { cap: MAX_POINTS },
        RuleName::Median => Rule::Median,
        RuleName::TrimmedMean => Rule::TrimmedMean { trim: faults },
        RuleName::Krum => Rule::Krum { faults, selected: 1 },
        // As many as are honest even if all who may drop out do; never more than the rule takes.
        RuleName::MultiKrum => Rule::Krum { faults, selected: workers.saturating_sub(2 * faults + 2).max(1) },
        RuleName::Bulyan => Rule::Bulyan { faults },
    })
}

fn privacy(args: &SimulateArgs, unit: f64) -> eyre::Result<Option<Privacy>> {
    let Some(noise) = args.noise else { return Ok(None) };
    let noise = if args.secure {
        let clip = args.clip.ok_or_else(|| eyre!("--noise with --secure hides whole workers: set a --clip"))?;
        // More than two thirds stay, and up to a third of all may lie.
        let quorum = 2 * args.workers / 3 + 1;
        let honest = quorum.saturating_sub(args.workers.saturating_sub(1) / 3).max(1) as u32;
        let deviation = noise * clip * unit / f64::from(honest).sqrt();
        Noise::Members { deviation, honest }
    } else {
        let clip = (args.example_clip * unit) as u64;
        Noise::Examples { noise_multiplier: noise, sampling_rate: args.sampling_rate, steps: args.steps, clip }
    };
    Ok(Some(Privacy { noise, epsilon: args.epsilon, delta: args.delta }))
}

/// Attackers are the first workers, those who leave the last ones, in different phases from the second round on.
fn conduct(args: &SimulateArgs) -> eyre::Result<Vec<Conduct>> {
    let attacks: Vec<Attack> = args.attack.iter().flat_map(|(attack, count)| vec![*attack; *count]).collect();
    if attacks.len() + args.dropouts + args.slow > args.workers {
        return Err(eyre!("there are {} workers: fewer of them may attack, leave or be slow", args.workers));
    }
    let phases: &[Phase] = match args.secure {
        true => &[Phase::Masked, Phase::Survivors, Phase::Unmask, Phase::Shares, Phase::Keys],
        false => &[Phase::Updates],
    };
    let mut conduct = vec![Conduct::default(); args.workers];
    for (conduct, attack) in conduct.iter_mut().zip(attacks) {
        conduct.attack = Some(attack);
    }
    let (mut leaving, mut slow) = (0, 0);
    for conduct in conduct.iter_mut().rev() {
        if leaving < args.dropouts {
            conduct.leaves = Some((1 + leaving as u64, phases[leaving % phases.len()]));
            leaving += 1;
        } else if slow < args.slow {
            conduct.delay = 20_000;
            slow += 1;
        }
    }
    Ok(conduct)
}
