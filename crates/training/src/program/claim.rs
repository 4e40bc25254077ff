//! The claim that a round has this result.

use super::commit::VectorCommitment;
use super::contributions::{Valid, Vector};
use super::report::{Verdict, verdicts};
use super::round::{MAX_ROUND_BYTES, Output, Round, RoundError, Step};
use crate::aggregate::{AggregateError, aggregate};
use crate::clip::Clipped;
use crate::limits::{BLOCK, MAX_COORDINATE};
use crate::rules::RuleError;
use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};
use core::fmt::{Debug, Display};
use lux_inference::blob::{BlobError, BlobReader, read_pair};
use lux_oracle::Oracle;

/// Why a round has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError<E: Debug + Display> {
    #[error("weights or description of the round: {0}")]
    Blob(BlobError<E>),
    #[error(transparent)]
    Round(#[from] RoundError),
    #[error("of the contributions that are updates: {0}")]
    Rule(#[from] RuleError),
    #[error("new weights are asked for and there are no old ones: name them")]
    NoWeights,
}

impl<E: Debug + Display> ClaimError<E> {
    /// The missing preimage, if that is what it is.
    fn oracle(self) -> Option<E> {
        match self {
            Self::Blob(BlobError::Oracle(error)) => Some(error),
            _ => None,
        }
    }
}

/// What a round comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundResult {
    /// Commitment of the aggregate.
    pub aggregate: B256,
    /// Commitment of the new weights; zero for a round without old ones.
    pub weights: B256,
    /// On each contribution.
    pub verdicts: Vec<Verdict>,
}

impl RoundResult {
    /// What the report's hash is of.
    pub fn report(&self) -> Vec<u8> {
        self.verdicts.iter().flat_map(|verdict| verdict.encode()).collect()
    }

    /// Output of the claim.
    pub fn output(&self, output: Output) -> B256 {
        match output {
            Output::Summary => keccak256([self.aggregate.0, self.weights.0, keccak256(self.report()).0].concat()),
            Output::Weights => self.weights,
        }
    }
}

/// Input of the claim about a round: commitments of the old weights, or zero, and of its description.
pub fn claim_input(weights: B256, round: B256) -> B256 {
    keccak256([weights.0, round.0].concat())
}

/// Output of the claim with this input; zero when there is no such round, or the rule does not hold for it. The only
/// failure is a missing preimage.
pub fn run_aggregate<O: Oracle>(input: B256, oracle: &O) -> Result<B256, O::Error> {
    match claim_result(input, oracle, |_, _| {}) {
        Ok((output, result)) => Ok(result.output(output)),
        Err(error) => error.oracle().map_or(Ok(B256::ZERO), Err),
    }
}

/// The result that [`run_aggregate`] hashes, or why there is none. Every part of the aggregate, and with it that of the new
/// weights if there are any, goes to `sink` in order.
pub fn claim_result<O: Oracle>(
    input: B256,
    oracle: &O,
    mut sink: impl FnMut(&[i32], &[i32]),
) -> Result<(Output, RoundResult), ClaimError<O::Error>> {
    let [old, round] = read_pair(oracle, input).map_err(ClaimError::Blob)?;
    let round = BlobReader::open(oracle, round, MAX_ROUND_BYTES).and_then(|mut reader| reader.read_all());
    let round = Round::decode(&round.map_err(ClaimError::Blob)?)?;
    if old.is_zero() && round.output == Output::Weights {
        return Err(ClaimError::NoWeights);
    }
    let open = || Vector::open(oracle, old, round.length as usize);
    let mut old = if old.is_zero() { None } else { Some(open().map_err(ClaimError::Blob)?) };

    let mut valid = Valid::of(oracle, &round).map_err(|error| ClaimError::Blob(BlobError::Oracle(error)))?;
    let (places, points) = (core::mem::take(&mut valid.places), core::mem::take(&mut valid.points));
    let norms = core::mem::take(&mut valid.squared_norms);
    let (mut aggregated, mut weights) = (VectorCommitment::default(), VectorCommitment::default());
    let (mut start, mut block) = (0, [0; BLOCK]);
    let outcome = aggregate(round.rule, &mut Clipped::new(valid, round.clip, &norms), &points, |part| {
        aggregated.push(part);
        let new = match &mut old {
            None => &[],
            Some(old) => {
                let new = &mut block[..part.len()];
                old.read(start, new)?;
                new.iter_mut().zip(part).for_each(|(weight, x)| *weight = round.step.apply(*weight, *x));
                weights.push(new);
                &*new
            }
        };
        start += part.len();
        sink(part, new);
        Ok(())
    });
    let outcome = outcome.map_err(|error| match error {
        AggregateError::Rule(error) => ClaimError::Rule(error),
        AggregateError::Update(error) => ClaimError::Blob(error),
    })?;
    let verdicts = verdicts(round.contributions.len(), &places, &outcome);
    let weights = old.map_or(B256::ZERO, |_| weights.finish());
    Ok((round.output, RoundResult { aggregate: aggregated.finish(), weights, verdicts }))
}

impl Step {
    /// A weight after the round.
    pub fn apply(self, weight: i32, aggregate: i32) -> i32 {
        let half = (1i64 << self.shift) >> 1;
        let change = (i64::from(self.multiplier) * i64::from(aggregate) + half) >> self.shift;
        let most = i64::from(MAX_COORDINATE);
        (i64::from(weight) + change).clamp(-most, most) as i32
    }
}
