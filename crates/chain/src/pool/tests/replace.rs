//! Replacement by fee.

use super::support::*;

const UNDERPRICED: &str = "replacement transaction underpriced";

#[test]
fn needs_the_bump_in_both_fees() {
    let pool = pool();
    let old = draft(0, 0, 100).cap(1_000).put(&pool);
    assert_eq!(draft(0, 0, 109).cap(2_000).refused(&pool), UNDERPRICED);
    assert_eq!(draft(0, 0, 200).cap(1_099).refused(&pool), UNDERPRICED);
    let new = draft(0, 0, 110).cap(1_100).put(&pool);
    assert_eq!((new.replaced, new.pending), (Some(old.hash), true));
    assert!(pool.contains(&new.hash) && !pool.contains(&old.hash));
    assert_eq!(counts(&pool), (1, 0));
}

#[test]
fn bump_that_rounds_to_nothing_still_needs_more() {
    let pool = pool();
    draft(0, 0, 0).cap(5).put(&pool);
    assert_eq!(draft(0, 0, 0).cap(6).refused(&pool), UNDERPRICED);
    assert_eq!(draft(0, 0, 1).cap(5).refused(&pool), UNDERPRICED);
    draft(0, 0, 1).cap(6).put(&pool);
}

#[test]
fn replaces_queued_ones_and_in_the_middle() {
    let pool = pool();
    for nonce in [0, 1, 2, 5] {
        draft(0, nonce, 100).put(&pool);
    }
    assert!(!draft(0, 5, 200).cap(2_000).put(&pool).pending);
    assert!(draft(0, 1, 200).cap(2_000).put(&pool).pending);
    assert_eq!(counts(&pool), (3, 1));
    assert_eq!(order(&pool, BASE_FEE), [(0, 0), (0, 1), (0, 2)]);
}

#[test]
fn replacement_arrives_anew() {
    let pool = pool();
    draft(0, 0, 100).put(&pool);
    draft(1, 0, 200).put(&pool);
    draft(0, 0, 200).cap(2_000).put(&pool);
    assert_eq!(order(&pool, BASE_FEE), [(1, 0), (0, 0)]);
}
