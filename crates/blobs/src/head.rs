use crate::{BlobError, BlobIndex, MAX_BLOB_BYTES, Part};
use alloy_primitives::{B256, U256, keccak256};
use lux_protocol::MerkleBuilder;

pub(crate) const LENGTH_BYTES: usize = 8;
const HASH_BYTES: usize = 32;

/// What the commitment of a blob is the hash of: all that can be known of one without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobHead {
    /// Bytes of the blob.
    pub length: u64,
    /// Merkle root of the hashes of its pieces.
    pub root: B256,
}

impl BlobHead {
    /// The two words that [`Self::commitment`] hashes.
    pub fn encode(&self) -> [u8; 64] {
        let mut words = [0; 64];
        words[..32].copy_from_slice(&U256::from(self.length).to_be_bytes::<32>());
        words[32..].copy_from_slice(self.root.as_slice());
        words
    }

    pub fn commitment(&self) -> B256 {
        keccak256(self.encode())
    }
}

/// Reads an index that comes in parts of any size, and keeps none of it.
#[derive(Debug, Default)]
pub(crate) struct HeadReader {
    /// The length, or a part of it.
    length: [u8; LENGTH_BYTES],
    /// Of the hash that is not complete.
    partial: [u8; HASH_BYTES],
    read: u64,
    tree: MerkleBuilder,
    /// It is no index, whatever comes.
    is_refused: bool,
}

impl HeadReader {
    /// `false` if no index goes on like this.
    pub fn push(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let at = self.read as usize;
            let (slot, at) = match at.checked_sub(LENGTH_BYTES) {
                None => (&mut self.length[..], at),
                Some(_) if self.read >= self.expected() => {
                    self.is_refused = true;
                    return false;
                }
                Some(beyond) => (&mut self.partial[..], beyond % HASH_BYTES),
            };
            let count = bytes.len().min(slot.len() - at);
            slot[at..at + count].copy_from_slice(&bytes[..count]);
            let is_full = at + count == slot.len();
            if is_full && self.read >= LENGTH_BYTES as u64 {
                self.tree.push(B256::from(self.partial));
            }
            self.read += count as u64;
            bytes = &bytes[count..];
        }
        self.read < LENGTH_BYTES as u64 || self.length() <= MAX_BLOB_BYTES
    }

    fn length(&self) -> u64 {
        u64::from_be_bytes(self.length)
    }

    fn expected(&self) -> u64 {
        match self.length() {
            length if length <= MAX_BLOB_BYTES => BlobIndex::encoded_length(length),
            _ => 0,
        }
    }

    /// The head, if all that was read is the index of blob `commitment`.
    pub fn finish(self, commitment: B256) -> Result<BlobHead, BlobError> {
        let head = BlobHead { length: self.length(), root: self.tree.root() };
        let is_whole = !self.is_refused && self.read >= LENGTH_BYTES as u64 && self.read == self.expected();
        match is_whole && head.commitment() == commitment {
            true => Ok(head),
            false => Err(BlobError::Corrupt { commitment, part: Part::Index }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(parts: &[&[u8]], commitment: B256) -> Result<BlobHead, BlobError> {
        let mut reader = HeadReader::default();
        let goes_on = parts.iter().all(|part| reader.push(part));
        let head = reader.finish(commitment);
        assert!(goes_on || head.is_err(), "what is refused has no head");
        head
    }

    proptest! {
        #[test]
        fn an_index_in_parts_has_the_head_of_its_blob(
            length in 0usize..40_000,
            cuts in proptest::collection::vec(0usize..400, 0..6),
            flip in proptest::option::of(0usize..400),
        ) {
            let blob: Vec<u8> = (0..length).map(|at| ((at * at) >> 7) as u8).collect();
            let index = BlobIndex::of(&blob);
            let mut encoded = index.encoded().to_vec();
            let changed = flip.filter(|at| *at < encoded.len());
            if let Some(at) = changed {
                encoded[at] ^= 1;
            }
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(encoded.len())).collect();
            cuts.sort_unstable();
            let (mut parts, mut from) = (Vec::new(), 0);
            for cut in cuts {
                parts.push(&encoded[from..cut]);
                from = cut;
            }
            parts.push(&encoded[from..]);
            let head = read(&parts, index.commitment());
            match changed {
                None => prop_assert_eq!(head.ok(), Some(index.head())),
                Some(_) => prop_assert!(head.is_err()),
            }
        }
    }

    #[test]
    fn what_is_too_short_too_long_or_too_large_is_no_index() {
        let index = BlobIndex::of(&[7; 5_000]);
        let (encoded, commitment) = (index.encoded(), index.commitment());
        assert!(read(&[encoded], commitment).is_ok());
        for cut in [0, 7, 8, 39, 40, 71] {
            assert!(read(&[&encoded[..cut]], commitment).is_err(), "{cut}");
        }
        assert!(read(&[encoded, &[0]], commitment).is_err());
        let mut reader = HeadReader::default();
        assert!(!reader.push(&(MAX_BLOB_BYTES + 1).to_be_bytes()));
        let mut reader = HeadReader::default();
        assert!(!reader.push(&[0xff; 500]));
    }
}
