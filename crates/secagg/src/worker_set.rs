use crate::{DecodeError, wire::Reader};
use std::fmt;

/// Some of a round's workers, by index in the roster.
///
/// On the wire a bitmap: worker `i` is bit `i % 8` of byte `i / 8`, the lowest bit first, and unused bits are zero.
#[derive(Clone, PartialEq, Eq)]
pub struct WorkerSet {
    workers: u16,
    bits: Vec<u8>,
}

impl WorkerSet {
    /// None of so many workers.
    pub fn empty(workers: u16) -> Self {
        Self { workers, bits: vec![0; bytes_of(workers)] }
    }

    pub fn from_indices(workers: u16, indices: impl IntoIterator<Item = u16>) -> Self {
        let mut set = Self::empty(workers);
        indices.into_iter().for_each(|index| set.insert(index));
        set
    }

    /// Workers of the round, in the set or not.
    pub const fn workers(&self) -> u16 {
        self.workers
    }

    /// Adds a worker.
    ///
    /// # Panics
    /// If the roster is shorter.
    pub fn insert(&mut self, index: u16) {
        assert!(index < self.workers, "worker {index} of {}", self.workers);
        self.bits[usize::from(index / 8)] |= 1 << (index % 8);
    }

    pub fn contains(&self, index: u16) -> bool {
        self.bits.get(usize::from(index / 8)).is_some_and(|byte| byte >> (index % 8) & 1 == 1)
    }

    pub fn len(&self) -> usize {
        self.bits.iter().map(|byte| byte.count_ones() as usize).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.bits.iter().all(|byte| *byte == 0)
    }

    /// Indices, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        (0..self.workers).filter(|index| self.contains(*index))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bits
    }

    pub(crate) fn read(reader: &mut Reader<'_>, workers: u16) -> Result<Self, DecodeError> {
        let bits = reader.take(bytes_of(workers))?.to_vec();
        let used = workers % 8;
        match bits.last() {
            Some(last) if used != 0 && last >> used != 0 => Err(reader.invalid("bit beyond the last worker")),
            _ => Ok(Self { workers, bits }),
        }
    }
}

impl fmt::Debug for WorkerSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

fn bytes_of(workers: u16) -> usize {
    usize::from(workers).div_ceil(8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trip(workers in 1u16..200, indices in proptest::collection::btree_set(0u16..200, 0..50)) {
            let indices: Vec<_> = indices.into_iter().filter(|index| *index < workers).collect();
            let set = WorkerSet::from_indices(workers, indices.clone());
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), indices.clone());
            prop_assert_eq!(set.len(), indices.len());
            prop_assert_eq!(WorkerSet::read(&mut Reader::new(set.as_bytes(), "set"), workers).unwrap(), set);
        }
    }

    #[test]
    fn a_bit_beyond_the_last_worker_is_refused() {
        let read = |bytes: &[u8]| WorkerSet::read(&mut Reader::new(bytes, "set"), 9);
        assert!(read(&[0xff, 0x01]).is_ok());
        assert!(matches!(read(&[0xff, 0x03]), Err(DecodeError::Invalid { .. })));
        assert!(matches!(read(&[0xff]), Err(DecodeError::Truncated(_))));
    }
}
