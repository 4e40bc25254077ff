//! Sources that lie.
#![allow(clippy::unwrap_used)]

mod common;

use alloy_primitives::{B256, Bytes, hex, keccak256};
use common::*;
use lux_trie::{
    BadNode, DecodeError, MissingNode, NodeSource, Trie, TrieError, Verified, VerifyError, lookup, prove, verify_proof,
};
use proptest::prelude::*;

const KEY: [u8; 32] = [0x11; 32];

/// Answers every request with the same bytes.
struct Always(Bytes);

impl NodeSource for Always {
    type Error = MissingNode;

    fn node(&self, _: &B256) -> Result<Bytes, MissingNode> {
        Ok(self.0.clone())
    }
}

/// Everything that reads nodes, on a source that may return anything.
fn exercise(source: &impl NodeSource, root: B256, key: &[u8]) {
    let _ = lookup(source, root, key);
    if let Ok(proof) = prove(source, root, key) {
        let _ = verify_proof(root, key, None, &proof);
    }
    let mut trie = Trie::new(root);
    let _ = trie.get(source, key);
    let _ = trie.remove(source, key);
    let _ = trie.insert(source, key, vec![7; 40]);
    let _ = trie.insert(source, &[key, &[0]].concat(), vec![7]);
    let _ = trie.remove(source, key);
    trie.root();
    trie.commit(&mut |_, _| ());
}

#[track_caller]
fn reason(rlp: &[u8]) -> DecodeError {
    let source = Always(Bytes::copy_from_slice(rlp));
    let root = keccak256(rlp);
    let bad = |error| match error {
        TrieError::Node(BadNode { hash, reason }) if hash == root => reason,
        other => panic!("{other:?}"),
    };
    let reason = bad(lookup(&source, root, &KEY).unwrap_err());
    assert_eq!(bad(Trie::new(root).get(&source, &KEY).unwrap_err()), reason);
    reason
}

/// A branch with these encoded items, and empty ones up to `count`.
fn branch(items: &[&[u8]], count: usize) -> Vec<u8> {
    let mut payload = items.concat();
    payload.resize(payload.len() + count - items.len(), 0x80);
    list(&payload)
}

fn list(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut out);
    out.extend_from_slice(payload);
    out
}

#[test]
fn malformed_nodes_are_rejected() {
    let hash = [&[0xa0][..], &[0x22; 32]].concat();
    let leaf = hex!("c22001");
    let long = list(&[&hex!("20 9d")[..], &[5; 29]].concat());
    assert_eq!(long.len(), 32);

    assert!(matches!(reason(b""), DecodeError::Rlp(_)));
    assert!(matches!(reason(b"\x05"), DecodeError::Rlp(_)));
    assert!(matches!(reason(&hex!("c3 20")), DecodeError::Rlp(_)));
    assert!(matches!(reason(&hex!("c3 20 81 01")), DecodeError::Rlp(_)), "non-canonical byte");
    assert!(matches!(reason(&hex!("c2 20 c0")), DecodeError::Rlp(_)), "list as value");
    assert_eq!(reason(&hex!("c2 20 01 00")), DecodeError::TrailingBytes);
    assert_eq!(reason(&hex!("c0")), DecodeError::Arity);
    assert_eq!(reason(&hex!("c1 20")), DecodeError::Arity);
    assert_eq!(reason(&hex!("c3 80 80 80")), DecodeError::Arity);
    assert_eq!(reason(&branch(&[&hash, &hash], 16)), DecodeError::Arity);
    assert_eq!(reason(&branch(&[&hash, &hash], 18)), DecodeError::Arity);
    assert_eq!(reason(&hex!("c2 80 01")), DecodeError::HexPrefix);
    assert_eq!(reason(&hex!("c2 21 01")), DecodeError::HexPrefix);
    assert_eq!(reason(&hex!("c2 40 01")), DecodeError::HexPrefix);
    assert_eq!(reason(&hex!("c2 20 80")), DecodeError::EmptyValue);
    assert_eq!(reason(&list(&[&[0x00], &hash[..]].concat())), DecodeError::EmptyExtension);
    assert_eq!(reason(&hex!("c2 11 80")), DecodeError::Child);
    assert_eq!(reason(&hex!("c2 11 05")), DecodeError::Child);
    assert_eq!(reason(&list(&[&[0x11], &leaf[..]].concat())), DecodeError::NotABranch);
    assert_eq!(reason(&branch(&[&hash, &[0x05]], 17)), DecodeError::Child);
    assert!(matches!(reason(&list(&[0x80, 0x80, 0xa0, 1])), DecodeError::Rlp(_)), "truncated hash");
    assert_eq!(reason(&branch(&[&hash, &long], 17)), DecodeError::EmbeddedTooLong);
    assert_eq!(reason(&branch(&[&hash, &hex!("c22101")], 17)), DecodeError::HexPrefix, "embedded");
    assert_eq!(reason(&branch(&[&hash], 17)), DecodeError::LoneBranch);
    assert_eq!(reason(&branch(&[], 17)), DecodeError::LoneBranch);
    let path = [&hex!("b90102 20")[..], &[0; 257], &[1]].concat();
    assert_eq!(reason(&list(&path)), DecodeError::TooDeep);
}

