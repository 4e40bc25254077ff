//! Paths of nibbles as windows over packed bytes.
//!
//! Cutting a window moves its bounds and never shifts nibbles. Key suffixes and decoded leaf paths both end at a byte
//! boundary, so that comparing and re-encoding them works on whole bytes.

use crate::DecodeError;
use alloc::{boxed::Box, vec, vec::Vec};
use alloy_rlp::Header;

/// Longest key in bytes. It bounds the depth of the tree, and thereby recursion, whatever a source returns.
pub const MAX_KEY_LEN: usize = 256;

/// Longest path in nibbles.
pub(crate) const MAX_DEPTH: usize = 2 * MAX_KEY_LEN;

const LEAF_FLAG: u8 = 0x20;
const ODD_FLAG: u8 = 0x10;

/// A borrowed path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nibbles<'a> {
    bytes: &'a [u8],
    start: usize,
    end: usize,
}

impl<'a> Nibbles<'a> {
    pub(crate) const fn of_key(key: &'a [u8]) -> Self {
        Self { bytes: key, start: 0, end: 2 * key.len() }
    }

    pub(crate) const fn len(self) -> usize {
        self.end - self.start
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Nibble at `index`, which is below `len`.
    const fn at(self, index: usize) -> u8 {
        let position = self.start + index;
        let byte = self.bytes[position / 2];
        if position.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f }
    }

    /// All but the first `count` nibbles, with `count <= len`.
    pub(crate) const fn skip(self, count: usize) -> Self {
        debug_assert!(count <= self.len());
        Self { start: self.start + count, ..self }
    }

    /// The first `count` nibbles, with `count <= len`.
    pub(crate) const fn take(self, count: usize) -> Self {
        debug_assert!(count <= self.len());
        Self { end: self.start + count, ..self }
    }

    /// First nibble as an index, and the rest.
    pub(crate) fn split_first(self) -> Option<(usize, Self)> {
        (!self.is_empty()).then(|| (usize::from(self.at(0)), self.skip(1)))
    }

    pub(crate) fn strip_prefix(self, prefix: Nibbles<'_>) -> Option<Self> {
        (self.common_prefix(prefix) == prefix.len()).then(|| self.skip(prefix.len()))
    }

    /// Number of leading nibbles that both paths share.
    pub(crate) fn common_prefix(self, other: Nibbles<'_>) -> usize {
        let max = self.len().min(other.len());
        let mut same = 0;
        if self.start % 2 == other.start % 2 {
            if self.start % 2 == 1 && max > 0 {
                if self.at(0) != other.at(0) {
                    return 0;
                }
                same = 1;
            }
            let whole = (max - same) / 2;
            let (a, b) = (self.start.div_ceil(2), other.start.div_ceil(2));
            let pairs = self.bytes[a..a + whole].iter().zip(&other.bytes[b..b + whole]);
            same += 2 * pairs.take_while(|(a, b)| a == b).count();
        }
        while same < max && self.at(same) == other.at(same) {
            same += 1;
        }
        same
    }

    /// Reads a hex-prefix path (yellow paper, appendix C); the flag tells a leaf from an extension.
    pub(crate) fn from_hex_prefix(bytes: &'a [u8]) -> Result<(Self, bool), DecodeError> {
        let (&first, _) = bytes.split_first().ok_or(DecodeError::HexPrefix)?;
        let odd = first & ODD_FLAG != 0;
        if first & !(LEAF_FLAG | ODD_FLAG | 0x0f) != 0 || (!odd && first & 0x0f != 0) {
            return Err(DecodeError::HexPrefix);
        }
        let path = Self { bytes, start: if odd { 1 } else { 2 }, end: 2 * bytes.len() };
        Ok((path, first & LEAF_FLAG != 0))
    }

    /// Length of the RLP string that [`encode`](Self::encode) appends.
    pub(crate) const fn encoded_len(self) -> usize {
        let len = self.len() / 2 + 1;
        // A lone flag byte is below 0x80 and so its own encoding.
        if len == 1 { 1 } else { alloy_rlp::length_of_length(len) + len }
    }

    /// Appends the hex-prefix path as an RLP string.
    pub(crate) fn encode(self, leaf: bool, out: &mut Vec<u8>) {
        let odd = self.len() % 2;
        let flags = if leaf { LEAF_FLAG } else { 0 };
        if self.len() > 1 {
            Header { list: false, payload_length: self.len() / 2 + 1 }.encode(out);
        }
        out.push(if odd == 1 { flags | ODD_FLAG | self.at(0) } else { flags });
        let (start, end) = (self.start + odd, self.end);
        if start.is_multiple_of(2) {
            out.extend_from_slice(&self.bytes[start / 2..end / 2]);
        } else {
            out.extend((odd..self.len()).step_by(2).map(|i| self.at(i) << 4 | self.at(i + 1)));
        }
    }
}

impl PartialEq for Nibbles<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.common_prefix(*other) == self.len()
    }
}

