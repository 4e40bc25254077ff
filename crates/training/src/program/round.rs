//! What a round is about: rule, parameters and contributions, in one encoding. Fields have fixed widths and are big-endian.

use crate::clip::Clip;
use crate::limits::{MAX_LENGTH, MAX_POINTS, MAX_WORKERS};
use crate::rules::Rule;
use alloc::vec::Vec;
use alloy_primitives::B256;

/// First bytes: name and version of the format.
pub const MAGIC: [u8; 5] = *b"LUXA\x01";
const HEADER_BYTES: usize = 36;
const CONTRIBUTION_BYTES: usize = 36;
pub const MAX_ROUND_BYTES: usize = HEADER_BYTES + CONTRIBUTION_BYTES * MAX_WORKERS;

/// What the output of the claim commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Aggregate, new weights and report: what a training job needs.
    Summary,
    /// The new weights alone: a compute market registers them as the successor of the old.
    Weights,
}

/// How the aggregate changes weights: `w + ⌊(multiplier · aggregate + 2^(shift-1)) / 2^shift⌋`, within the range of
/// coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub multiplier: i32,
    /// At most 31.
    pub shift: u8,
}

/// One worker's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// Commitment of the update: coordinates of 32 bits, little-endian.
    pub update: B256,
    /// Data points behind it, as the worker says.
    pub points: u32,
}

/// A round to be aggregated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    pub rule: Rule,
    pub clip: Option<Clip>,
    pub output: Output,
    pub step: Step,
    /// Coordinates of each update.
    pub length: u32,
    pub contributions: Vec<Contribution>,
}

/// Bytes that are no round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoundError {
    #[error("this is no description of a round: its first bytes are wrong")]
    Magic,
    #[error("a round with so many contributions has another length")]
    Length,
    #[error("field {0} is out of its range")]
    Field(&'static str),
}

impl Round {
    pub fn encode(&self) -> Vec<u8> {
        let (kind, parameters) = match self.rule {
            Rule::Mean { cap } => (0, [cap, 0]),
            Rule::Median => (1, [0, 0]),
            Rule::TrimmedMean { trim } => (2, [trim, 0]),
            Rule::Krum { faults, selected } => (3, [faults, selected]),
            Rule::Bulyan { faults } => (4, [faults, 0]),
        };
        let output = match self.output {
            Output::Summary => 0,
            Output::Weights => 1,
        };
        let mut out = Vec::with_capacity(HEADER_BYTES + CONTRIBUTION_BYTES * self.contributions.len());
        out.extend(MAGIC);
        out.extend([kind, output, self.step.shift]);
        out.extend(parameters.map(u32::to_be_bytes).as_flattened());
        out.extend(self.clip.map_or(0, Clip::norm).to_be_bytes());
        out.extend(self.step.multiplier.to_be_bytes());
        out.extend(self.length.to_be_bytes());
        out.extend((self.contributions.len() as u32).to_be_bytes());
        for contribution in &self.contributions {
            out.extend(contribution.update.0);
            out.extend(contribution.points.to_be_bytes());
        }
        out
    }