#[test]
fn references_are_checked_against_what_they_refer_to() {
    let leaf = list(&[&hex!("20")[..], &hex!("a0"), &[5; 32]].concat());
    let extension = list(&[&[0x11, 0xa0], keccak256(&leaf).as_slice()].concat());
    let mut db = Db::new();
    db.insert(keccak256(&leaf), leaf.into());
    db.insert(keccak256(&extension), extension.clone().into());
    let bad = |hash, reason| Err(TrieError::Node(BadNode { hash, reason }));
    let root = keccak256(&extension);
    let below = *db.keys().find(|hash| **hash != root).unwrap();
    assert_eq!(lookup(&db, root, &KEY), bad(below, DecodeError::NotABranch));
    assert_eq!(Trie::new(root).get(&db, &KEY), bad(below, DecodeError::NotABranch));

    let short = Bytes::from_static(&hex!("c22001"));
    let hash = keccak256(&short);
    let parent = branch(&[&hex!("c22001"), &[&[0xa0], hash.as_slice()].concat()], 17);
    let root = keccak256(&parent);
    let db = Db::from([(hash, short), (root, parent.into())]);
    assert_eq!(lookup(&db, root, &KEY), bad(hash, DecodeError::HashedTooShort));
    assert_eq!(Trie::new(root).get(&db, &KEY), bad(hash, DecodeError::HashedTooShort));
}

/// A branch that is its own descendant, which only an unverified source can serve.
#[test]
fn cycles_end() {
    let hash = [&[0xa0][..], &[0x22; 32]].concat();
    let node = branch(&[&hash[..]; 16], 17);
    let source = Always(node.into());
    for len in [0, 1, 32, 256, 1000] {
        exercise(&source, B256::ZERO, &vec![0x5a; len]);
    }
    assert_eq!(
        lookup(&source, B256::ZERO, &[0; 1000]),
        Err(TrieError::Node(BadNode { hash: B256::repeat_byte(0x22), reason: DecodeError::TooDeep }))
    );
    let extension = list(&[&[0x11], &hash[..]].concat());
    exercise(&Always(extension.into()), B256::ZERO, &KEY);
}

#[test]
fn missing_and_forged_nodes_are_typed_errors() {
    let root = B256::repeat_byte(1);
    let missing = TrieError::Source(MissingNode(root));
    assert_eq!(Trie::new(root).get(&Db::new(), &KEY), Err(missing.clone()));
    assert_eq!(Trie::new(root).remove(&Db::new(), &KEY), Err(missing.clone()));
    assert_eq!(Trie::new(root).insert(&Db::new(), &KEY, vec![1]), Err(missing.clone()));
    assert_eq!(lookup(&Db::new(), root, &KEY), Err(missing.clone()));
    assert_eq!(prove(&Db::new(), root, &KEY), Err(missing));

    let forged = Verified(Always(Bytes::from_static(&hex!("c22001"))));
    let mismatch = VerifyError::HashMismatch { expected: root, actual: keccak256(hex!("c22001")) };
    assert_eq!(lookup(&forged, root, &KEY), Err(TrieError::Source(mismatch)));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(rlp in proptest::collection::vec(any::<u8>(), 0..100), key in any_key()) {
        exercise(&Always(rlp.clone().into()), B256::ZERO, &key);
        exercise(&Always(list(&rlp).into()), B256::ZERO, &key);
    }

    #[test]
    fn random_items_never_panic(
        arity in prop_oneof![Just(2), Just(17), 0usize..20],
        items in proptest::collection::vec(prop_oneof![
            6 => Just(vec![0x80]),
            2 => Just([&[0xa0][..], &[3; 32]].concat()),
            1 => proptest::collection::vec(any::<u8>(), 0..6).prop_map(|item| list(&item)),
            1 => Just(hex!("c23101").to_vec()),
            1 => Just(hex!("820011").to_vec()),
            1 => (0u8..0x80).prop_map(|byte| vec![byte]),
        ], 20),
        key in any_key(),
    ) {
        exercise(&Always(list(&items[..arity].concat()).into()), B256::ZERO, &key);
    }

    /// Bytes of valid tries, changed in places, and served under the old hashes.
    #[test]
    fn mutated_nodes_never_panic(
        entries in prop_oneof![entries(fixed_key(3), 30), entries(any_key(), 30)],
        mutations in proptest::collection::vec((any::<u16>(), any::<u16>(), any::<u8>()), 1..6),
        keys in proptest::collection::vec(prop_oneof![fixed_key(3), any_key()], 10),
    ) {
        let (root, mut db) = build(&entries);
        for (node, at, byte) in mutations {
            let count = db.len().max(1);
            if let Some(rlp) = db.values_mut().nth(usize::from(node) % count) {
                let mut bytes = rlp.to_vec();
                let at = usize::from(at) % bytes.len();
                bytes[at] = byte;
                *rlp = bytes.into();
            }
        }
        for key in entries.keys().chain(&keys) {
            exercise(&db, root, key);
            let (walked, built) = (lookup(&db, root, key), Trie::new(root).get(&db, key));
            prop_assert_eq!(walked, built);
        }
    }
}
