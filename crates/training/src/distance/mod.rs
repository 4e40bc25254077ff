//! Squared Euclidean distances between updates.

#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[allow(unsafe_code)]
mod avx2;
mod kernel;

use crate::limits::BLOCK;
use crate::updates::{Block, Updates};
use alloc::vec::Vec;

pub(crate) use kernel::Kernel;

/// Of each pair of workers, the exact sum of squared differences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distances {
    workers: usize,
    /// Row after row of the triangle above the diagonal.
    pairs: Vec<u128>,
}

impl Distances {
    pub(crate) fn zero(workers: usize) -> Self {
        Self { workers, pairs: alloc::vec![0; workers * workers.saturating_sub(1) / 2] }
    }

    /// Reads every update once.
    pub(crate) fn measure<U: Updates>(kernel: Kernel, updates: &mut U) -> Result<Self, U::Error> {
        let workers = updates.workers();
        let all: Vec<usize> = (0..workers).collect();
        let (mut distances, mut block) = (Self::zero(workers), Block::new(workers));
        let mut scratch = kernel.scratch(workers);
        for start in (0..updates.length()).step_by(BLOCK) {
            block.fill(updates, &all, start)?;
            kernel.add_block(&block, &mut scratch, &mut distances);
        }
        Ok(distances)
    }

    /// Adds those over other coordinates.
    #[cfg(feature = "std")]
    pub(crate) fn merge(&mut self, other: &Self) {
        self.pairs.iter_mut().zip(&other.pairs).for_each(|(sum, other)| *sum += other);
    }

    fn index(&self, one: usize, other: usize) -> usize {
        let (low, high) = (one.min(other), one.max(other));
        low * self.workers - low * (low + 1) / 2 + high - low - 1
    }

    fn add(&mut self, one: usize, other: usize, squares: u64) {
        let index = self.index(one, other);
        self.pairs[index] += u128::from(squares);
    }

    pub fn workers(&self) -> usize {
        self.workers
    }

    pub fn between(&self, one: usize, other: usize) -> u128 {
        if one == other { 0 } else { self.pairs[self.index(one, other)] }
    }
}