    /// Every round has exactly one encoding; no other bytes are taken.
    pub fn decode(bytes: &[u8]) -> Result<Self, RoundError> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or(RoundError::Length)?;
        if !header.starts_with(&MAGIC) {
            return Err(RoundError::Magic);
        }
        let word = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (kind, output, shift) = (header[5], header[6], header[7]);
        let rule = match (kind, word(8), word(12)) {
            (0, cap, 0) => Rule::Mean { cap },
            (1, 0, 0) => Rule::Median,
            (2, trim, 0) => Rule::TrimmedMean { trim },
            (3, faults, selected) => Rule::Krum { faults, selected },
            (4, faults, 0) => Rule::Bulyan { faults },
            _ => return Err(RoundError::Field("rule")),
        };
        let clip = u64::from(word(16)) << 32 | u64::from(word(20));
        let clip = if clip == 0 { None } else { Some(Clip::new(clip).ok_or(RoundError::Field("clip"))?) };
        let output = match output {
            0 => Output::Summary,
            1 => Output::Weights,
            _ => return Err(RoundError::Field("output")),
        };
        let step = Step { multiplier: word(24) as i32, shift };
        let (length, count) = (word(28), word(32) as usize);
        if shift > 31 {
            return Err(RoundError::Field("shift"));
        }
        if length == 0 || length as usize > MAX_LENGTH {
            return Err(RoundError::Field("length"));
        }
        let (contributions, []) = rest.as_chunks::<CONTRIBUTION_BYTES>() else { return Err(RoundError::Length) };
        if count > MAX_WORKERS || contributions.len() != count {
            return Err(RoundError::Length);
        }
        let contributions = contributions.iter().map(decode_contribution).collect::<Result<_, _>>()?;
        Ok(Self { rule, clip, output, step, length, contributions })
    }

    /// Of the blob of each update.
    pub fn update_bytes(&self) -> usize {
        self.length as usize * size_of::<i32>()
    }
}

fn decode_contribution(bytes: &[u8; CONTRIBUTION_BYTES]) -> Result<Contribution, RoundError> {
    let (update, points) = bytes.split_at(32);
    let points = points.iter().fold(0, |points, byte| points << 8 | u32::from(*byte));
    if points > MAX_POINTS {
        return Err(RoundError::Field("points"));
    }
    Ok(Contribution { update: B256::from_slice(update), points })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rounds() -> impl Strategy<Value = Round> {
        let rule = prop_oneof![
            any::<u32>().prop_map(|cap| Rule::Mean { cap }),
            Just(Rule::Median),
            any::<u32>().prop_map(|trim| Rule::TrimmedMean { trim }),
            any::<[u32; 2]>().prop_map(|[faults, selected]| Rule::Krum { faults, selected }),
            any::<u32>().prop_map(|faults| Rule::Bulyan { faults }),
        ];
        let contribution = (any::<[u8; 32]>(), 0..=MAX_POINTS)
            .prop_map(|(update, points)| Contribution { update: update.into(), points });
        let contributions = proptest::collection::vec(contribution, 0..20);
        (rule, 0u64..1 << 36, any::<bool>(), any::<i32>(), 0u8..32, 1u32..1 << 28, contributions).prop_map(
            |(rule, clip, weights, multiplier, shift, length, contributions)| Round {
                rule,
                clip: Clip::new(clip),
                output: if weights { Output::Weights } else { Output::Summary },
                step: Step { multiplier, shift },
                length,
                contributions,
            },
        )
    }

    proptest! {
        #[test]
        fn round_trip(round in rounds()) {
            prop_assert_eq!(Round::decode(&round.encode()).unwrap(), round);
        }

        /// What decodes is the encoding of what it decodes to.
        #[test]
        fn changed_bytes_are_refused_or_canonical(round in rounds(), at: proptest::sample::Index, value: u8, cut in 0usize..40) {
            let mut bytes = round.encode();
            let at = at.index(bytes.len());
            bytes[at] = value;
            for bytes in [&bytes[..], &bytes[..bytes.len() - cut.min(bytes.len())]] {
                if let Ok(round) = Round::decode(bytes) {
                    prop_assert_eq!(round.encode(), bytes);
                }
            }
        }
    }

    #[test]
    fn lengths_are_checked_before_memory_is_taken() {
        let mut bytes = alloc::vec![0; HEADER_BYTES];
        bytes[..5].copy_from_slice(&MAGIC);
        bytes[5] = 1;
        bytes[31] = 1;
        assert!(Round::decode(&bytes).is_ok());
        bytes[32..36].fill(255);
        assert_eq!(Round::decode(&bytes), Err(RoundError::Length));
        assert_eq!(Round::decode(&[]), Err(RoundError::Length));
    }
}
