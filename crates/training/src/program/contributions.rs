//! Updates through preimages: a piece of each in memory at a time.

use super::round::Round;
use crate::clip::squared_norm;
use crate::limits::BLOCK;
use crate::updates::{Updates, in_range};
use alloc::vec::Vec;
use alloy_primitives::B256;
use core::fmt::{Debug, Display};
use lux_inference::blob::{BlobError, BlobReader};
use lux_oracle::Oracle;

/// A vector of coordinates behind a commitment.
pub(super) struct Vector<'a, O> {
    reader: BlobReader<'a, O>,
    commitment: B256,
}

impl<'a, O: Oracle> Vector<'a, O> {
    /// Of exactly `length` coordinates.
    pub fn open(oracle: &'a O, commitment: B256, length: usize) -> Result<Self, BlobError<O::Error>> {
        let bytes = length * size_of::<i32>();
        let reader = BlobReader::open(oracle, commitment, bytes)?;
        if reader.len() != bytes {
            return Err(BlobError::Malformed(commitment));
        }
        Ok(Self { reader, commitment })
    }

    /// At most [`BLOCK`] coordinates, all within their range.
    pub fn read(&mut self, start: usize, out: &mut [i32]) -> Result<(), BlobError<O::Error>> {
        let mut bytes = [[0; 4]; BLOCK];
        let bytes = &mut bytes[..out.len()];
        self.reader.read(start * size_of::<i32>(), bytes.as_flattened_mut())?;
        out.iter_mut().zip(bytes).for_each(|(x, bytes)| *x = i32::from_le_bytes(*bytes));
        if in_range(out) { Ok(()) } else { Err(BlobError::Malformed(self.commitment)) }
    }
}

/// The contributions that are updates.
pub(super) struct Valid<'a, O> {
    length: usize,
    vectors: Vec<Vector<'a, O>>,
    /// Index of each in the round.
    pub places: Vec<usize>,
    pub squared_norms: Vec<u128>,
    pub points: Vec<u32>,
}

impl<'a, O: Oracle> Valid<'a, O> {
    /// Reads every contribution once, and leaves out what is no vector of the round's length within the range.
    pub fn of(oracle: &'a O, round: &Round) -> Result<Self, O::Error> {
        let mut valid = Self {
            length: round.length as usize,
            vectors: Vec::new(),
            places: Vec::new(),
            squared_norms: Vec::new(),
            points: Vec::new(),
        };
        for (place, contribution) in round.contributions.iter().enumerate() {
            match measure(oracle, contribution.update, valid.length) {
                Ok((vector, squared_norm)) => {
                    valid.vectors.push(vector);
                    valid.places.push(place);
                    valid.squared_norms.push(squared_norm);
                    valid.points.push(contribution.points);
                }
                Err(BlobError::Malformed(_)) => {}
                Err(BlobError::Oracle(error)) => return Err(error),
            }
        }
        Ok(valid)
    }
}

fn measure<O: Oracle>(
    oracle: &O,
    commitment: B256,
    length: usize,
) -> Result<(Vector<'_, O>, u128), BlobError<O::Error>> {
    let mut vector = Vector::open(oracle, commitment, length)?;
    let (mut squared, mut block) = (0, [0; BLOCK]);
    for start in (0..length).step_by(BLOCK) {
        let block = &mut block[..(length - start).min(BLOCK)];
        vector.read(start, block)?;
        squared += squared_norm(block);
    }
    Ok((vector, squared))
}

impl<O: Oracle<Error: Debug + Display>> Updates for Valid<'_, O> {
    type Error = BlobError<O::Error>;

    fn workers(&self) -> usize {
        self.vectors.len()
    }

    fn length(&self) -> usize {
        self.length
    }

    fn read(&mut self, worker: usize, start: usize, out: &mut [i32]) -> Result<(), Self::Error> {
        self.vectors[worker].read(start, out)
    }
}
