//! What happens when the pool is full.

use super::support::*;

const FULL: &str = "txpool is full";

#[test]
fn the_cheapest_goes() {
    let pool = pool_with(|config| config.max_transactions = 3);
    let cheap = draft(0, 0, 5).put(&pool);
    draft(1, 0, 6).put(&pool);
    draft(2, 0, 7).put(&pool);
    assert_eq!(draft(3, 0, 5).refused(&pool), FULL);
    draft(3, 0, 6).put(&pool);
    assert!(!pool.contains(&cheap.hash));
    // Of equals the last to arrive.
    draft(4, 0, 8).put(&pool);
    assert_eq!(order(&pool, BASE_FEE), [(4, 0), (2, 0), (1, 0)]);
}

#[test]
fn only_the_end_of_a_run_goes() {
    let pool = pool_with(|config| config.max_transactions = 3);
    draft(0, 0, 1).put(&pool);
    draft(0, 1, 50).put(&pool);
    draft(1, 0, 60).put(&pool);
    assert_eq!(draft(2, 0, 40).refused(&pool), FULL);
    draft(2, 0, 55).put(&pool);
    assert_eq!(order(&pool, BASE_FEE), [(1, 0), (2, 0), (0, 0)]);
}

#[test]
fn a_successor_does_not_evict_what_it_builds_on() {
    let pool = pool_with(|config| config.max_transactions = 2);
    draft(0, 0, 1).put(&pool);
    draft(1, 0, 20).put(&pool);
    assert_eq!(draft(0, 1, 10).refused(&pool), FULL);
    draft(0, 1, 30).put(&pool);
    assert_eq!(order(&pool, BASE_FEE), [(0, 0), (0, 1)]);
    assert_eq!(draft(0, 2, 90).refused(&pool), FULL);
}

#[test]
fn queued_ones_go_first_and_push_out_no_executable_one() {
    let pool = pool_with(|config| config.max_transactions = 2);
    draft(0, 0, 1).put(&pool);
    assert_eq!(draft(1, 0, 1).put(&pool).replaced, None);
    assert_eq!(draft(2, 5, 1_000).refused(&pool), FULL);
    pool.clear();
    draft(0, 0, 1).put(&pool);
    draft(1, 9, 1_000).put(&pool);
    assert_eq!(draft(2, 9, 1_000).refused(&pool), FULL);
    draft(2, 9, 1_001).put(&pool);
    draft(3, 0, 1).put(&pool);
    assert_eq!(order(&pool, BASE_FEE), [(0, 0), (3, 0)]);
}

#[test]
fn an_account_that_fills_its_gap_gives_up_its_last() {
    let pool = pool_with(|config| config.max_transactions = 1);
    draft(0, 3, 1).put(&pool);
    draft(0, 0, 1).put(&pool);
    assert_eq!(order(&pool, BASE_FEE), [(0, 0)]);
}

#[test]
fn replacing_needs_no_room() {
    let pool = pool_with(|config| config.max_transactions = 2);
    draft(0, 0, 10).put(&pool);
    draft(1, 0, 1).put(&pool);
    draft(0, 0, 20).cap(2_000).put(&pool);
    assert_eq!(counts(&pool), (2, 0));
}

#[test]
fn bytes_are_bounded_and_a_refusal_evicts_nothing() {
    let pool = pool_with(|config| config.max_bytes = 2_000);
    for sender in 0..4 {
        draft(sender, 0, sender.into()).gas(50_000).input(vec![1; 300]).put(&pool);
    }
    let before = (pool.status(), order(&pool, BASE_FEE));
    let mut announced = pool.subscribe();
    // Room would be made by evicting 0 and 1, but not 2 as well.
    let wide = draft(9, 0, 2).gas(100_000).input(vec![1; 1_500]);
    assert_eq!(wide.refused(&pool), FULL);
    assert_eq!((pool.status(), order(&pool, BASE_FEE)), before);
    assert!(announced.try_recv().is_err());
    draft(9, 0, 3).gas(100_000).input(vec![1; 1_300]).put(&pool);
    assert_eq!(order(&pool, BASE_FEE), [(3, 0), (9, 0)]);
    assert_eq!(draft(8, 0, 99).gas(200_000).input(vec![1; 2_000]).refused(&pool), FULL);
}
