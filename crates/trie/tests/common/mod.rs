//! Shared by the integration tests.
#![allow(clippy::unwrap_used)]
#![allow(dead_code, reason = "each test binary uses its part")]

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::{HashBuilder, Nibbles};
use lux_trie::{MissingNode, NodeSource, Trie};
use proptest::prelude::*;
use std::{cell::RefCell, collections::BTreeMap};

pub type Db = BTreeMap<B256, Bytes>;
pub type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

/// Root according to alloy-trie, which takes no key that is a prefix of another.
pub fn reference_root(entries: &Entries) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in entries {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    builder.root()
}

pub fn commit(trie: &mut Trie, db: &mut Db) -> B256 {
    trie.commit(&mut |hash, rlp| {
        assert_eq!(keccak256(&rlp), hash);
        db.insert(hash, rlp);
    })
}

pub fn build(entries: &Entries) -> (B256, Db) {
    let (mut trie, mut db) = (Trie::empty(), Db::new());
    for (key, value) in entries {
        trie.insert(&db, key, value.clone()).unwrap();
    }
    (commit(&mut trie, &mut db), db)
}

/// A source that remembers what it was asked for.
pub struct Recorder<'a> {
    pub db: &'a Db,
    pub seen: RefCell<Db>,
}

impl<'a> Recorder<'a> {
    pub fn new(db: &'a Db) -> Self {
        Self { db, seen: RefCell::default() }
    }
}

impl NodeSource for Recorder<'_> {
    type Error = MissingNode;

    fn node(&self, hash: &B256) -> Result<Bytes, MissingNode> {
        let node = self.db.node(hash)?;
        self.seen.borrow_mut().insert(*hash, node.clone());
        Ok(node)
    }
}

#[derive(Debug, Clone)]
pub enum Op {
    Insert(Vec<u8>, Vec<u8>),
    Remove(Vec<u8>),
    Commit,
    Reload,
}

/// Keys of one length that share prefixes and suffixes, so that short, embedded and deep nodes are common.
pub fn fixed_key(len: usize) -> BoxedStrategy<Vec<u8>> {
    let byte = prop_oneof![Just(0x00), Just(0x01), Just(0x10), Just(0xff)];
    let tail = proptest::collection::vec(byte.clone(), 2);
    let head = proptest::collection::vec(byte, 2);
    (head, tail)
        .prop_map(move |(head, tail)| {
            let mut key = vec![0x11; len];
            key[..2].copy_from_slice(&head);
            key[len - 2..].copy_from_slice(&tail);
            key
        })
        .boxed()
}

/// Keys of any length, many of them prefixes of others.
pub fn any_key() -> BoxedStrategy<Vec<u8>> {
    proptest::collection::vec(prop_oneof![Just(0x00), Just(0x01), Just(0x10)], 0..5).boxed()
}

pub fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..3),
        proptest::collection::vec(any::<u8>(), 30..70),
        Just(vec![0x80]),
    ]
}

pub fn ops(key: BoxedStrategy<Vec<u8>>, max: usize) -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        6 => (key.clone(), value()).prop_map(|(key, value)| Op::Insert(key, value)),
        4 => key.prop_map(Op::Remove),
        1 => Just(Op::Commit),
        1 => Just(Op::Reload),
    ];
    proptest::collection::vec(op, 0..max)
}

pub fn entries(key: impl Strategy<Value = Vec<u8>>, max: usize) -> impl Strategy<Value = Entries> {
    proptest::collection::btree_map(key, value(), 0..max)
}
