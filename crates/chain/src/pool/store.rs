//! The accounts of the pool with their indexes. No rules here: [`super::admit`] decides what enters.

use super::{PooledTx, account::Account, fees::FeeIndex};
use alloy_primitives::{Address, B256, U256};
use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::Arc,
    time::{Duration, Instant},
};

#[derive(Debug)]
pub(super) struct Store {
    pub base_fee: u64,
    /// Counts changes of the head; see [`super::Pool::add`].
    pub generation: u64,
    /// Every account here has at least one transaction.
    pub accounts: HashMap<Address, Account>,
    pub by_hash: HashMap<B256, Arc<PooledTx>>,
    /// The next executable transaction of every account that has one.
    pub heads: FeeIndex,
    /// The last transaction of every account with queued ones.
    pub queued_tails: FeeIndex,
    /// The last transaction of every account without queued ones.
    pub pending_tails: FeeIndex,
    pub pending: usize,
    /// Private ones among the pending ones, and among the others.
    pub hidden: (usize, usize),
    /// Of all encoded transactions.
    pub bytes: usize,
    /// Hashes that became pending and that subscribers have not been told of.
    pub announce: Vec<B256>,
    next_seq: u64,
    swept: Instant,
}

impl Store {
    pub fn new(base_fee: u64) -> Self {
        Self {
            base_fee,
            generation: 0,
            accounts: HashMap::new(),
            by_hash: HashMap::new(),
            heads: FeeIndex::new(base_fee),
            queued_tails: FeeIndex::new(base_fee),
            pending_tails: FeeIndex::new(base_fee),
            pending: 0,
            hidden: (0, 0),
            bytes: 0,
            announce: Vec::new(),
            next_seq: 0,
            swept: Instant::now(),
        }
    }

    pub fn set_base_fee(&mut self, base_fee: u64) {
        if base_fee != self.base_fee {
            self.base_fee = base_fee;
            for index in [&mut self.heads, &mut self.queued_tails, &mut self.pending_tails] {
                index.set_base_fee(base_fee);
            }
        }
    }

    pub fn next_seq(&mut self) -> u64 {
        self.next_seq += 1;
        self.next_seq
    }

    /// Adds a transaction of an account whose nonce and balance at the head are `state`; returns the one it replaces.
    pub fn insert(&mut self, tx: Arc<PooledTx>, state: (u64, U256), now: Instant) -> Option<Arc<PooledTx>> {
        let (sender, nonce, hash, is_private) = (tx.sender, tx.nonce, tx.hash, tx.is_private);
        self.bytes += tx.encoded_len;
        self.by_hash.insert(hash, tx.clone());
        self.accounts.entry(sender).or_insert_with(|| Account::new(state.0, state.1, now));
        let (old, was_pending) = self.edit(sender, |account| {
            account.active = now;
            let was_pending = account.pending_range().contains(&nonce);
            (account.insert(tx), was_pending)
        })?;
        if was_pending && !is_private {
            self.announce.push(hash);
        }
        old.inspect(|old| self.forget(old))
    }

    pub fn remove(&mut self, hash: &B256) -> Option<Arc<PooledTx>> {
        let tx = self.by_hash.get(hash)?.clone();
        self.edit(tx.sender, |account| account.remove(tx.nonce));
        self.forget(&tx);
        Some(tx)
    }

    /// Moves an account to another head, if the pool has transactions of it.
    pub fn update(&mut self, sender: Address, nonce: u64, balance: U256) {
        let used = self.edit(sender, |account| account.reset(nonce, balance));
        self.forget_all(used);
    }

    /// Drops the queued transactions of accounts that were silent for `lifetime`. Looks at most once a minute, since it
    /// walks through all accounts with queued transactions.
    pub fn sweep(&mut self, now: Instant, lifetime: Duration) {
        if now.saturating_duration_since(self.swept) < Duration::from_secs(60) {
            return;
        }
        self.swept = now;
        let silent = |sender: &Address| {
            self.accounts.get(sender).is_some_and(|a| now.saturating_duration_since(a.active) >= lifetime)
        };
        let expired: Vec<Address> = self.queued_tails.senders().filter(silent).collect();
        for sender in expired {
            let queued = self.edit(sender, Account::drain_queued);
            self.forget_all(queued);
        }
    }

    /// Changes an account and brings the indexes after it: the only way in which an account changes.
    fn edit<R>(&mut self, sender: Address, change: impl FnOnce(&mut Account) -> R) -> Option<R> {
        let Entry::Occupied(mut entry) = self.accounts.entry(sender) else { return None };
        let account = entry.get_mut();
        let (before, run) = (account.marks(), account.pending_range());
        let result = change(account);
        let after = account.marks();
        // A run grows at its end only: below the nonce an account has no transactions.
        let grown = run.end.max(account.nonce)..account.pending_end;
        let grown = grown.filter_map(|nonce| account.txs.get(&nonce)).filter(|tx| !tx.is_private);
        self.announce.extend(grown.map(|tx| tx.hash));
        if account.txs.is_empty() {
            entry.remove();
        }
        self.pending = self.pending - before.pending + after.pending;
        self.hidden.0 = self.hidden.0 - before.hidden.0 + after.hidden.0;
        self.hidden.1 = self.hidden.1 - before.hidden.1 + after.hidden.1;
        if before.head != after.head {
            before.head.iter().for_each(|bid| self.heads.remove(bid));
            after.head.into_iter().for_each(|bid| self.heads.insert(bid));
        }
        if (before.tail, before.queued > 0) != (after.tail, after.queued > 0) {
            before.tail.iter().for_each(|bid| self.tails(before.queued > 0).remove(bid));
            after.tail.into_iter().for_each(|bid| self.tails(after.queued > 0).insert(bid));
        }
        Some(result)
    }

    fn tails(&mut self, queued: bool) -> &mut FeeIndex {
        if queued { &mut self.queued_tails } else { &mut self.pending_tails }
    }

    fn forget_all(&mut self, txs: Option<BTreeMap<u64, Arc<PooledTx>>>) {
        txs.into_iter().flatten().for_each(|(_, tx)| self.forget(&tx));
    }

    fn forget(&mut self, tx: &PooledTx) {
        self.by_hash.remove(&tx.hash);
        self.bytes -= tx.encoded_len;
    }
}
