//! Transactions that only who builds blocks sees.

use super::super::PoolStatus;
use super::support::*;

fn add_private(pool: &super::super::Pool, draft: &Draft) -> alloy_primitives::B256 {
    pool.add_private(draft.tx(), address(draft.sender), &State::default()).unwrap().hash
}

#[test]
fn nothing_that_others_ask_shows_them() {
    let pool = pool();
    let mut heard = pool.subscribe();
    let public = pool.add(draft(1, 0, 5).tx(), address(1), &State::default()).unwrap().hash;
    let private = add_private(&pool, &draft(1, 1, 5));
    let after = pool.add(draft(1, 2, 5).tx(), address(1), &State::default()).unwrap().hash;
    add_private(&pool, &draft(2, 0, 9));
    add_private(&pool, &draft(2, 7, 9));
    check(&pool);

    assert!(pool.get(&private).is_none() && pool.contains(&private));
    assert_eq!(pool.pending_nonce(address(1)), Some(1), "up to the private one");
    assert_eq!(pool.pending_nonce(address(2)), Some(0));
    let PoolStatus { pending, queued, .. } = pool.status();
    assert_eq!((pending, queued), (2, 0));
    let PoolStatus { pending, queued, .. } = pool.status_of_all();
    assert_eq!((pending, queued), (4, 1));
    let content = pool.content();
    assert_eq!(content.keys().collect::<Vec<_>>(), [&address(1)]);
    let shown = &content[&address(1)];
    assert_eq!((shown.pending.len(), shown.queued.len()), (2, 0));
    assert!(shown.pending.iter().all(|tx| tx.hash != private));
    assert!(pool.content_from(address(2)).pending.is_empty() && pool.content_from(address(2)).queued.is_empty());
    assert!(!pool.pending_hashes().contains(&private));
    assert_eq!([heard.try_recv().unwrap(), heard.try_recv().unwrap()], [public, after]);
    assert!(heard.try_recv().is_err(), "nothing else was announced");
}

#[test]
fn blocks_take_them() {
    let pool = pool();
    add_private(&pool, &draft(1, 0, 5));
    pool.add(draft(2, 0, 1).tx(), address(2), &State::default()).unwrap();
    assert_eq!(order(&pool, BASE_FEE), [(1, 0), (2, 0)]);
    pool.on_new_block([update(1, 1, u64::MAX)], BASE_FEE);
    assert_eq!(pool.status(), pool.status_of_all());
    check(&pool);
}

#[test]
fn one_that_waits_for_another_is_not_announced_when_its_turn_comes() {
    let pool = pool();
    let mut heard = pool.subscribe();
    add_private(&pool, &draft(1, 1, 5));
    let first = pool.add(draft(1, 0, 5).tx(), address(1), &State::default()).unwrap().hash;
    assert_eq!(heard.try_recv().unwrap(), first);
    assert!(heard.try_recv().is_err());
    check(&pool);
}

#[test]
fn a_replacement_is_as_private_as_it_comes() {
    let pool = pool();
    let private = add_private(&pool, &draft(1, 0, 5));
    let added = pool.add(draft(1, 0, 500).tx(), address(1), &State::default()).unwrap();
    assert_eq!(added.replaced, Some(private));
    assert!(pool.get(&added.hash).is_some());
    assert_eq!(pool.status(), pool.status_of_all());
    add_private(&pool, &draft(1, 0, 5_000));
    assert_eq!(pool.status().pending, 0);
    check(&pool);
}
