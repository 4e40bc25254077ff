//! How far an update is from what the rule made of all of them.

use crate::distance::Kernel;
use crate::limits::BLOCK;
use crate::updates::Block;
use alloc::vec::Vec;

/// Of one worker. Honest updates have distances around one and cosines well above zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Distance to the aggregate over the median of all distances to it, in units of 2^-16, saturating.
    pub distance: u32,
    /// Cosine of the angle to the aggregate, in units of 2^-14; zero when one of both is zero.
    pub cosine: i16,
}

/// Sums over the coordinates so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScoreSums {
    aggregate: u128,
    workers: Vec<Sums>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    distance: u128,
    norm: u128,
    product: i128,
}

impl ScoreSums {
    pub fn new(workers: usize) -> Self {
        Self { aggregate: 0, workers: alloc::vec![Sums::default(); workers] }
    }

    pub fn add_block(&mut self, block: &Block, aggregate: &[i32; BLOCK]) {
        self.aggregate += u128::from(aggregate.iter().map(|x| u64::from(x.unsigned_abs()).pow(2)).sum::<u64>());
        let kernel = Kernel::detect();
        for (index, sums) in self.workers.iter_mut().enumerate() {
            let (distance, norm, product) = kernel.row_sums(block.row(index), aggregate);
            sums.distance += u128::from(distance);
            sums.norm += u128::from(norm);
            sums.product += i128::from(product);
        }
    }

    /// Adds those over other coordinates.
    #[cfg(feature = "std")]
    pub fn merge(&mut self, other: &Self) {
        self.aggregate += other.aggregate;
        for (sums, other) in self.workers.iter_mut().zip(&other.workers) {
            sums.distance += other.distance;
            sums.norm += other.norm;
            sums.product += other.product;
        }
    }

    pub fn scores(&self) -> Vec<Score> {
        let mut distances: Vec<u128> = self.workers.iter().map(|sums| sums.distance.isqrt()).collect();
        distances.sort_unstable();
        let median = distances.get(distances.len().saturating_sub(1) / 2).copied().unwrap_or(0).max(1);
        let score = |sums: &Sums| {
            let distance = (sums.distance.isqrt() << 16) / median;
            let norms = (sums.norm.isqrt() * self.aggregate.isqrt()) as i128;
            let cosine = (sums.product << 14).checked_div(norms).unwrap_or(0);
            Score {
                distance: u32::try_from(distance).unwrap_or(u32::MAX),
                // Roots are rounded down, so that the quotient may be above one.
                cosine: cosine.clamp(-(1 << 14), 1 << 14) as i16,
            }
        };
        self.workers.iter().map(score).collect()
    }
}
