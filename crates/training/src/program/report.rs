//! What became of each contribution.

use crate::aggregate::Aggregate;
use crate::score::Score;
use alloc::vec::Vec;

/// Bytes of a verdict.
const VERDICT_BYTES: usize = 7;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Accepted,
    /// The rule took others.
    NotSelected,
    /// No vector of the round's length with coordinates in range.
    Invalid,
}

/// On one contribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub status: Status,
    /// Zero for what is invalid.
    pub score: Score,
}

impl Verdict {
    /// Status, cosine and distance, big-endian.
    pub fn encode(self) -> [u8; VERDICT_BYTES] {
        let status = match self.status {
            Status::Accepted => 0,
            Status::NotSelected => 1,
            Status::Invalid => 2,
        };
        let ([c0, c1], [d0, d1, d2, d3]) = (self.score.cosine.to_be_bytes(), self.score.distance.to_be_bytes());
        [status, c0, c1, d0, d1, d2, d3]
    }

    pub fn decode([status, c0, c1, d0, d1, d2, d3]: [u8; VERDICT_BYTES]) -> Option<Self> {
        let status = match status {
            0 => Status::Accepted,
            1 => Status::NotSelected,
            2 => Status::Invalid,
            _ => return None,
        };
        let score = Score { cosine: i16::from_be_bytes([c0, c1]), distance: u32::from_be_bytes([d0, d1, d2, d3]) };
        Some(Self { status, score })
    }
}

/// Of all contributions, from the aggregate of those that are valid.
pub(super) fn verdicts(contributions: usize, places: &[usize], aggregate: &Aggregate) -> Vec<Verdict> {
    let invalid = Verdict { status: Status::Invalid, score: Score::default() };
    let mut verdicts = alloc::vec![invalid; contributions];
    for (place, score) in places.iter().zip(&aggregate.scores) {
        verdicts[*place] = Verdict { status: Status::NotSelected, score: *score };
    }
    for worker in &aggregate.accepted {
        verdicts[places[*worker]].status = Status::Accepted;
    }
    verdicts
}
