//! Rules that look at the account and at the room left.

use super::{Added, PoolConfig, PoolError, PooledTx, account::Account, store::Store};
use alloy_primitives::{Address, U256};
use std::{sync::Arc, time::Instant};

/// Takes in a transaction that passed [`super::validate`], or changes nothing. `state` is the nonce and the balance of the
/// sender at the head.
pub(super) fn admit(
    store: &mut Store,
    config: &PoolConfig,
    mut tx: PooledTx,
    state: (u64, U256),
) -> Result<Added, PoolError> {
    if store.by_hash.contains_key(&tx.hash) {
        return Err(PoolError::AlreadyKnown);
    }
    let account = store.accounts.get(&tx.sender);
    check_account(account, config, &tx, state)?;
    let old = account.and_then(|account| account.txs.get(&tx.nonce));
    if old.is_some_and(|old| !tx.outbids(old, config.price_bump_percent)) {
        return Err(PoolError::ReplacementUnderpriced);
    }
    // The balance was checked against the whole run, so only a gap can keep the transaction out of it.
    let pending = tx.nonce <= account.map_or(state.0, |account| account.pending_end);
    let freed = old.map(|old| old.encoded_len);
    make_room(store, config, &tx, pending, freed)?;

    tx.seq = store.next_seq();
    let hash = tx.hash;
    let replaced = store.insert(Arc::new(tx), state, Instant::now()).map(|old| old.hash);
    Ok(Added { hash, replaced, pending })
}

fn check_account(
    account: Option<&Account>,
    config: &PoolConfig,
    tx: &PooledTx,
    (next, balance): (u64, U256),
) -> Result<(), PoolError> {
    let cost = tx.cost;
    if tx.nonce < next {
        return Err(PoolError::NonceTooLow { next, nonce: tx.nonce });
    }
    if balance < cost {
        return Err(PoolError::InsufficientFunds { balance, cost });
    }
    let Some(account) = account else { return Ok(()) };
    let queued = account.pending_cost;
    // Neither difference underflows: what is pending is covered.
    if let Some(old) = account.pending(tx.nonce) {
        let bump = cost.saturating_sub(old.cost);
        let short = bump > balance - queued;
        return if short { Err(PoolError::InsufficientFundsBump { balance, queued, bump }) } else { Ok(()) };
    }
    if cost > balance - queued {
        return Err(PoolError::InsufficientFundsQueued { balance, queued, cost });
    }
    let (pooled, limit) = match tx.nonce == account.pending_end {
        true => (account.pending_len(), config.max_per_account),
        false => (account.queued_len(), config.max_queued_per_account),
    };
    if pooled >= limit && !account.txs.contains_key(&tx.nonce) {
        return Err(PoolError::AccountLimitExceeded { pooled });
    }
    Ok(())
}

/// Evicts what is worth less than `tx` until it fits; evicts nothing if it cannot fit.
fn make_room(
    store: &mut Store,
    config: &PoolConfig,
    tx: &PooledTx,
    pending: bool,
    freed: Option<usize>,
) -> Result<(), PoolError> {
    let count = usize::from(freed.is_none());
    let bytes = tx.encoded_len.saturating_sub(freed.unwrap_or(0));
    let announced = store.announce.len();
    let mut evicted = Vec::new();
    while store.by_hash.len() + count > config.max_transactions || store.bytes + bytes > config.max_bytes {
        let victim = victim(store, tx, pending).and_then(|victim| {
            let account = store.accounts.get(&victim.sender)?;
            let saved = (account.nonce, account.balance, account.active);
            store.remove(&victim.hash).map(|victim| (victim, saved))
        });
        let Some(victim) = victim else {
            for (tx, (nonce, balance, active)) in evicted.into_iter().rev() {
                store.insert(tx, (nonce, balance), active);
            }
            store.announce.truncate(announced);
            return Err(PoolError::Full);
        };
        evicted.push(victim);
    }
    Ok(())
}

/// What would go first to make room for `tx`.
///
/// Queued transactions go first, to any executable one: they may never become executable, so a high fee on them is free
/// to promise. For the same reason a queued newcomer pushes out only cheaper queued ones.
fn victim(store: &Store, tx: &PooledTx, pending: bool) -> Option<Arc<PooledTx>> {
    let last = |sender: &Address| {
        store.accounts.get(sender).and_then(|account| account.txs.last_key_value()).map(|(_, tx)| tx)
    };
    // Not what the newcomer builds on, nor what it replaces.
    let allowed = |sender: &Address| *sender != tx.sender || last(sender).is_some_and(|last| last.nonce > tx.nonce);
    let price = tx.effective_price(store.base_fee);
    let sender = match store.queued_tails.cheapest(allowed) {
        Some((lowest, sender)) => (pending || lowest < price).then_some(sender),
        None if pending => {
            store.pending_tails.cheapest(allowed).filter(|(lowest, _)| *lowest < price).map(|(_, sender)| sender)
        }
        None => None,
    }?;
    last(&sender).cloned()
}
