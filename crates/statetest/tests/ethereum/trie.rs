//! Ethereum's own TrieTests.

use crate::archive::Folder;
use alloy_primitives::{B256, Bytes, hex, keccak256};
use lux_trie::Trie;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

fn bytes(text: &str) -> Vec<u8> {
    match text.strip_prefix("0x") {
        Some(digits) => hex::decode(digits).unwrap(),
        None => text.as_bytes().to_vec(),
    }
}

/// Applies the operations, committing and reloading after every `reload_every`.
fn root(operations: &[(Vec<u8>, Option<Vec<u8>>)], secure: bool, reload_every: usize) -> B256 {
    let (mut trie, mut db) = (Trie::empty(), BTreeMap::<B256, Bytes>::new());
    for (i, (key, value)) in operations.iter().enumerate() {
        let key = if secure { keccak256(key).to_vec() } else { key.clone() };
        match value {
            Some(value) => trie.insert(&db, &key, value.clone()).unwrap(),
            None => drop(trie.remove(&db, &key).unwrap()),
        }
        if i % reload_every == reload_every - 1 {
            trie = Trie::new(trie.commit(&mut |hash, rlp| drop(db.insert(hash, rlp))));
        }
    }
    trie.root()
}

fn run(file: &str, secure: bool) {
    let Some(folder) = Folder::open("TrieTests") else { return };
    let cases: Map<String, Value> = serde_json::from_slice(&std::fs::read(folder.path().join(file)).unwrap()).unwrap();
    assert!(!cases.is_empty());
    for (name, case) in cases {
        let text = |value: &Value| value.as_str().map(bytes);
        let (mut operations, is_ordered): (Vec<_>, _) = match &case["in"] {
            Value::Array(pairs) => (pairs.iter().map(|p| (text(&p[0]).unwrap(), text(&p[1]))).collect(), true),
            Value::Object(map) => (map.iter().map(|(key, value)| (bytes(key), text(value))).collect(), false),
            other => panic!("{other}"),
        };
        let expected: B256 = case["root"].as_str().unwrap().parse().unwrap();
        for reload_every in [1, 3, usize::MAX] {
            assert_eq!(root(&operations, secure, reload_every), expected, "{file} {name}");
        }
        if !is_ordered {
            operations.reverse();
            assert_eq!(root(&operations, secure, 2), expected, "{file} {name} reversed");
        }
    }
}

#[test]
fn any_order() {
    run("trieanyorder.json", false);
}

#[test]
fn any_order_secure() {
    run("trieanyorder_secureTrie.json", true);
}

#[test]
fn ordered() {
    run("trietest.json", false);
}

#[test]
fn ordered_secure() {
    run("trietest_secureTrie.json", true);
}

#[test]
fn hex_encoded_secure() {
    run("hex_encoded_securetrie_test.json", true);
}
