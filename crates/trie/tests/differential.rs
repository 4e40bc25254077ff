//! The trie against a map and alloy-trie.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use lux_trie::{EMPTY_ROOT_HASH, Trie, TrieError, Verified, lookup};
use proptest::prelude::*;

/// Runs `ops` against a map, checks each answer, and takes everything out again.
fn run(ops: Vec<Op>, root_of: impl Fn(&Entries) -> alloy_primitives::B256) -> Result<(), TestCaseError> {
    let (mut trie, mut db, mut model) = (Trie::empty(), Db::new(), Entries::new());
    for op in ops {
        match op {
            Op::Insert(key, value) => {
                trie.insert(&db, &key, value.clone()).unwrap();
                model.insert(key, value);
            }
            Op::Remove(key) => {
                prop_assert_eq!(trie.remove(&db, &key).unwrap(), model.remove(&key).is_some());
            }
            Op::Commit => {
                commit(&mut trie, &mut db);
                let again = trie.commit(&mut |_, _| panic!("emitted twice"));
                prop_assert_eq!(again, trie.root());
            }
            Op::Reload => {
                // Hash first, so that nodes hashed before the commit are emitted too.
                let root = trie.root();
                prop_assert_eq!(commit(&mut trie, &mut db), root);
                trie = Trie::new(root);
            }
        }
    }
    let root = trie.root();
    prop_assert_eq!(root, root_of(&model));
    commit(&mut trie, &mut db);
    for (key, value) in &model {
        prop_assert_eq!(trie.get(&db, key).unwrap().unwrap().to_vec(), value.clone());
        prop_assert_eq!(lookup(&Verified(&db), root, key).unwrap().unwrap().to_vec(), value.clone());
    }
    let mut trie = Trie::new(root);
    for key in model.keys().rev() {
        prop_assert!(trie.remove(&db, key).unwrap());
        prop_assert_eq!(trie.get(&db, key).unwrap(), None);
    }
    prop_assert_eq!(trie.root(), EMPTY_ROOT_HASH);
    Ok(())
}

/// Root of the same entries inserted in descending order, for keys that alloy-trie does not take.
fn fresh_root(entries: &Entries) -> alloy_primitives::B256 {
    let mut trie = Trie::empty();
    for (key, value) in entries.iter().rev() {
        trie.insert(&Db::new(), key, value.clone()).unwrap();
    }
    trie.root()
}

proptest! {
    #[test]
    fn hashed_keys_agree_with_alloy(ops in ops(fixed_key(32), 80)) {
        run(ops, reference_root)?;
    }

    #[test]
    fn short_keys_agree_with_alloy(ops in ops(fixed_key(4), 80)) {
        run(ops, reference_root)?;
    }

    #[test]
    fn long_keys_agree_with_fresh_tries(ops in ops(fixed_key(70), 40)) {
        run(ops, fresh_root)?;
    }

    #[test]
    fn prefix_keys_agree_with_fresh_tries(ops in ops(any_key(), 80)) {
        run(ops, fresh_root)?;
    }

    /// What a run fetches is all it needs: the fault proof's witness.
    #[test]
    fn recorded_witness_suffices(base in entries(fixed_key(32), 60), ops in ops(fixed_key(32), 20)) {
        let (root, db) = build(&base);
        let recorder = Recorder::new(&db);
        let replay = |source: &dyn Fn(&mut Trie, &Op)| {
            let mut trie = Trie::new(root);
            ops.iter().for_each(|op| source(&mut trie, op));
            trie.root()
        };
        let expected = replay(&|trie, op| apply(trie, &recorder, op));
        let witness = recorder.seen.take();
        prop_assert_eq!(replay(&|trie, op| apply(trie, &Verified(&witness), op)), expected);

        // Without any one of the nodes the replay fails, and the failing operation changes nothing.
        for missing in witness.keys() {
            let mut part = witness.clone();
            part.remove(missing);
            let (mut trie, mut model) = (Trie::new(root), base.clone());
            let mut failed = false;
            for op in &ops {
                let result = match op {
                    Op::Insert(key, value) => trie.insert(&part, key, value.clone()),
                    Op::Remove(key) => trie.remove(&part, key).map(drop),
                    Op::Commit | Op::Reload => Ok(()),
                };
                match (result, op) {
                    (Ok(()), Op::Insert(key, value)) => drop(model.insert(key.clone(), value.clone())),
                    (Ok(()), Op::Remove(key)) => drop(model.remove(key)),
                    (Ok(()), _) => {}
                    (Err(error), _) => {
                        prop_assert_eq!(error, TrieError::Source(lux_trie::MissingNode(*missing)));
                        failed = true;
                    }
                }
            }
            prop_assert!(failed);
            prop_assert_eq!(trie.root(), reference_root(&model));
        }
    }
}

fn apply<S: lux_trie::NodeSource>(trie: &mut Trie, source: &S, op: &Op) {
    match op {
        Op::Insert(key, value) => trie.insert(source, key, value.clone()).unwrap(),
        Op::Remove(key) => drop(trie.remove(source, key).unwrap()),
        Op::Commit | Op::Reload => {}
    }
}

#[test]
fn empty_values_remove() {
    let db = Db::new();
    let mut trie = Trie::empty();
    trie.insert(&db, b"key", b"value".to_vec()).unwrap();
    trie.insert(&db, b"key", Vec::new()).unwrap();
    assert_eq!(trie.root(), EMPTY_ROOT_HASH);
}

#[test]
fn unchanged_values_leave_nodes_clean() {
    let entries: Entries = (0..100u8).map(|i| (vec![i; 32], vec![i + 1; 40])).collect();
    let (root, db) = build(&entries);
    let mut trie = Trie::new(root);
    for (key, value) in &entries {
        trie.insert(&db, key, value.clone()).unwrap();
    }
    assert_eq!(trie.commit(&mut |_, _| panic!("nothing changed")), root);
}

/// The deepest trie possible: every key is a prefix of the next.
#[test]
fn deepest_trie_fits_the_stack() {
    let mut db = Db::new();
    let mut trie = Trie::empty();
    let key = vec![0x11; lux_trie::MAX_KEY_LEN];
    for len in 0..=key.len() {
        trie.insert(&db, &key[..len], vec![1]).unwrap();
    }
    let root = commit(&mut trie, &mut db);
    let mut trie = Trie::new(root);
    assert!(trie.get(&db, &key).unwrap().is_some());
    assert_eq!(trie.get(&db, &[&key[..], &key].concat()).unwrap(), None);
    assert!(!trie.remove(&db, &[&key[..], &key].concat()).unwrap());
    let long = [&key[..], &[0]].concat();
    assert_eq!(trie.insert(&db, &long, vec![1]), Err(TrieError::KeyTooLong(257)));
    for len in 0..=key.len() {
        assert!(trie.remove(&db, &key[..len]).unwrap());
    }
    assert_eq!(trie.root(), EMPTY_ROOT_HASH);
}
