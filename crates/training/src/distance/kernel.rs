//! How the distances over a block are computed; the sums are the same whichever way.

use super::Distances;
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
}

fn portable(block: &Block, distances: &mut Distances) {
    for one in 0..block.workers() {
        for other in one + 1..block.workers() {
            let pairs = block.row(one).iter().zip(block.row(other));
            distances.add(one, other, pairs.map(|(x, y)| u64::from(x.abs_diff(*y)).pow(2)).sum());
        }
    }
}
