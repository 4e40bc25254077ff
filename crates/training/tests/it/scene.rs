//! Rounds of the tests.

use lux_training::{Aggregate, AggregateError, Clip, Rule, RuleError, Slices, aggregate, aggregate_in_threads};
use std::num::NonZero;

pub type Outcome = Result<(Vec<i32>, Aggregate), RuleError>;

/// What every way to compute it comes to.
pub fn run(rule: Rule, updates: &[Vec<i32>], points: &[u32]) -> Outcome {
    let rows: Vec<&[i32]> = updates.iter().map(Vec::as_slice).collect();
    let mut slices = Slices::new(&rows).unwrap();
    let mut out = Vec::new();
    let one = aggregate(rule, &mut slices, points, |part| {
        out.extend_from_slice(part);
        Ok(())
    });
    let one = match one {
        Ok(aggregate) => Ok((out, aggregate)),
        Err(AggregateError::Rule(error)) => Err(error),
    };
    for threads in [1, 2, 3] {
        assert_eq!(one, in_threads(rule, None, updates, points, threads));
    }
    one
}

pub fn in_threads(rule: Rule, clip: Option<Clip>, updates: &[Vec<i32>], points: &[u32], threads: usize) -> Outcome {
    let rows: Vec<&[i32]> = updates.iter().map(Vec::as_slice).collect();
    aggregate_in_threads(rule, clip, Slices::new(&rows).unwrap(), points, NonZero::new(threads).unwrap())
}
