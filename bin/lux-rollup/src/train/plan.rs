//! From options to a job and its workers.

use super::simulate::SimulateArgs;
use crate::model::files::read_npy;
use eyre::{WrapErr, eyre};
use lux_federated::simulation::{Attack, Conduct, Plan};
use lux_federated::{Dataset, Phase};

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
    let job = args.job.job(args.workers, inputs, classes)?;
    Ok(Plan { job, data, tested, conduct: conduct(args)?, alpha: args.alpha, seed: args.seed })
}

/// Attackers are the first workers, those who leave the last ones, in different phases from the second round on.
fn conduct(args: &SimulateArgs) -> eyre::Result<Vec<Conduct>> {
    let attacks: Vec<Attack> = args.attack.iter().flat_map(|(attack, count)| vec![*attack; *count]).collect();
    if attacks.len() + args.dropouts + args.slow > args.workers {
        return Err(eyre!("there are {} workers: fewer of them may attack, leave or be slow", args.workers));
    }
    let phases: &[Phase] = match args.job.secure {
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
