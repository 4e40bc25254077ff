//! Nonces, balances and the limits of an account.

use super::super::PoolError;
use super::support::*;

/// What `draft(_, _, 0)` costs.
const COST: u64 = GAS * 1_000;

#[test]
fn nonce_too_low() {
    let state = State::with(0, 5, u64::MAX);
    let pool = pool();
    let error = draft(0, 4, 0).add(&pool, &state).unwrap_err();
    assert_eq!(error.to_string(), "nonce too low: next nonce 5, tx nonce 4");
    assert_eq!(pool.pending_nonce(address(0)), None);
    draft(0, 5, 0).add(&pool, &state).unwrap();
    assert_eq!(pool.pending_nonce(address(0)), Some(6));
}

#[test]
fn already_known() {
    let pool = pool();
    draft(0, 0, 0).put(&pool);
    assert_eq!(draft(0, 0, 0).refused(&pool), "already known");
}

#[test]
fn gap_is_queued_until_it_closes() {
    let pool = pool();
    assert!(!draft(0, 2, 0).put(&pool).pending);
    assert!(!draft(0, 1, 0).put(&pool).pending);
    assert_eq!((counts(&pool), pool.pending_nonce(address(0))), ((0, 2), Some(0)));
    assert!(draft(0, 0, 0).put(&pool).pending);
    assert_eq!((counts(&pool), pool.pending_nonce(address(0))), ((3, 0), Some(3)));
    let content = pool.content_from(address(0));
    assert_eq!(content.pending.iter().map(|tx| tx.nonce).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(pool.pending_hashes().len(), 3);
}

#[test]
fn funds_cover_each_transaction() {
    let error = draft(0, 0, 0).add(&pool(), &State::with(0, 0, COST - 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "insufficient funds for gas * price + value: balance 20999999, tx cost 21000000, overshot 1"
    );
    draft(0, 0, 0).add(&pool(), &State::with(0, 0, COST)).unwrap();
}

#[test]
fn funds_cover_all_pending() {
    let pool = pool();
    let state = State::with(0, 0, 2 * COST + 5);
    draft(0, 0, 0).add(&pool, &state).unwrap();
    draft(0, 1, 0).value(5).add(&pool, &state).unwrap();
    let third = draft(0, 2, 0).cap(1).add(&pool, &state).unwrap_err();
    assert_eq!(
        third.to_string(),
        "insufficient funds for gas * price + value: balance 42000005, queued cost 42000005, tx cost 21000, overshot 21000"
    );
    // A replacement is charged for the difference only.
    let bump = draft(0, 0, 1).value(0).cap(1_100).add(&pool, &state).unwrap_err();
    assert_eq!(
        bump.to_string(),
        "insufficient funds for gas * price + value: balance 42000005, queued cost 42000005, tx bumped 2100000, overshot 2100000"
    );
}

#[test]
fn cheaper_replacement_promotes() {
    let pool = pool();
    let state = State::with(0, 0, 3 * COST);
    draft(0, 0, 0).value(COST).add(&pool, &state).unwrap();
    draft(0, 2, 0).add(&pool, &state).unwrap();
    // The gap closes, but the balance does not reach to nonce 2.
    draft(0, 1, 0).add(&pool, &state).unwrap();
    assert_eq!(counts(&pool), (2, 1));
    draft(0, 0, 1).cap(1_100).add(&pool, &state).unwrap();
    assert_eq!(counts(&pool), (2, 1));
    let smaller = draft(0, 0, 2).cap(1_210).gas(21_000);
    let rich = State::with(0, 0, 4 * COST);
    pool.on_new_block([update(0, 0, 3 * COST + 210 * GAS)], BASE_FEE);
    smaller.add(&pool, &rich).unwrap();
    assert_eq!(counts(&pool), (3, 0));
}

#[test]
fn account_limits() {
    let pool = pool_with(|config| (config.max_per_account, config.max_queued_per_account) = (3, 2));
    for nonce in [0, 1, 2, 10, 11] {
        draft(0, nonce, 10).put(&pool);
    }
    assert_eq!(draft(0, 3, 10).refused(&pool), "account limit exceeded: pooled 3 txs");
    assert_eq!(draft(0, 12, 10).refused(&pool), "account limit exceeded: pooled 2 txs");
    // Replacing takes no place, and other accounts have their own.
    draft(0, 2, 20).cap(2_000).put(&pool);
    draft(0, 11, 20).cap(2_000).put(&pool);
    draft(1, 0, 10).put(&pool);
}

#[test]
fn state_is_read_for_unknown_accounts_only() {
    let (pool, state) = (pool(), State::default());
    draft(0, 0, 0).add(&pool, &state).unwrap();
    draft(0, 1, 0).add(&pool, &state).unwrap();
    assert_eq!(*state.reads.borrow(), 1);
}

#[test]
fn head_that_moves_during_a_read_is_read_again() {
    struct Moving<'a>(&'a super::super::Pool, std::cell::Cell<u64>);
    impl super::super::AccountState for Moving<'_> {
        type Error = &'static str;
        fn nonce_and_balance(
            &self,
            _: alloy_primitives::Address,
        ) -> Result<(u64, alloy_primitives::U256), &'static str> {
            let nonce = self.1.get();
            match nonce {
                0 => self.0.on_new_block([update(0, 1, u64::MAX)], BASE_FEE),
                1 => {}
                _ => return Err("disk on fire"),
            }
            self.1.set(nonce + 1);
            Ok((nonce, alloy_primitives::U256::MAX))
        }
    }
    let pool = pool();
    let state = Moving(&pool, 0.into());
    let error = pool.add(draft(0, 0, 0).tx(), address(0), &state).unwrap_err();
    assert_eq!(error, PoolError::NonceTooLow { next: 1, nonce: 0 });
    let error = pool.add(draft(0, 0, 0).tx(), address(0), &state).unwrap_err();
    assert_eq!(error.to_string(), "state unavailable: disk on fire");
}
