//! Strict zero-copy decoding of nodes (yellow paper, appendix D).

use crate::{
    DecodeError,
    nibbles::{MAX_DEPTH, Nibbles},
};
use alloy_rlp::{EMPTY_STRING_CODE, Header};

/// Nodes from this encoded length on are referred to by hash, shorter ones are embedded in their parent.
pub(crate) const HASHED_LEN: usize = 32;

const HASH_CODE: u8 = EMPTY_STRING_CODE + 32;
const LIST_CODE: u8 = 0xc0;

/// What refers to a node; it decides which nodes are canonical there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Root,
    Branch,
    Extension,
}

/// A reference to a child.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Child<'a> {
    Empty,
    Hash(&'a [u8; 32]),
    Embedded(&'a [u8]),
}

/// A decoded node that borrows from its encoding.
#[derive(Debug)]
pub(crate) enum Node<'a> {
    Leaf { path: Nibbles<'a>, value: &'a [u8] },
    Extension { path: Nibbles<'a>, child: Child<'a> },
    Branch { children: Children<'a>, value: &'a [u8] },
}

/// The children of a branch: their encodings in a row, and where each ends.
#[derive(Debug)]
pub(crate) struct Children<'a> {
    items: &'a [u8],
    ends: [u16; 16],
}

impl<'a> Node<'a> {
    /// Decodes a node that was fetched by hash.
    pub(crate) fn hashed(rlp: &'a [u8], place: Place, depth: usize) -> Result<Self, DecodeError> {
        if rlp.len() < HASHED_LEN && place != Place::Root {
            return Err(DecodeError::HashedTooShort);
        }
        Self::decode(rlp, place, depth)
    }

    /// Decodes a node whose parent's path is `depth` nibbles long, and checks its embedded descendants, whose
    /// nesting is bounded by their 31 bytes.
    pub(crate) fn decode(rlp: &'a [u8], place: Place, depth: usize) -> Result<Self, DecodeError> {
        let mut rest = rlp;
        let mut items = list(&mut rest)?;
        if !rest.is_empty() {
            return Err(DecodeError::TrailingBytes);
        }
        if item_count_is_two(items)? {
            if place == Place::Extension {
                return Err(DecodeError::NotABranch);
            }
            Self::short(&mut items, depth)
        } else {
            Self::branch(items, depth)
        }
    }

    fn short(items: &mut &'a [u8], depth: usize) -> Result<Self, DecodeError> {
        let (path, is_leaf) = Nibbles::from_hex_prefix(string(items)?)?;
        let depth = depth + path.len();
        if depth > MAX_DEPTH {
            return Err(DecodeError::TooDeep);
        }
        if is_leaf {
            let value = string(items)?;
            if value.is_empty() {
                return Err(DecodeError::EmptyValue);
            }
            return Ok(Self::Leaf { path, value });
        }
        if path.is_empty() {
            return Err(DecodeError::EmptyExtension);
        }
        // `item_count_is_two` has checked that the child is the rest.
        child_len(items, Place::Extension, depth)?;
        match Child::new(items) {
            Child::Empty => Err(DecodeError::Child),
            child => Ok(Self::Extension { path, child }),
        }
    }

    fn branch(items: &'a [u8], depth: usize) -> Result<Self, DecodeError> {
        if depth > MAX_DEPTH {
            return Err(DecodeError::TooDeep);
        }
        let (mut ends, mut end, mut entries) = ([0; 16], 0, 0);
        for slot in &mut ends {
            let len = child_len(&items[end..], Place::Branch, depth + 1)?;
            entries += usize::from(len > 1);
            end += len;
            // At most 16 * 33.
            *slot = end as u16;
        }
        let (items, mut last) = items.split_at(end);
        if last.is_empty() {
            return Err(DecodeError::Arity);
        }
        let value = string(&mut last)?;
        entries += usize::from(!value.is_empty());
        if !last.is_empty() {
            return Err(DecodeError::Arity);
        }
        if entries < 2 {
            return Err(DecodeError::LoneBranch);
        }
        Ok(Self::Branch { children: Children { items, ends }, value })
    }
}

impl<'a> Children<'a> {
    pub(crate) fn get(&self, nibble: usize) -> Child<'a> {
        let start = nibble.checked_sub(1).map_or(0, |previous| self.ends[previous]);
        Child::new(&self.items[usize::from(start)..usize::from(self.ends[nibble])])
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Child<'a>> {
        (0..16).map(|nibble| self.get(nibble))
    }
}

impl<'a> Child<'a> {
    /// Reads an item that `child_len` has checked.
    fn new(item: &'a [u8]) -> Self {
        match item {
            [EMPTY_STRING_CODE] => Self::Empty,
            [HASH_CODE, hash @ ..] => hash.try_into().map_or(Self::Embedded(item), Self::Hash),
            _ => Self::Embedded(item),
        }
    }
}

/// Takes one item: whether it is a list, its payload, and its whole encoding.
fn item<'a>(buf: &mut &'a [u8]) -> Result<(bool, &'a [u8], &'a [u8]), DecodeError> {
    let whole = *buf;
    let Header { list, payload_length } = Header::decode(buf).map_err(DecodeError::Rlp)?;
    // `Header::decode` has checked that the payload is there.
    let (payload, rest) = buf.split_at(payload_length);
    *buf = rest;
    Ok((list, payload, &whole[..whole.len() - rest.len()]))
}

fn list<'a>(buf: &mut &'a [u8]) -> Result<&'a [u8], DecodeError> {
    match item(buf)? {
        (true, payload, _) => Ok(payload),
        _ => Err(DecodeError::Rlp(alloy_rlp::Error::UnexpectedString)),
    }
}

fn string<'a>(buf: &mut &'a [u8]) -> Result<&'a [u8], DecodeError> {
    match item(buf)? {
        (false, payload, _) => Ok(payload),
        _ => Err(DecodeError::Rlp(alloy_rlp::Error::UnexpectedList)),
    }
}

fn item_count_is_two(mut items: &[u8]) -> Result<bool, DecodeError> {
    for _ in 0..2 {
        if items.is_empty() {
            return Err(DecodeError::Arity);
        }
        item(&mut items)?;
    }
    Ok(items.is_empty())
}

/// Checks the child reference that `items` begins with, and returns its length.
#[inline]
fn child_len(items: &[u8], place: Place, depth: usize) -> Result<usize, DecodeError> {
    match items.first() {
        None => Err(DecodeError::Arity),
        Some(&EMPTY_STRING_CODE) => Ok(1),
        Some(&HASH_CODE) if items.len() > HASHED_LEN => Ok(1 + HASHED_LEN),
        Some(&HASH_CODE) => Err(DecodeError::Rlp(alloy_rlp::Error::InputTooShort)),
        Some(&(LIST_CODE..)) => embedded_len(items, place, depth),
        Some(_) => Err(DecodeError::Child),
    }
}

#[inline(never)]
fn embedded_len(mut items: &[u8], place: Place, depth: usize) -> Result<usize, DecodeError> {
    let (_, _, node) = item(&mut items)?;
    if node.len() >= HASHED_LEN {
        return Err(DecodeError::EmbeddedTooLong);
    }
    Node::decode(node, place, depth)?;
    Ok(node.len())
}
