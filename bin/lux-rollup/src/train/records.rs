//! What became of a job's rounds, for people.

use crate::train::status::coins;
use alloy_primitives::Address;
use lux_federated::{Dropped, Evaluation, Job, RoundRecord};
use lux_training_chain::Record;
use std::collections::BTreeMap;

/// Lines about a round: its result, and who is not in it.
pub fn of_round(record: &RoundRecord) -> Vec<String> {
    let outcome = match &record.abandoned {
        Some(reason) => format!("no result: {reason}"),
        None => result(record.evaluation),
    };
    let (epsilon, workers) = (spent(record.epsilon), record.contributors.len());
    let mut lines = vec![format!("{:4}  {outcome}{epsilon}  {workers} workers", record.round + 1)];
    lines.extend(left_out(&record.dropped));
    lines
}

/// Lines about what happened in a job on a chain.
pub fn of_chain(job: &Job, record: &Record) -> Vec<String> {
    let line = match record {
        Record::Joined => "joined".to_owned(),
        Record::Posted { run, phase } => format!("run {run}: answered phase {}", phase.name()),
        Record::SitsOut { run, reason } => format!("run {run}: sits out, {reason}"),
        Record::Voted { run } => format!("run {run}: voted for the sum"),
        Record::BudgetSpent => "leaves: its privacy budget is spent".to_owned(),
        Record::Claimed { round, run, contributors, evaluation, .. } => {
            let (epsilon, workers) = (spent(job.epsilon(*run).ok().flatten()), contributors.len());
            format!("{round:4}  {}{epsilon}  {workers} workers", result(*evaluation))
        }
        Record::Abandoned { round, run, members } => format!("{round:4}  run {run} of {members} workers was abandoned"),
        Record::LeftOut { dropped, .. } => return left_out(dropped),
        Record::Challenged { round, .. } => format!("{round:4}  FALSE: challenged"),
        Record::Disproved { round, .. } => format!("{round:4}  disproved: the job goes back to it"),
        Record::Accused { run, worker } => format!("run {run}: {worker} has NO VALID NORM PROOF: accused"),
        Record::AccusationChallenged { run, worker } => {
            format!("run {run}: {worker} is accused FALSELY: challenged")
        }
        Record::Slashed { worker } => format!("{worker} lost its stake"),
        Record::Paid { round, total, workers } => {
            format!("{round:4}  {} paid to {} workers", coins(*total), workers.len())
        }
        Record::JobOver => "the job is over".to_owned(),
    };
    vec![line]
}

fn result(evaluation: Option<Evaluation>) -> String {
    let result = |found: Evaluation| format!("loss {:.4}  accuracy {:5.2} %", found.loss, 100.0 * found.accuracy);
    evaluation.map_or_else(|| "done".to_owned(), result)
}

fn spent(epsilon: Option<f64>) -> String {
    epsilon.map_or_else(String::new, |epsilon| format!("  epsilon {epsilon:.3}"))
}

/// One line for each reason, not for each worker.
fn left_out(dropped: &[Dropped]) -> Vec<String> {
    let mut reasons = BTreeMap::<String, Vec<Address>>::new();
    for dropped in dropped {
        let reason = format!("{} ({})", dropped.reason, dropped.phase.name());
        reasons.entry(reason).or_default().push(dropped.worker);
    }
    let names = |workers: Vec<Address>| workers.iter().map(Address::to_string).collect::<Vec<_>>().join(", ");
    reasons.into_iter().map(|(reason, workers)| format!("      without {}: {reason}", names(workers))).collect()
}
