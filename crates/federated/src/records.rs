//! What a round came to, for people and logs.

use crate::Phase;
use crate::network::Evaluation;
use alloy_primitives::Address;
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoundRecord {
    /// Rounds begun before.
    pub round: u64,
    /// Rounds with a result, with this one.
    pub done: u64,
    /// On data that the coordinator has; none without.
    pub evaluation: Option<Evaluation>,
    /// Of the privacy budget so far; none without noise.
    pub epsilon: Option<f64>,
    /// Whose updates are in the result.
    pub contributors: Vec<Address>,
    /// Who is not, and why.
    pub dropped: Vec<Dropped>,
    /// Why there is no result.
    pub abandoned: Option<String>,
    /// Of the board's clock.
    pub milliseconds: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dropped {
    pub worker: Address,
    pub phase: Phase,
    pub reason: String,
}
