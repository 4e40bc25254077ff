//! A blob through preimages, any part of it.

use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes, U256};
use core::fmt::{Debug, Display};
use lux_oracle::Oracle;
use lux_protocol::constants::PIECE_BYTES;

/// Why a part of a blob cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError<E: Debug + Display> {
    #[error("{0}")]
    Oracle(E),
    /// Whoever made the commitment did not commit to a blob.
    #[error("the commitment {0} is that of no blob of the length in question")]
    Malformed(B256),
}

/// The two words behind a hash.
pub fn read_pair<O: Oracle>(oracle: &O, hash: B256) -> Result<[B256; 2], BlobError<O::Error>> {
    let pair = oracle.preimage(&hash, 64).map_err(BlobError::Oracle)?;
    let words: [u8; 64] = pair[..].try_into().map_err(|_| BlobError::Malformed(hash))?;
    Ok([B256::from_slice(&words[..32]), B256::from_slice(&words[32..])])
}

/// Reads any part of one blob. Keeps the piece it read last and the nodes above it, so that reading in order asks for each
/// node once.
#[derive(Debug)]
pub struct BlobReader<'a, O> {
    oracle: &'a O,
    commitment: B256,
    length: usize,
    height: u32,
    /// Children of the nodes above `piece`, the root's first.
    path: Vec<[B256; 2]>,
    root: B256,
    piece: Option<(usize, Bytes)>,
}

impl<'a, O: Oracle> BlobReader<'a, O> {
    /// A blob of at most `max` bytes.
    pub fn open(oracle: &'a O, commitment: B256, max: usize) -> Result<Self, BlobError<O::Error>> {
        let [length, root] = read_pair(oracle, commitment)?;
        let length = usize::try_from(U256::from_be_bytes(length.0)).ok().filter(|length| *length <= max);
        let length = length.ok_or(BlobError::Malformed(commitment))?;
        let height = length.div_ceil(PIECE_BYTES).next_power_of_two().trailing_zeros();
        Ok(Self { oracle, commitment, length, height, path: Vec::new(), root, piece: None })
    }

    pub const fn len(&self) -> usize {
        self.length
    }

    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Fills `out` with what begins at `offset`.
    pub fn read(&mut self, mut offset: usize, mut out: &mut [u8]) -> Result<(), BlobError<O::Error>> {
        if offset.checked_add(out.len()).is_none_or(|end| end > self.length) {
            return Err(BlobError::Malformed(self.commitment));
        }
        while !out.is_empty() {
            let within = offset % PIECE_BYTES;
            let piece = &self.piece(offset / PIECE_BYTES)?[within..];
            let count = piece.len().min(out.len());
            let (now, later) = out.split_at_mut(count);
            now.copy_from_slice(&piece[..count]);
            (out, offset) = (later, offset + count);
        }
        Ok(())
    }

    /// The whole blob.
    pub fn read_all(&mut self) -> Result<Vec<u8>, BlobError<O::Error>> {
        let mut out = alloc::vec![0; self.length];
        self.read(0, &mut out)?;
        Ok(out)
    }

    fn piece(&mut self, index: usize) -> Result<&[u8], BlobError<O::Error>> {
        let shared = match &self.piece {
            Some((at, _)) if *at == index => self.height + 1,
            // The root is above both, and so is every node that their indices agree on.
            Some((at, _)) => self.height + 1 - (usize::BITS - (at ^ index).leading_zeros()),
            None => 0,
        };
        if shared > self.height {
            return Ok(self.piece.as_ref().map_or(&[], |(_, piece)| piece));
        }
        self.path.truncate(shared as usize);
        self.piece = None;
        while self.path.len() < self.height as usize {
            let hash = self.child(index, self.path.len());
            let pair = read_pair(self.oracle, hash)?;
            self.path.push(pair);
        }
        let hash = self.child(index, self.height as usize);
        let length = (self.length - index * PIECE_BYTES).min(PIECE_BYTES);
        let piece = self.oracle.preimage(&hash, length).map_err(BlobError::Oracle)?;
        if piece.len() != length {
            return Err(BlobError::Malformed(self.commitment));
        }
        Ok(&self.piece.insert((index, piece)).1)
    }

    /// The node at `level` (0 is the root) on the way to piece `index`.
    fn child(&self, index: usize, level: usize) -> B256 {
        match level.checked_sub(1) {
            None => self.root,
            Some(above) => self.path[above][index >> (self.height as usize - level) & 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob;
    use lux_oracle::{Preimages, Recorder};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_part_in_any_order(len in 0usize..60_000, parts in proptest::collection::vec((0usize..60_000, 0usize..9_000), 1..8)) {
            let bytes: Vec<u8> = (0..len).map(|index| ((index / 7) ^ index) as u8).collect();
            let mut known = Preimages::default();
            let commitment = blob::preimages(&bytes, |preimage| { known.insert(preimage.to_vec()); });
            prop_assert_eq!(commitment, blob::commitment(&bytes));
            let mut reader = BlobReader::open(&known, commitment, len).unwrap();
            prop_assert_eq!(reader.read_all().unwrap(), bytes.clone());
            for (offset, count) in parts {
                let mut out = alloc::vec![0; count];
                match bytes.get(offset..offset + count) {
                    Some(expected) => {
                        reader.read(offset, &mut out).unwrap();
                        prop_assert_eq!(out, expected);
                    }
                    None => prop_assert!(reader.read(offset, &mut out).is_err()),
                }
            }
        }
    }

    #[test]
    fn reading_in_order_asks_for_each_node_once() {
        let bytes: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
        let mut known = Preimages::default();
        let commitment = blob::preimages(&bytes, |preimage| {
            known.insert(preimage.to_vec());
        });
        let asked = core::cell::Cell::new(0);
        let oracle = lux_oracle::FnOracle(|hash: &B256| {
            asked.set(asked.get() + 1);
            known.preimage(hash, 0)
        });
        let mut reader = BlobReader::open(&oracle, commitment, bytes.len()).unwrap();
        let mut out = [0; 1_000];
        (0..400).for_each(|part| reader.read(part * 1_000, &mut out).unwrap());
        // 98 pieces, the nodes above them, and the pair of length and root.
        assert_eq!(asked.get(), 98 + (49 + 25 + 13 + 7 + 4 + 2 + 1) + 1);
    }

    #[test]
    fn a_commitment_to_no_blob_is_an_error() {
        let mut known = Preimages::default();
        let piece = known.insert(alloc::vec![1; 10]);
        let too_short = known.insert([B256::with_last_byte(11).0, piece.0].concat());
        let no_pair = known.insert(alloc::vec![0; 63]);
        let recorder = Recorder::new(&known);
        assert_eq!(BlobReader::open(&recorder, no_pair, 99).unwrap_err(), BlobError::Malformed(no_pair));
        assert_eq!(BlobReader::open(&recorder, too_short, 10).unwrap_err(), BlobError::Malformed(too_short));
        let mut reader = BlobReader::open(&recorder, too_short, 11).unwrap();
        assert_eq!(reader.read_all(), Err(BlobError::Malformed(too_short)));
    }
}
