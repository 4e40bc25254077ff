//! Byzantine-robust rules: what becomes of the updates of a round.

mod bulyan;
mod columns;
mod krum;
#[cfg(feature = "std")]
mod slack;

use crate::distance::Distances;
use crate::limits::{BLOCK, MAX_POINTS, MAX_WORKERS};
use crate::updates::Block;
use alloc::vec::Vec;

/// A rule and its parameters. `faults` is the number of Byzantine workers that it withstands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Weighted by data points, each worker's at most `cap`. Withstands nobody: for rounds whose updates are bounded otherwise.
    Mean { cap: u32 },
    /// Of each coordinate.
    Median,
    /// Of each coordinate, without the `trim` lowest and the `trim` highest values (Yin et al. 2018).
    TrimmedMean { trim: u32 },
    /// Mean of the `selected` updates with the lowest scores; Krum where it is one (Blanchard et al. 2017).
    Krum { faults: u32, selected: u32 },
    /// El Mhamdi et al. 2018, over Krum.
    Bulyan { faults: u32 },
}

/// A rule that does not hold for so many workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("{needed} workers are needed and {workers} are there: ask for more, or withstand fewer faults")]
    TooFewWorkers { workers: usize, needed: usize },
    #[error("{0} workers are too many: {MAX_WORKERS} at most")]
    TooManyWorkers(usize),
    #[error("{selected} updates cannot be selected from {workers} with {faults} faults: 1 to {most}")]
    Selected { selected: u32, workers: usize, faults: u32, most: usize },
    #[error("a worker counts for {0} data points at most: take 1 to {MAX_POINTS}")]
    Cap(u32),
    #[error("there is a number of data points for {points} workers and an update of {workers}: as many as updates")]
    Points { points: usize, workers: usize },
    #[error("no worker has data points")]
    NoPoints,
}

impl Rule {
    /// Whether the rule keeps its promise with so many workers.
    pub fn check(&self, workers: usize) -> Result<(), RuleError> {
        if workers > MAX_WORKERS {
            return Err(RuleError::TooManyWorkers(workers));
        }
        let needed = match *self {
            Self::Mean { cap } if cap == 0 || cap > MAX_POINTS => return Err(RuleError::Cap(cap)),
            Self::Mean { .. } | Self::Median => 1,
            Self::TrimmedMean { trim } => 2 * trim as usize + 1,
            Self::Krum { faults, .. } => 2 * faults as usize + 3,
            Self::Bulyan { faults } => 4 * faults as usize + 3,
        };
        if workers < needed {
            return Err(RuleError::TooFewWorkers { workers, needed });
        }
        if let Self::Krum { faults, selected } = *self {
            let most = workers - faults as usize - 2;
            if selected == 0 || selected as usize > most {
                return Err(RuleError::Selected { selected, workers, faults, most });
            }
        }
        Ok(())
    }

    pub(crate) fn needs_distances(&self) -> bool {
        matches!(self, Self::Krum { .. } | Self::Bulyan { .. })
    }

    /// The workers whose updates are used, in ascending order. The rule holds for them.
    pub(crate) fn select(&self, distances: &Distances) -> Vec<usize> {
        match *self {
            Self::Krum { faults, selected } => krum::select(distances, faults as usize, selected as usize),
            Self::Bulyan { faults } => bulyan::select(distances, faults as usize),
            Self::Mean { .. } | Self::Median | Self::TrimmedMean { .. } => (0..distances.workers()).collect(),
        }
    }

    /// A block of the aggregate, from the updates that were selected.
    pub(crate) fn combine(&self, block: &Block, weights: &[u32], out: &mut [i32; BLOCK]) {
        match *self {
            Self::Mean { .. } => columns::mean(block, Some(weights), out),
            Self::Krum { .. } => columns::mean(block, None, out),
            Self::Median => columns::trimmed_mean(block, block.workers().saturating_sub(1) / 2, out),
            Self::TrimmedMean { trim } => columns::trimmed_mean(block, trim as usize, out),
            Self::Bulyan { faults } => bulyan::combine(block, faults as usize, out),
        }
    }
}