/// An owned path; up to 64 nibbles, as in tries with hashed keys, live inside it.
#[derive(Debug, Clone)]
pub(crate) struct NibbleBuf {
    bytes: Storage,
    // Both are at most MAX_DEPTH + 1.
    start: u16,
    end: u16,
}

#[derive(Debug, Clone)]
enum Storage {
    Inline([u8; 32]),
    Heap(Box<[u8]>),
}

impl Storage {
    fn zeroed(len: usize) -> Self {
        if len <= 32 { Self::Inline([0; 32]) } else { Self::Heap(vec![0; len].into()) }
    }

    fn as_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Inline(bytes) => bytes,
            Self::Heap(bytes) => bytes,
        }
    }
}

impl NibbleBuf {
    pub(crate) fn as_nibbles(&self) -> Nibbles<'_> {
        let bytes = match &self.bytes {
            Storage::Inline(bytes) => bytes.as_slice(),
            Storage::Heap(bytes) => bytes,
        };
        Nibbles { bytes, start: usize::from(self.start), end: usize::from(self.end) }
    }

    /// `nibble` followed by `tail`.
    pub(crate) fn prepend(nibble: usize, tail: Nibbles<'_>) -> Self {
        let byte = [nibble as u8];
        Self::concat(Nibbles { bytes: &byte, start: 1, end: 2 }, tail)
    }

    /// Both paths in a row, ending at a byte boundary.
    pub(crate) fn concat(head: Nibbles<'_>, tail: Nibbles<'_>) -> Self {
        let len = head.len() + tail.len();
        let start = len % 2;
        let mut bytes = Storage::zeroed(len.div_ceil(2));
        let packed = bytes.as_mut();
        for i in 0..len {
            let nibble = if i < head.len() { head.at(i) } else { tail.at(i - head.len()) };
            let position = start + i;
            packed[position / 2] |= if position.is_multiple_of(2) { nibble << 4 } else { nibble };
        }
        Self { bytes, start: start as u16, end: (start + len) as u16 }
    }
}

impl From<Nibbles<'_>> for NibbleBuf {
    fn from(path: Nibbles<'_>) -> Self {
        let covered = &path.bytes[path.start / 2..path.end.div_ceil(2)];
        let mut bytes = Storage::zeroed(covered.len());
        bytes.as_mut()[..covered.len()].copy_from_slice(covered);
        let start = path.start % 2;
        Self { bytes, start: start as u16, end: (start + path.len()) as u16 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unpack(path: Nibbles<'_>) -> Vec<u8> {
        (0..path.len()).map(|i| path.at(i)).collect()
    }

    fn window(bytes: &[u8], a: usize, b: usize) -> Nibbles<'_> {
        let all = Nibbles::of_key(bytes);
        let (a, b) = (a % (all.len() + 1), b % (all.len() + 1));
        all.take(a.max(b)).skip(a.min(b))
    }

    proptest! {
        #[test]
        fn windows_behave_like_unpacked_nibbles(
            x in proptest::collection::vec(0u8..3, 0..80), y in proptest::collection::vec(0u8..3, 0..80),
            cuts in any::<[u8; 4]>(), leaf: bool,
        ) {
            let a = window(&x, cuts[0].into(), cuts[1].into());
            let b = window(&y, cuts[2].into(), cuts[3].into());
            let (ua, ub) = (unpack(a), unpack(b));
            let common = ua.iter().zip(&ub).take_while(|(p, q)| p == q).count();
            prop_assert_eq!(a.common_prefix(b), common);
            prop_assert_eq!(a == b, ua == ub);
            prop_assert_eq!(a.strip_prefix(b).map(unpack), ua.strip_prefix(ub.as_slice()).map(<[u8]>::to_vec));
            prop_assert_eq!(unpack(NibbleBuf::from(a).as_nibbles()), ua.clone());
            prop_assert_eq!(unpack(NibbleBuf::concat(a, b).as_nibbles()), [ua.clone(), ub].concat());
            prop_assert_eq!(unpack(NibbleBuf::prepend(7, a).as_nibbles()), [&[7][..], &ua].concat());

            let mut rlp = Vec::new();
            a.encode(leaf, &mut rlp);
            prop_assert_eq!(rlp.len(), a.encoded_len());
            let bytes = Header::decode_bytes(&mut rlp.as_slice(), false).unwrap();
            let (decoded, is_leaf) = Nibbles::from_hex_prefix(bytes).unwrap();
            prop_assert_eq!((unpack(decoded), is_leaf), (ua, leaf));
        }
    }

    #[test]
    fn rejects_non_canonical_hex_prefix() {
        for bytes in [&[][..], &[0x01], &[0x2f, 1], &[0x40], &[0x80, 1], &[0xf1]] {
            assert_eq!(Nibbles::from_hex_prefix(bytes).unwrap_err(), DecodeError::HexPrefix);
        }
    }
}
