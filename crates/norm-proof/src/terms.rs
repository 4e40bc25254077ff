use crate::{LIMBS, TermsError, Word};

/// Coordinates of an update. With more, squares of what the projection lets through could wrap around.
pub const MAX_LENGTH: u32 = 1 << 20;
/// Largest bound on the norm: its square is below 2^62.
pub const MAX_BOUND: u32 = i32::MAX as u32;

/// What a job says about its updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    length: u32,
    bound: u32,
}

impl Terms {
    /// Updates of `length` coordinates with a Euclidean norm of at most `bound`, of at most `workers`, whose masked sum is of words `W`.
    pub fn new<W: Word>(length: u32, bound: u32, workers: u16) -> Result<Self, TermsError> {
        if length == 0 || length > MAX_LENGTH {
            return Err(TermsError::Length(length));
        }
        if bound == 0 || bound > MAX_BOUND {
            return Err(TermsError::Bound(bound));
        }
        let room = 1u64 << (W::BITS - 1);
        match u64::from(workers) * u64::from(bound) < room {
            true => Ok(Self { length, bound }),
            false => Err(TermsError::Sum { workers, bound, bits: W::BITS }),
        }
    }

    pub const fn length(&self) -> u32 {
        self.length
    }

    pub const fn bound(&self) -> u32 {
        self.bound
    }

    /// Words of a masked vector.
    pub const fn entries(&self) -> u32 {
        self.length + LIMBS as u32
    }

    pub(crate) const fn padded(&self) -> usize {
        (self.length as usize).next_power_of_two()
    }

    pub(crate) const fn folds(&self) -> usize {
        self.padded().trailing_zeros() as usize
    }

    pub(crate) const fn squared_bound(&self) -> u64 {
        self.bound as u64 * self.bound as u64
    }
}
