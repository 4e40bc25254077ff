//! How the distances over a block are computed; the sums are the same whichever way.

use super::Distances;
use crate::limits::BLOCK;
use crate::updates::Block;
use alloc::vec::Vec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    Portable,
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx2,
}

impl Kernel {
    /// The fastest of this processor.
    pub fn detect() -> Self {
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        if is_x86_feature_detected!("avx2") {
            return Self::Avx2;
        }
        Self::Portable
    }

    /// Memory that [`Self::add_block`] works in.
    pub fn scratch(self, _workers: usize) -> Vec<i16> {
        match self {
            Self::Portable => Vec::new(),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx2 => super::avx2::scratch(_workers),
        }
    }

    pub fn add_block(self, block: &Block, _scratch: &mut [i16], distances: &mut Distances) {
        match self {
            Self::Portable => portable(block, distances),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx2 => super::avx2::add_block(block, _scratch, distances),
        }
    }

    /// Of a row and the aggregate: squared distance, squared norm of the row, and product.
    pub fn row_sums(self, row: &[i32; BLOCK], aggregate: &[i32; BLOCK]) -> (u64, u64, i64) {
        match self {
            Self::Portable => row_sums(row, aggregate),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx2 => super::avx2::row_sums(row, aggregate),
        }
    }
}

/// Compiled for each kernel.
#[inline(always)]
pub(super) fn row_sums(row: &[i32; BLOCK], aggregate: &[i32; BLOCK]) -> (u64, u64, i64) {
    let (mut distance, mut norm, mut product) = (0, 0, 0);
    for (x, y) in row.iter().zip(aggregate) {
        distance += u64::from(x.abs_diff(*y)).pow(2);
        norm += u64::from(x.unsigned_abs()).pow(2);
        product += i64::from(*x) * i64::from(*y);
    }
    (distance, norm, product)
}

fn portable(block: &Block, distances: &mut Distances) {
    for one in 0..block.workers() {
        for other in one + 1..block.workers() {
            let pairs = block.row(one).iter().zip(block.row(other));
            distances.add(one, other, pairs.map(|(x, y)| u64::from(x.abs_diff(*y)).pow(2)).sum());
        }
    }
}
