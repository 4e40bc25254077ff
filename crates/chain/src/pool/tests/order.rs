//! The order of the block builder.

use super::support::*;

#[test]
fn highest_tip_first_then_arrival_within_nonce_order() {
    let pool = pool();
    draft(0, 0, 5).put(&pool);
    draft(1, 0, 9).put(&pool);
    draft(0, 1, 50).put(&pool);
    draft(2, 0, 5).put(&pool);
    draft(1, 1, 5).put(&pool);
    assert_eq!(order(&pool, BASE_FEE), [(1, 0), (0, 0), (0, 1), (2, 0), (1, 1)]);
}

#[test]
fn the_fee_cap_limits_the_tip() {
    let pool = pool();
    draft(0, 0, 50).cap(130).put(&pool);
    draft(1, 0, 40).cap(1_000).put(&pool);
    assert_eq!(order(&pool, 80), [(0, 0), (1, 0)]);
    assert_eq!(order(&pool, 91), [(1, 0), (0, 0)]);
    assert_eq!(order(&pool, 130), [(1, 0), (0, 0)]);
    assert_eq!(order(&pool, 131), [(1, 0)]);
    assert_eq!(order(&pool, 1_001), []);
    assert_eq!(order(&pool, 0), [(0, 0), (1, 0)]);
    // Waiting for the base fee is no reason to be refused, nor to be queued.
    assert_eq!(counts(&pool), (2, 0));
}

#[test]
fn one_below_the_base_fee_holds_up_its_successors() {
    let pool = pool();
    draft(0, 0, 5).put(&pool);
    draft(0, 1, 5).cap(99).put(&pool);
    draft(0, 2, 5).put(&pool);
    assert_eq!(order(&pool, 100), [(0, 0)]);
    assert_eq!(order(&pool, 99), [(0, 0), (0, 1), (0, 2)]);
}

#[test]
fn invalid_accounts_are_left_out() {
    let pool = pool();
    for (sender, nonce, tip) in [(0, 0, 9), (0, 1, 9), (1, 0, 8), (1, 1, 8), (2, 0, 7)] {
        draft(sender, nonce, tip).put(&pool);
    }
    let mut best = pool.best(BASE_FEE);
    assert_eq!(best.next().map(|tx| name(&tx)), Some((0, 0)));
    best.mark_invalid(address(0));
    best.mark_invalid(address(2));
    assert_eq!(best.map(|tx| name(&tx)).collect::<Vec<_>>(), [(1, 0), (1, 1)]);
    assert_eq!(order(&pool, BASE_FEE).len(), 5);
}

#[test]
fn the_pool_changes_during_the_walk() {
    let pool = pool();
    for (sender, nonce, tip) in [(0, 0, 9), (0, 1, 9), (1, 0, 5), (2, 0, 4)] {
        draft(sender, nonce, tip).put(&pool);
    }
    let mut best = pool.best(BASE_FEE);
    let mut next = || best.next().map(|tx| name(&tx));
    assert_eq!((next(), next()), (Some((0, 0)), Some((0, 1))));
    // Better than what was passed: too late. Further down: in time. Replaced after it was taken: not taken twice.
    draft(3, 0, 100).put(&pool);
    draft(4, 0, 3).put(&pool);
    draft(0, 2, 2).put(&pool);
    draft(0, 0, 1_000).cap(20_000).put(&pool);
    pool.remove(draft(2, 0, 4).tx().tx_hash());
    assert_eq!(next(), Some((1, 0)));
    assert_eq!((next(), next(), next()), (Some((4, 0)), Some((0, 2)), None));
}

#[test]
fn a_block_during_the_walk_skips_no_nonce() {
    let pool = pool();
    for nonce in 0..4 {
        draft(0, nonce, 9).put(&pool);
    }
    let mut best = pool.best(BASE_FEE);
    assert_eq!(best.next().map(|tx| name(&tx)), Some((0, 0)));
    pool.on_new_block([update(0, 1, u64::MAX)], 50);
    assert_eq!(best.map(|tx| name(&tx)).collect::<Vec<_>>(), [(0, 1), (0, 2), (0, 3)]);
}
