use crate::{MAX_BOUND, MAX_LENGTH};

/// Terms under which nothing can be proven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    #[error("updates of {0} coordinates; 1 to {MAX_LENGTH} can be proven at once")]
    Length(u32),
    #[error("a bound of {0} on the norm; 1 to {MAX_BOUND} is possible")]
    Bound(u32),
    #[error(
        "sums of {workers} updates of norm {bound} do not fit signed words of {bits} bits; lower the bound or the scale, or take wider words"
    )]
    Sum { workers: u16, bound: u32, bits: u32 },
}

/// An update about which nothing true can be proven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    #[error("the update has {found} coordinates, the job's have {expected}")]
    Length { found: usize, expected: u32 },
    #[error("the update's norm is the root of {squared_norm}, more than the bound of {bound}; clip it first")]
    TooLong { squared_norm: u128, bound: u32 },
}

/// Bytes that are no proof under the terms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("a proof of {found} bytes; under these terms it has {expected}")]
    Length { found: usize, expected: usize },
    #[error("a proof of version {0}; this is version 1")]
    Version(u8),
    #[error("{0}: these bytes encode no element of ristretto255")]
    Element(&'static str),
    #[error("{0}: this scalar is not below the order of the group")]
    Scalar(&'static str),
}

/// A proof that shows nothing. Its worker's vector must not be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error(
        "the proof has {found} folds, under these terms it has {expected}; decode it with the terms it is verified with"
    )]
    Folds { found: usize, expected: usize },
    #[error("projection {row} is out of range: the update may hold numbers that wrap around")]
    Projection { row: usize },
    #[error(
        "the equations do not hold: the update is too long, or the proof was made for another round, worker, vector or job"
    )]
    Equations,
}

/// A sum that is not shown to be one of bounded updates. The round gives nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("the sum has {found} entries; under these terms it has {expected}")]
    Length { found: usize, expected: u32 },
    #[error(
        "the sum does not open the sum of commitments: a worker masked another vector than it proved, or the proofs are not those of the survivors; discard the round"
    )]
    Mismatch,
}
