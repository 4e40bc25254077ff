//! One rule over one round, in memory for a block of each update and a number for each pair of workers.

use crate::distance::{Distances, Kernel};
use crate::limits::BLOCK;
use crate::rules::{Rule, RuleError};
use crate::score::{Score, ScoreSums};
use crate::updates::{Block, Updates};
use alloc::vec::Vec;
use core::fmt::{Debug, Display};

/// What is known of a round besides its aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregate {
    /// Workers whose updates were used, in ascending order.
    pub accepted: Vec<usize>,
    /// Of every worker.
    pub scores: Vec<Score>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AggregateError<E: Debug + Display> {
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error("{0}")]
    Update(E),
}

/// Aggregates `updates`, reading each once or, with rules that compare them, twice. `points` are the data points behind each.
/// The aggregate goes to `sink` in order, in parts of [`BLOCK`] coordinates; the last may be shorter.
pub fn aggregate<U: Updates<Error: Debug + Display>>(
    rule: Rule,
    updates: &mut U,
    points: &[u32],
    mut sink: impl FnMut(&[i32]) -> Result<(), U::Error>,
) -> Result<Aggregate, AggregateError<U::Error>> {
    let weights = weights(rule, updates.workers(), points)?;
    let distances = if rule.needs_distances() {
        Distances::measure(Kernel::detect(), updates).map_err(AggregateError::Update)?
    } else {
        Distances::zero(updates.workers())
    };
    let accepted = rule.select(&distances);
    let sums = combine(rule, updates, &accepted, &weights, &mut sink).map_err(AggregateError::Update)?;
    Ok(Aggregate { accepted, scores: sums.scores() })
}

/// Of every worker; checks that the rule holds.
pub(crate) fn weights(rule: Rule, workers: usize, points: &[u32]) -> Result<Vec<u32>, RuleError> {
    rule.check(workers)?;
    if points.len() != workers {
        return Err(RuleError::Points { points: points.len(), workers });
    }
    let Rule::Mean { cap } = rule else { return Ok(alloc::vec![1; workers]) };
    let weights: Vec<u32> = points.iter().map(|points| *points.min(&cap)).collect();
    if weights.iter().all(|weight| *weight == 0) {
        return Err(RuleError::NoPoints);
    }
    Ok(weights)
}

/// The aggregate of the accepted updates, and how far each is from it.
pub(crate) fn combine<U: Updates>(
    rule: Rule,
    updates: &mut U,
    accepted: &[usize],
    weights: &[u32],
    sink: &mut impl FnMut(&[i32]) -> Result<(), U::Error>,
) -> Result<ScoreSums, U::Error> {
    let all: Vec<usize> = (0..updates.workers()).collect();
    let (mut every, mut used) = (Block::new(all.len()), Block::new(accepted.len()));
    let weights: Vec<u32> = accepted.iter().map(|worker| weights[*worker]).collect();
    let (mut sums, mut out) = (ScoreSums::new(all.len()), [0; BLOCK]);
    for start in (0..updates.length()).step_by(BLOCK) {
        every.fill(updates, &all, start)?;
        used.copy_rows(&every, accepted);
        rule.combine(&used, &weights, &mut out);
        sums.add_block(&every, &out);
        sink(&out[..every.len])?;
    }
    Ok(sums)
}
