//! What updates may be, so that no sum of theirs overflows.

/// Largest absolute value of a coordinate. Differences are below 2^27 and their squares below 2^54.
pub const MAX_COORDINATE: i32 = (1 << 26) - 1;
/// Coordinates that are read together, a piece of a blob. As many squares of differences fit 64 bits.
pub const BLOCK: usize = 1024;
/// Coordinates of an update, together 1 GiB. Distances are below 2^82.
pub const MAX_LENGTH: usize = 1 << 28;
/// Updates of a round. Sums of distances are below 2^92.
pub const MAX_WORKERS: usize = 1024;
/// Most data points that one worker counts for. Weighted sums are below 2^60.
pub const MAX_POINTS: u32 = 1 << 24;
/// Largest norm that updates are clipped to. Its product with a coordinate is below 2^62.
pub const MAX_CLIP: u64 = 1 << 36;

const _: () = {
    let difference = 2 * MAX_COORDINATE as u128;
    assert!(difference * difference * BLOCK as u128 <= u64::MAX as u128);
    assert!(MAX_COORDINATE as u128 * (MAX_POINTS as u128) * MAX_WORKERS as u128 * 2 < i64::MAX as u128);
    assert!(MAX_COORDINATE as u128 * (MAX_CLIP as u128) < i64::MAX as u128);
};
