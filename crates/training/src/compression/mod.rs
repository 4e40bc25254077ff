//! Smaller updates (Konečný et al. 2016): what a worker sends instead of its vector, for rounds that do not compare updates
//! bit by bit.
//!
//! All but top-k are unbiased: over their random numbers, the mean of what is decoded is what was encoded. Decoders take any
//! bytes, and no more memory than the length that the caller expects.

mod bits;
mod low_rank;
mod mask;
mod measure;
mod rotation;
mod top_k;
mod wire;

pub use low_rank::LowRank;
pub use mask::RandomMask;
pub use measure::{Measure, measure};
pub use rotation::RotatedQuantization;
pub use top_k::TopK;
pub use wire::DecodeError;

/// Seed of what encoder and decoder draw alike; a fresh one for each update.
pub type Seed = [u8; 32];
