//! Proofs, checked by alloy-trie too.
#![allow(clippy::unwrap_used)]

mod common;

use alloy_primitives::{B256, Bytes};
use alloy_trie::{Nibbles, proof::verify_proof as alloy_verify};
use common::*;
use lux_trie::{EMPTY_ROOT_HASH, ProofError, prove, verify_proof};
use proptest::prelude::*;

fn check(entries: &Entries, keys: &[Vec<u8>], with_alloy: bool) -> Result<(), TestCaseError> {
    let (root, db) = build(entries);
    for key in entries.keys().chain(keys) {
        let proof = prove(&db, root, key).unwrap();
        let value = entries.get(key);
        let expected = value.map(Vec::as_slice);
        prop_assert_eq!(verify_proof(root, key, expected, &proof), Ok(()));
        // alloy-trie takes a root node shorter than 32 bytes for an embedded one.
        if with_alloy && proof.first().is_none_or(|node| node.len() >= 32) {
            prop_assert!(alloy_verify(root, Nibbles::unpack(key), value.cloned(), &proof).is_ok());
        }

        let other = if value.is_some() { None } else { Some(&b"forged"[..]) };
        prop_assert_eq!(verify_proof(root, key, other, &proof), Err(ProofError::ValueMismatch));
        prop_assert_eq!(verify_proof(root, key, Some(b"forged"), &proof), Err(ProofError::ValueMismatch));
        for index in 0..proof.len() {
            let mut forged = proof.clone();
            let mut node = forged[index].to_vec();
            *node.last_mut().unwrap() ^= 1;
            forged[index] = node.into();
            let result = verify_proof(root, key, expected, &forged);
            let is_mismatch = matches!(result, Err(ProofError::HashMismatch { index: i, .. }) if i == index);
            prop_assert!(is_mismatch, "{:?}", result);
            let result = verify_proof(root, key, expected, &proof[..index]);
            prop_assert!(matches!(result, Err(ProofError::Truncated(_))), "{:?}", result);
        }
        let longer = [&proof[..], &[Bytes::from_static(b"extra")]].concat();
        prop_assert_eq!(verify_proof(root, key, expected, &longer), Err(ProofError::UnusedNodes(1)));
    }
    Ok(())
}

proptest! {
    #[test]
    fn hashed_keys(
        entries in entries(fixed_key(32), 40), keys in proptest::collection::vec(fixed_key(32), 10),
        random in proptest::collection::vec(any::<[u8; 32]>().prop_map(|key| key.to_vec()), 5),
    ) {
        check(&entries, &[keys, random].concat(), true)?;
    }

    #[test]
    fn short_keys(entries in entries(fixed_key(4), 40), keys in proptest::collection::vec(fixed_key(4), 20)) {
        check(&entries, &keys, true)?;
    }

    #[test]
    fn prefix_keys(entries in entries(any_key(), 40), keys in proptest::collection::vec(any_key(), 20)) {
        check(&entries, &keys, false)?;
    }
}

#[test]
fn empty_trie() {
    let empty_node = Bytes::from_static(&[0x80]);
    assert_eq!(prove(&Db::new(), EMPTY_ROOT_HASH, b"key"), Ok(vec![]));
    for proof in [&[][..], std::slice::from_ref(&empty_node)] {
        assert_eq!(verify_proof(EMPTY_ROOT_HASH, b"key", None, proof), Ok(()));
        assert_eq!(verify_proof(EMPTY_ROOT_HASH, b"key", Some(b"x"), proof), Err(ProofError::ValueMismatch));
        assert!(verify_proof(B256::ZERO, b"key", None, proof).is_err());
    }
    let twice = [empty_node.clone(), empty_node];
    assert_eq!(verify_proof(EMPTY_ROOT_HASH, b"key", None, &twice), Err(ProofError::UnusedNodes(2)));
}
