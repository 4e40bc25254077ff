//! The pool at its full size.

use super::support::*;
use std::time::{Duration, Instant};

const ACCOUNTS: u64 = 20_000;
const EACH: u64 = 5;

#[test]
fn a_hundred_thousand() {
    let (pool, state) = (pool(), State::default());
    let txs: Vec<_> = (0..EACH)
        .flat_map(|nonce| (0..ACCOUNTS).map(move |sender| draft(sender, nonce, u128::from(sender * 7_919 % 1_000))))
        .map(|draft| (draft.tx(), address(draft.sender)))
        .collect();
    let count = txs.len();

    let (mut spent, start) = (Vec::new(), Instant::now());
    for (tx, sender) in txs {
        assert!(pool.add(tx, sender, &state).unwrap().pending);
    }
    spent.push(("add", start.elapsed()));
    assert_eq!(counts(&pool), (count, 0));
    check(&pool);
    assert_eq!(draft(ACCOUNTS, 0, 0).refused(&pool), "txpool is full");

    let start = Instant::now();
    let block: Vec<_> = pool.best(BASE_FEE).take(10_000).collect();
    spent.push(("best 10k", start.elapsed()));
    assert!(block.windows(2).all(|pair| pair[0].max_tip >= pair[1].max_tip));

    // 20 accounts bid each tip, so the block has the 5 nonces of those with the best 100 tips.
    let start = Instant::now();
    pool.on_new_block(block.iter().map(|tx| update(name(tx).0, tx.nonce + 1, u64::MAX)), BASE_FEE + 1);
    spent.push(("block 10k", start.elapsed()));
    assert_eq!(counts(&pool), (count - 10_000, 0));

    // Every fee cap binds, so every account moves in the order.
    let start = Instant::now();
    pool.on_new_block([], 5_000);
    spent.push(("base fee", start.elapsed()));
    assert_eq!(order(&pool, 5_000), []);
    pool.on_new_block([], BASE_FEE);

    let start = Instant::now();
    assert_eq!(pool.best(BASE_FEE).count(), count - 10_000);
    spent.push(("best 90k", start.elapsed()));
    check(&pool);
    println!("{spent:?}");
    // Quadratic behaviour would take minutes.
    assert!(spent.iter().all(|(_, time)| *time < Duration::from_secs(20)), "{spent:?}");
}

#[test]
fn many_threads() {
    let pool = pool();
    std::thread::scope(|scope| {
        for sender in 0..4 {
            let pool = &pool;
            scope.spawn(move || {
                for nonce in 0..500 {
                    pool.add(draft(sender, nonce, 1).tx(), address(sender), &State::default()).unwrap();
                }
            });
        }
        for _ in 0..200 {
            let mut next = [0; 4];
            for (sender, nonce) in order(&pool, BASE_FEE) {
                assert_eq!(nonce, next[sender as usize]);
                next[sender as usize] += 1;
            }
        }
    });
    assert_eq!(counts(&pool), (2_000, 0));
    check(&pool);
}
