//! New heads, reorgs, expiry, announcements.

use super::support::*;
use alloy_primitives::{B256, U256};
use std::time::{Duration, Instant};

const COST: u64 = GAS * 1_000;

fn announced(receiver: &mut tokio::sync::broadcast::Receiver<B256>) -> Vec<B256> {
    std::iter::from_fn(|| receiver.try_recv().ok()).collect()
}

#[test]
fn included_ones_leave() {
    let pool = pool();
    for nonce in 0..5 {
        draft(0, nonce, 0).put(&pool);
    }
    draft(1, 0, 0).put(&pool);
    pool.on_new_block([update(0, 3, u64::MAX), update(7, 1, 1)], BASE_FEE);
    check(&pool);
    assert_eq!(order(&pool, BASE_FEE), [(0, 3), (0, 4), (1, 0)]);
    pool.on_new_block([update(0, 5, u64::MAX), update(1, 1, 0)], BASE_FEE);
    check(&pool);
    assert_eq!((counts(&pool), pool.content().len(), pool.status().bytes), ((0, 0), 0, 0));
}

#[test]
fn a_nonce_that_jumps_promotes() {
    let pool = pool();
    let queued = draft(0, 4, 0).put(&pool);
    draft(0, 2, 0).put(&pool);
    let mut receiver = pool.subscribe();
    // As an EIP-7702 authorization does.
    pool.on_new_block([update(0, 4, u64::MAX)], BASE_FEE);
    check(&pool);
    assert_eq!((counts(&pool), announced(&mut receiver)), ((1, 0), vec![queued.hash]));
}

#[test]
fn balance_demotes_and_promotes() {
    let pool = pool();
    for nonce in 0..3 {
        draft(0, nonce, 0).put(&pool);
    }
    pool.on_new_block([update(0, 0, 2 * COST - 1)], BASE_FEE);
    check(&pool);
    assert_eq!((counts(&pool), pool.pending_nonce(address(0))), ((1, 2), Some(1)));
    pool.on_new_block([update(0, 0, 0)], BASE_FEE);
    check(&pool);
    assert_eq!((counts(&pool), order(&pool, BASE_FEE)), ((0, 3), vec![]));
    pool.on_new_block([update(0, 0, 3 * COST)], BASE_FEE);
    check(&pool);
    assert_eq!(counts(&pool), (3, 0));
}

#[test]
fn removal_leaves_a_gap() {
    let pool = pool();
    let hashes: Vec<B256> = (0..4).map(|nonce| draft(0, nonce, 0).put(&pool).hash).collect();
    assert_eq!(pool.remove(&hashes[1]).map(|tx| tx.nonce), Some(1));
    check(&pool);
    assert!(pool.remove(&hashes[1]).is_none() && pool.get(&hashes[1]).is_none());
    assert_eq!((counts(&pool), order(&pool, BASE_FEE)), ((1, 2), vec![(0, 0)]));
    draft(0, 1, 0).put(&pool);
    assert_eq!(counts(&pool), (4, 0));
    pool.clear();
    check(&pool);
    assert_eq!(counts(&pool), (0, 0));
}

#[test]
fn reorg_puts_back() {
    let pool = pool();
    for nonce in 0..4 {
        draft(0, nonce, 0).put(&pool);
    }
    pool.on_new_block([update(0, 3, u64::MAX)], BASE_FEE);
    // The new chain has nonce 0 of account 0; nonce 9 of account 1 was never valid on it.
    let mut state = State::with(0, 1, u64::MAX);
    state.accounts.insert(address(1), (10, U256::MAX));
    let gone = [draft(0, 0, 0), draft(0, 1, 0), draft(1, 9, 0), draft(0, 2, 0), draft(2, 0, 0)];
    let taken = pool.on_reorg(gone.iter().map(|draft| (draft.tx(), address(draft.sender))), &state, BASE_FEE);
    check(&pool);
    assert_eq!(taken, Ok(3));
    let mut order = order(&pool, BASE_FEE);
    order.sort_unstable();
    assert_eq!(order, [(0, 1), (0, 2), (0, 3), (2, 0)]);
}

#[test]
fn queued_ones_expire() {
    let pool = pool_with(|config| config.queued_lifetime = Duration::from_secs(100));
    draft(0, 0, 0).put(&pool);
    draft(0, 2, 0).put(&pool);
    draft(1, 2, 0).put(&pool);
    let sweep = |seconds| {
        pool.store().sweep(Instant::now() + Duration::from_secs(seconds), pool.config().queued_lifetime);
        check(&pool);
        counts(&pool)
    };
    assert_eq!(sweep(90), (1, 2));
    // Within a minute of the last look.
    assert_eq!(sweep(140), (1, 2));
    assert_eq!(sweep(160), (1, 0));
}

#[test]
fn announcements() {
    let pool = pool();
    let mut receiver = pool.subscribe();
    let queued = draft(0, 1, 0).put(&pool).hash;
    assert!(announced(&mut receiver).is_empty());
    let first = draft(0, 0, 0).put(&pool).hash;
    assert_eq!(announced(&mut receiver), [first, queued]);
    let replaced = draft(0, 0, 1).cap(2_000).put(&pool).hash;
    assert_eq!(announced(&mut receiver), [replaced]);
    pool.on_new_block([update(0, 1, u64::MAX)], BASE_FEE);
    assert!(announced(&mut receiver).is_empty());
}
