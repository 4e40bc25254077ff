use crate::head::{HeadReader, LENGTH_BYTES};
use crate::{BlobError, BlobHead, Part};
use alloy_primitives::{B256, keccak256};
use bytes::{Bytes, BytesMut};
use lux_protocol::{MerkleBuilder, constants::PIECE_BYTES};
use std::ops::Range;

const PIECE: u64 = PIECE_BYTES as u64;

/// A blob's length and the hashes of its pieces, known to lead to its commitment.
///
/// Encoding: the length as 8 bytes, big-endian, then 32 bytes for each piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobIndex {
    commitment: B256,
    head: BlobHead,
    encoded: Bytes,
}

impl BlobIndex {
    /// Checks `encoded` against `commitment`.
    pub fn decode(commitment: B256, encoded: Bytes) -> Result<Self, BlobError> {
        let mut reader = HeadReader::default();
        // What is no index has no head.
        let _ = reader.push(&encoded);
        Ok(Self { commitment, head: reader.finish(commitment)?, encoded })
    }

    /// Index of a blob in memory.
    pub fn of(blob: &[u8]) -> Self {
        let mut builder = IndexBuilder::default();
        builder.push(blob);
        builder.finish()
    }

    /// Bytes that the index of a blob of `length` bytes takes.
    pub fn encoded_length(length: u64) -> u64 {
        LENGTH_BYTES as u64 + 32 * length.div_ceil(PIECE)
    }

    pub fn commitment(&self) -> B256 {
        self.commitment
    }

    pub fn head(&self) -> BlobHead {
        self.head
    }

    /// Bytes of the blob.
    pub fn length(&self) -> u64 {
        self.head.length
    }

    pub fn encoded(&self) -> &Bytes {
        &self.encoded
    }

    /// The smallest range of whole pieces around `range`, or an error when that is not within the blob.
    pub fn aligned(&self, range: &Range<u64>) -> Result<Range<u64>, BlobError> {
        if range.start > range.end || range.end > self.length() {
            return Err(BlobError::OutOfRange { range: range.clone(), length: self.length() });
        }
        if range.is_empty() {
            return Ok(range.clone());
        }
        Ok(range.start / PIECE * PIECE..range.end.next_multiple_of(PIECE).min(self.length()))
    }

    /// Checks whole pieces that begin at byte `start`, a multiple of the piece size.
    pub fn verify(&self, start: u64, bytes: &[u8]) -> Result<(), BlobError> {
        let corrupt = |part| BlobError::Corrupt { commitment: self.commitment, part };
        let end = start.checked_add(bytes.len() as u64).filter(|end| *end <= self.length());
        let whole = end.is_some_and(|end| end % PIECE == 0 || end == self.length());
        if !start.is_multiple_of(PIECE) || !whole {
            return Err(corrupt(Part::Whole));
        }
        for (number, piece) in (start / PIECE..).zip(bytes.chunks(PIECE_BYTES)) {
            let at = LENGTH_BYTES + 32 * number as usize;
            if keccak256(piece).as_slice() != &self.encoded[at..at + 32] {
                return Err(corrupt(Part::Piece(number)));
            }
        }
        Ok(())
    }
}

/// Builds the index of a blob that comes in parts of any size, in memory for the index and one piece.
#[derive(Debug)]
pub struct IndexBuilder {
    length: u64,
    partial: Vec<u8>,
    tree: MerkleBuilder,
    encoded: BytesMut,
}

impl Default for IndexBuilder {
    fn default() -> Self {
        let encoded = BytesMut::zeroed(LENGTH_BYTES);
        Self { length: 0, partial: Vec::with_capacity(PIECE_BYTES), tree: MerkleBuilder::default(), encoded }
    }
}

impl IndexBuilder {
    /// Bytes so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    pub fn push(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if !self.partial.is_empty() {
            let (head, rest) = bytes.split_at(bytes.len().min(PIECE_BYTES - self.partial.len()));
            self.partial.extend_from_slice(head);
            bytes = rest;
            if self.partial.len() < PIECE_BYTES {
                return;
            }
            let hash = keccak256(&self.partial);
            self.partial.clear();
            self.hashed(hash);
        }
        let (pieces, rest) = bytes.as_chunks::<PIECE_BYTES>();
        pieces.iter().for_each(|piece| self.hashed(keccak256(piece)));
        self.partial.extend_from_slice(rest);
    }

    fn hashed(&mut self, hash: B256) {
        self.tree.push(hash);
        self.encoded.extend_from_slice(hash.as_slice());
    }

    pub fn finish(mut self) -> BlobIndex {
        if !self.partial.is_empty() {
            self.hashed(keccak256(&self.partial));
        }
        self.encoded[..LENGTH_BYTES].copy_from_slice(&self.length.to_be_bytes());
        let head = BlobHead { length: self.length, root: self.tree.root() };
        BlobIndex { commitment: head.commitment(), head, encoded: self.encoded.freeze() }
    }
}
