//! What `txpool_*` and wallets ask about.

use super::{Pool, PooledTx, account::Account};
use alloy_primitives::{Address, B256};
use std::{collections::BTreeMap, sync::Arc};

/// The transactions of one account, in nonce order.
#[derive(Clone, Debug, Default)]
pub struct AccountContent {
    pub pending: Vec<Arc<PooledTx>>,
    pub queued: Vec<Arc<PooledTx>>,
}

/// How much the pool holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
    pub pending: usize,
    pub queued: usize,
    /// Of all encoded transactions.
    pub bytes: usize,
}

impl Pool {
    pub fn get(&self, hash: &B256) -> Option<Arc<PooledTx>> {
        self.store().by_hash.get(hash).cloned()
    }

    pub fn contains(&self, hash: &B256) -> bool {
        self.store().by_hash.contains_key(hash)
    }

    /// The nonce after `address`'s pending transactions, if the pool has transactions of it.
    pub fn pending_nonce(&self, address: Address) -> Option<u64> {
        self.store().accounts.get(&address).map(|account| account.pending_end)
    }

    pub fn status(&self) -> PoolStatus {
        let store = self.store();
        PoolStatus { pending: store.pending, queued: store.by_hash.len() - store.pending, bytes: store.bytes }
    }

    /// Everything, by account. Holds the lock while it copies the pointers.
    pub fn content(&self) -> BTreeMap<Address, AccountContent> {
        self.store().accounts.iter().map(|(address, account)| (*address, account.content())).collect()
    }

    pub fn content_from(&self, address: Address) -> AccountContent {
        self.store().accounts.get(&address).map(Account::content).unwrap_or_default()
    }

    /// Hashes of all pending transactions, in no particular order.
    pub fn pending_hashes(&self) -> Vec<B256> {
        let store = self.store();
        let pending = |account: &Account| -> Vec<B256> {
            account.txs.range(account.pending_range()).map(|(_, tx)| tx.hash).collect()
        };
        store.accounts.values().flat_map(pending).collect()
    }
}

impl Account {
    fn content(&self) -> AccountContent {
        AccountContent {
            pending: self.txs.range(..self.pending_end).map(|(_, tx)| tx.clone()).collect(),
            queued: self.txs.range(self.pending_end..).map(|(_, tx)| tx.clone()).collect(),
        }
    }
}
