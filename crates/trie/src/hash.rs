//! Encoding and hashing of what changed.

use crate::{
    EMPTY_ROOT_HASH,
    node::HASHED_LEN,
    tree::{Branch, Extension, Leaf, Link, Memo},
};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::{EMPTY_STRING_CODE, Encodable, Header};

type Sink<'a> = &'a mut dyn FnMut(B256, Bytes);

/// Brings memos up to date from the leaves upwards, with one buffer for all encodings.
pub(crate) struct Sealer<'a> {
    buf: Vec<u8>,
    sink: Option<Sink<'a>>,
}

impl<'a> Sealer<'a> {
    /// Hashes dirty nodes.
    pub(crate) const fn hashing() -> Self {
        Self { buf: Vec::new(), sink: None }
    }

    /// Also hands over new nodes and marks them stored.
    pub(crate) const fn committing(sink: Sink<'a>) -> Self {
        Self { buf: Vec::new(), sink: Some(sink) }
    }

    /// Root hash, and the root's encoding if it is too short to have been handed over.
    pub(crate) fn seal_root(mut self, root: &mut Link) -> (B256, Option<Bytes>) {
        self.seal(root);
        if root.is_empty() {
            return (EMPTY_ROOT_HASH, None);
        }
        if let Some(hash) = root.hash() {
            return (hash, None);
        }
        self.buf.clear();
        root.encode_reference(&mut self.buf);
        (keccak256(&self.buf), Some(self.buf.into()))
    }

    fn seal(&mut self, link: &mut Link) {
        match link {
            Link::Empty | Link::Hash(_) => {}
            Link::Leaf(leaf) => {
                if self.is_pending(leaf.memo) {
                    leaf.memo = self.settle(leaf.as_ref(), leaf.memo);
                }
            }
            Link::Extension(extension) => {
                if self.is_pending(extension.memo) {
                    self.seal(&mut extension.child);
                    extension.memo = self.settle(extension.as_ref(), extension.memo);
                }
            }
            Link::Branch(branch) => {
                if self.is_pending(branch.memo) {
                    branch.children.iter_mut().for_each(|child| self.seal(child));
                    branch.memo = self.settle(branch.as_ref(), branch.memo);
                }
            }
        }
    }

    const fn is_pending(&self, memo: Memo) -> bool {
        match memo {
            Memo::Dirty => true,
            Memo::New(_) => self.sink.is_some(),
            Memo::Stored(_) => false,
        }
    }

    /// The new memo of a node whose children are settled.
    fn settle(&mut self, node: &impl Payload, memo: Memo) -> Memo {
        let payload_len = node.payload_len();
        if list_len(payload_len) < HASHED_LEN {
            return Memo::Dirty;
        }
        if let (None, Memo::New(_)) = (&self.sink, memo) {
            return memo;
        }
        self.buf.clear();
        encode(node, payload_len, &mut self.buf);
        let hash = if let Memo::New(hash) = memo { hash } else { keccak256(&self.buf) };
        match &mut self.sink {
            Some(sink) => {
                sink(hash, Bytes::copy_from_slice(&self.buf));
                Memo::Stored(hash)
            }
            None => Memo::New(hash),
        }
    }
}

impl Link {
    /// Hash by which the parent refers to the node, unless it is embedded.
    const fn hash(&self) -> Option<B256> {
        let memo = match self {
            Self::Empty => return None,
            Self::Hash(hash) => return Some(*hash),
            Self::Leaf(leaf) => leaf.memo,
            Self::Extension(extension) => extension.memo,
            Self::Branch(branch) => branch.memo,
        };
        match memo {
            Memo::New(hash) | Memo::Stored(hash) => Some(hash),
            Memo::Dirty => None,
        }
    }

    fn reference_len(&self) -> usize {
        match self {
            Self::Empty => 1,
            _ if self.hash().is_some() => 1 + HASHED_LEN,
            Self::Hash(_) => 1 + HASHED_LEN,
            Self::Leaf(leaf) => list_len(leaf.payload_len()),
            Self::Extension(extension) => list_len(extension.payload_len()),
            Self::Branch(branch) => list_len(branch.payload_len()),
        }
    }

    fn encode_reference(&self, out: &mut Vec<u8>) {
        if let Some(hash) = self.hash() {
            out.push(EMPTY_STRING_CODE + HASHED_LEN as u8);
            out.extend_from_slice(hash.as_slice());
            return;
        }
        match self {
            Self::Empty | Self::Hash(_) => out.push(EMPTY_STRING_CODE),
            Self::Leaf(leaf) => encode(leaf.as_ref(), leaf.payload_len(), out),
            Self::Extension(extension) => encode(extension.as_ref(), extension.payload_len(), out),
            Self::Branch(branch) => encode(branch.as_ref(), branch.payload_len(), out),
        }
    }
}

/// The items of a node's RLP list.
trait Payload {
    fn payload_len(&self) -> usize;
    fn encode_payload(&self, out: &mut Vec<u8>);
}

impl Payload for Leaf {
    fn payload_len(&self) -> usize {
        self.path.as_nibbles().encoded_len() + self.value.length()
    }

    fn encode_payload(&self, out: &mut Vec<u8>) {
        self.path.as_nibbles().encode(true, out);
        self.value.encode(out);
    }
}

impl Payload for Extension {
    fn payload_len(&self) -> usize {
        self.path.as_nibbles().encoded_len() + self.child.reference_len()
    }

    fn encode_payload(&self, out: &mut Vec<u8>) {
        self.path.as_nibbles().encode(false, out);
        self.child.encode_reference(out);
    }
}

impl Payload for Branch {
    fn payload_len(&self) -> usize {
        self.children.iter().map(Link::reference_len).sum::<usize>() + self.value.length()
    }

    fn encode_payload(&self, out: &mut Vec<u8>) {
        self.children.iter().for_each(|child| child.encode_reference(out));
        self.value.encode(out);
    }
}

const fn list_len(payload_len: usize) -> usize {
    payload_len + alloy_rlp::length_of_length(payload_len)
}

fn encode(node: &impl Payload, payload_len: usize, out: &mut Vec<u8>) {
    out.reserve(list_len(payload_len));
    Header { list: true, payload_length: payload_len }.encode(out);
    node.encode_payload(out);
}
