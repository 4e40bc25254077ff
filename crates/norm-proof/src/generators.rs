use crate::hash::group_element;
use crate::multiply::{in_threads, piece};
use crate::relation::TAIL;
use alloc::vec::Vec;
use core::num::NonZero;
use curve25519_dalek::RistrettoPoint;

/// Elements of which nobody knows how they are multiples of each other.
pub(crate) struct Generators {
    /// `G`, as many as padded coordinates.
    pub vector: Vec<RistrettoPoint>,
    /// `K`
    pub tail: Vec<RistrettoPoint>,
    /// `F`
    pub value: RistrettoPoint,
    /// `H`
    pub blinding: RistrettoPoint,
}

impl Generators {
    pub fn new(padded: usize, threads: NonZero<usize>) -> Self {
        let size = piece(padded, threads);
        let starts = (0..padded).step_by(size);
        let pieces = in_threads(starts, |start| numbered("vector", start..padded.min(start + size)));
        Self {
            vector: pieces.concat(),
            tail: numbered("tail", 0..TAIL),
            value: group_element("value", &[]),
            blinding: group_element("blinding", &[]),
        }
    }
}

fn numbered(tag: &str, indices: core::ops::Range<usize>) -> Vec<RistrettoPoint> {
    indices.map(|index| group_element(tag, &[&(index as u32).to_be_bytes()])).collect()
}
