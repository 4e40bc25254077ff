//! The transactions of one account.

use super::{PooledTx, fees::Bid};
use alloy_primitives::U256;
use std::{collections::BTreeMap, ops::Range, sync::Arc, time::Instant};

/// Transactions of one account by nonce. Those with a nonce in `nonce..pending_end` are pending: no gap, and together no
/// more expensive than the balance. The others are queued.
#[derive(Debug)]
pub(super) struct Account {
    /// At the head.
    pub nonce: u64,
    /// At the head, wei.
    pub balance: U256,
    pub txs: BTreeMap<u64, Arc<PooledTx>>,
    pub pending_end: u64,
    pub pending_cost: U256,
    /// When a transaction was last accepted.
    pub active: Instant,
    /// Private transactions.
    private: usize,
}

/// What the indexes of the store know about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    /// The next transaction to execute.
    pub head: Option<Bid>,
    /// The one with the highest nonce, which is the one that can go without breaking the run.
    pub tail: Option<Bid>,
    pub pending: usize,
    pub queued: usize,
    /// Private ones among the pending ones, and among the queued ones.
    pub hidden: (usize, usize),
}

impl Account {
    pub fn new(nonce: u64, balance: U256, now: Instant) -> Self {
        Self {
            nonce,
            balance,
            txs: BTreeMap::new(),
            pending_end: nonce,
            pending_cost: U256::ZERO,
            active: now,
            private: 0,
        }
    }

    pub fn pending_range(&self) -> Range<u64> {
        self.nonce..self.pending_end
    }

    pub fn pending_len(&self) -> usize {
        (self.pending_end - self.nonce) as usize
    }

    pub fn queued_len(&self) -> usize {
        self.txs.len() - self.pending_len()
    }

    pub fn pending(&self, nonce: u64) -> Option<&Arc<PooledTx>> {
        if self.pending_range().contains(&nonce) { self.txs.get(&nonce) } else { None }
    }

    /// The nonce after the pending transactions that everybody may see, up to the first private one.
    pub fn public_end(&self) -> u64 {
        let private = (self.private > 0)
            .then(|| self.txs.range(self.pending_range()).find(|(_, tx)| tx.is_private).map(|(nonce, _)| *nonce));
        private.flatten().unwrap_or(self.pending_end)
    }

    fn hidden(&self) -> (usize, usize) {
        if self.private == 0 {
            return (0, 0);
        }
        let pending = self.txs.range(self.pending_range()).filter(|(_, tx)| tx.is_private).count();
        (pending, self.private - pending)
    }

    pub fn marks(&self) -> Marks {
        Marks {
            head: self.pending(self.nonce).map(|tx| tx.bid()),
            tail: self.txs.last_key_value().map(|(_, tx)| tx.bid()),
            pending: self.pending_len(),
            queued: self.queued_len(),
            hidden: self.hidden(),
        }
    }

    /// Returns the transaction that it replaces.
    pub fn insert(&mut self, tx: Arc<PooledTx>) -> Option<Arc<PooledTx>> {
        let (nonce, cost) = (tx.nonce, tx.cost);
        self.private += usize::from(tx.is_private);
        let old = self.txs.insert(nonce, tx);
        self.private -= usize::from(old.as_ref().is_some_and(|old| old.is_private));
        match &old {
            Some(old) if self.pending_range().contains(&nonce) => {
                self.pending_cost = (self.pending_cost - old.cost).saturating_add(cost);
                if self.pending_cost > self.balance { self.settle() } else { self.extend() }
            }
            _ => self.extend(),
        }
        old
    }

    pub fn remove(&mut self, nonce: u64) -> Option<Arc<PooledTx>> {
        let tx = self.txs.remove(&nonce)?;
        self.private -= usize::from(tx.is_private);
        if self.pending_range().contains(&nonce) {
            let cut = self.txs.range(nonce..self.pending_end).fold(tx.cost, |sum, (_, tx)| sum + tx.cost);
            self.pending_cost -= cut;
            self.pending_end = nonce;
        }
        Some(tx)
    }

    /// Moves the account to another head. Returns the transactions whose nonce is taken.
    pub fn reset(&mut self, nonce: u64, balance: U256) -> BTreeMap<u64, Arc<PooledTx>> {
        let kept = self.txs.split_off(&nonce);
        let used = std::mem::replace(&mut self.txs, kept);
        self.forget_private(&used);
        (self.nonce, self.balance) = (nonce, balance);
        self.settle();
        used
    }

    pub fn drain_queued(&mut self) -> BTreeMap<u64, Arc<PooledTx>> {
        let queued = self.txs.split_off(&self.pending_end);
        self.forget_private(&queued);
        queued
    }

    fn forget_private(&mut self, gone: &BTreeMap<u64, Arc<PooledTx>>) {
        if self.private > 0 {
            self.private -= gone.values().filter(|tx| tx.is_private).count();
        }
    }

    fn settle(&mut self) {
        (self.pending_end, self.pending_cost) = (self.nonce, U256::ZERO);
        self.extend();
    }

    /// Takes in what follows the pending run, as far as the balance goes.
    fn extend(&mut self) {
        for (&nonce, tx) in self.txs.range(self.pending_end..) {
            let cost = self.pending_cost.saturating_add(tx.cost);
            if nonce != self.pending_end || cost > self.balance {
                break;
            }
            self.pending_cost = cost;
            self.pending_end = nonce + 1;
        }
    }
}
