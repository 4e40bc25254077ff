//! The blocks that were emitted last.

use std::collections::VecDeque;

use crate::{BlockId, CriticalError};

/// Ascending by number, bounded: the oldest goes when a new one comes. Ranges that were fetched in bulk appear by
/// the blocks that were emitted, so numbers may have gaps.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    ids: VecDeque<BlockId>,
    capacity: usize,
}

impl Ring {
    pub fn new(capacity: usize) -> Self {
        Self { ids: VecDeque::new(), capacity: capacity.max(1) }
    }

    pub fn restore(capacity: usize, ids: Vec<BlockId>) -> Result<Self, CriticalError> {
        if ids.windows(2).any(|w| w[0].number >= w[1].number) {
            return Err(CriticalError::InvalidArgument("block ids must ascend"));
        }
        let mut ring = Self::new(capacity);
        ids.into_iter().for_each(|id| ring.push(id));
        Ok(ring)
    }

    pub fn push(&mut self, id: BlockId) {
        debug_assert!(self.last().is_none_or(|l| l.number < id.number));
        if self.ids.len() == self.capacity {
            self.ids.pop_front();
        }
        self.ids.push_back(id);
    }

    pub fn truncate_after(&mut self, number: u64) {
        while self.last().is_some_and(|l| l.number > number) {
            self.ids.pop_back();
        }
    }

    pub fn last(&self) -> Option<BlockId> {
        self.ids.back().copied()
    }

    pub fn first(&self) -> Option<BlockId> {
        self.ids.front().copied()
    }

    pub fn get(&self, index: usize) -> BlockId {
        self.ids[index]
    }

    /// Number of entries at or below block `number`.
    pub fn count_up_to(&self, number: u64) -> usize {
        self.ids.partition_point(|id| id.number <= number)
    }

    pub fn to_vec(&self) -> Vec<BlockId> {
        self.ids.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn id(number: u64) -> BlockId {
        BlockId { number, ..Default::default() }
    }

    #[test]
    fn is_bounded_and_ordered() {
        let mut ring = Ring::restore(3, (0..5).map(id).collect()).unwrap();
        assert_eq!(ring.to_vec(), [id(2), id(3), id(4)]);
        assert_eq!(ring.count_up_to(3), 2);
        ring.truncate_after(2);
        assert_eq!(ring.to_vec(), [id(2)]);
        ring.push(id(9));
        assert_eq!(ring.count_up_to(8), 1);
        assert!(Ring::restore(3, vec![id(2), id(2)]).is_err());
    }
}
