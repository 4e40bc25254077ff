//! Updates of a round, read in parts.

use crate::clip::squared_norm;
use crate::limits::{BLOCK, MAX_COORDINATE, MAX_LENGTH};
use alloc::vec::Vec;
use core::convert::Infallible;

/// Updates of equal length, by worker.
pub trait Updates {
    type Error;

    fn workers(&self) -> usize;

    /// Coordinates of each update.
    fn length(&self) -> usize;

    /// Coordinates of one worker from `start` on, each at most [`MAX_COORDINATE`] in absolute
    /// value.
    fn read(&mut self, worker: usize, start: usize, out: &mut [i32]) -> Result<(), Self::Error>;
}

impl<U: Updates + ?Sized> Updates for &mut U {
    type Error = U::Error;

    fn workers(&self) -> usize {
        (**self).workers()
    }

    fn length(&self) -> usize {
        (**self).length()
    }

    fn read(&mut self, worker: usize, start: usize, out: &mut [i32]) -> Result<(), U::Error> {
        (**self).read(worker, start, out)
    }
}

/// Updates in memory, or a range of their coordinates.
#[derive(Clone, Copy, Debug)]
pub struct Slices<'a> {
    rows: &'a [&'a [i32]],
    start: usize,
    length: usize,
}

impl<'a> Slices<'a> {
    /// `None` when the updates differ in length, are too long or have a coordinate out of range.
    pub fn new(rows: &'a [&'a [i32]]) -> Option<Self> {
        let length = rows.first().map_or(0, |row| row.len());
        let valid = |row: &&[i32]| row.len() == length && in_range(row);
        (length <= MAX_LENGTH && rows.iter().all(valid)).then_some(Self { rows, start: 0, length })
    }

    /// Sum of squares of each update.
    pub fn squared_norms(&self) -> Vec<u128> {
        self.rows.iter().map(|row| squared_norm(&row[self.start..][..self.length])).collect()
    }

    /// Ranges of coordinates of this size, the last one shorter.
    #[cfg(feature = "std")]
    pub(crate) fn parts(self, size: usize) -> impl Iterator<Item = Self> {
        let range = move |start| Self { start: self.start + start, length: size.min(self.length - start), ..self };
        (0..self.length).step_by(size).map(range)
    }
}

impl Updates for Slices<'_> {
    type Error = Infallible;

    fn workers(&self) -> usize {
        self.rows.len()
    }

    fn length(&self) -> usize {
        self.length
    }

    fn read(&mut self, worker: usize, start: usize, out: &mut [i32]) -> Result<(), Infallible> {
        out.copy_from_slice(&self.rows[worker][self.start + start..][..out.len()]);
        Ok(())
    }
}

/// Whether arithmetic holds for these coordinates.
pub(crate) fn in_range(coordinates: &[i32]) -> bool {
    // Without a branch for each, so that it is vectorised.
    let limit = MAX_COORDINATE.unsigned_abs();
    coordinates.iter().fold(0, |largest, x| x.unsigned_abs().max(largest)) <= limit
}

/// The rows of some workers, a block at a time.
pub(crate) struct Block {
    workers: usize,
    rows: Vec<i32>,
    /// Coordinates in use; those behind are zero.
    pub len: usize,
}

impl Block {
    pub fn new(workers: usize) -> Self {
        Self { workers, rows: alloc::vec![0; workers * BLOCK], len: 0 }
    }

    /// Reads the coordinates from `start` on of the workers in `which`.
    pub fn fill<U: Updates>(&mut self, updates: &mut U, which: &[usize], start: usize) -> Result<(), U::Error> {
        self.len = (updates.length() - start).min(BLOCK);
        for (row, worker) in self.rows.chunks_exact_mut(BLOCK).zip(which) {
            let (row, rest) = row.split_at_mut(self.len);
            rest.fill(0);
            updates.read(*worker, start, row)?;
        }
        Ok(())
    }

    /// Becomes the rows of `other` with these indices.
    pub fn copy_rows(&mut self, other: &Self, which: &[usize]) {
        self.len = other.len;
        for (row, index) in self.rows.chunks_exact_mut(BLOCK).zip(which) {
            row.copy_from_slice(other.row(*index));
        }
    }

    pub fn workers(&self) -> usize {
        self.workers
    }

    /// All of a row, with the zeros.
    pub fn row(&self, index: usize) -> &[i32; BLOCK] {
        &self.rows.as_chunks::<BLOCK>().0[index]
    }

    /// A coordinate of every row.
    pub fn column(&self, coordinate: usize) -> impl Iterator<Item = i32> {
        self.rows.iter().skip(coordinate).step_by(BLOCK).copied()
    }
}
