//! What `txpool_*` and wallets ask about. Private transactions are not in it.

use super::{Pool, PooledTx, account::Account, store::Store};
use alloy_primitives::{Address, B256};
use std::{collections::BTreeMap, ops::Bound, sync::Arc};

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
        self.store().by_hash.get(hash).filter(|tx| !tx.is_private).cloned()
    }

    /// Whether the pool holds it, private or not.
    pub fn contains(&self, hash: &B256) -> bool {
        self.store().by_hash.contains_key(hash)
    }

    /// The nonce after `address`'s pending transactions, if the pool has transactions of it.
    pub fn pending_nonce(&self, address: Address) -> Option<u64> {
        self.store().accounts.get(&address).map(Account::public_end)
    }

    pub fn status(&self) -> PoolStatus {
        let store = self.store();
        let (all, (pending, queued)) = (store.status(), store.hidden);
        PoolStatus { pending: all.pending - pending, queued: all.queued - queued, ..all }
    }

    /// With private transactions.
    pub fn status_of_all(&self) -> PoolStatus {
        self.store().status()
    }

    /// Everything, by account. Holds the lock while it copies the pointers.
    pub fn content(&self) -> BTreeMap<Address, AccountContent> {
        let store = self.store();
        let accounts = store.accounts.iter().map(|(address, account)| (*address, account.content()));
        accounts.filter(|(_, content)| !content.pending.is_empty() || !content.queued.is_empty()).collect()
    }

    pub fn content_from(&self, address: Address) -> AccountContent {
        self.store().accounts.get(&address).map(Account::content).unwrap_or_default()
    }

    /// Hashes of all pending transactions, in no particular order.
    pub fn pending_hashes(&self) -> Vec<B256> {
        let store = self.store();
        let pending = |account: &Account| -> Vec<B256> {
            let pending = account.txs.range(account.pending_range()).filter(|(_, tx)| !tx.is_private);
            pending.map(|(_, tx)| tx.hash).collect()
        };
        store.accounts.values().flat_map(pending).collect()
    }
}

impl Store {
    fn status(&self) -> PoolStatus {
        PoolStatus { pending: self.pending, queued: self.by_hash.len() - self.pending, bytes: self.bytes }
    }
}

impl Account {
    fn content(&self) -> AccountContent {
        let shown = |nonces| {
            let txs = self.txs.range::<u64, (Bound<u64>, Bound<u64>)>(nonces).filter(|(_, tx)| !tx.is_private);
            txs.map(|(_, tx)| tx.clone()).collect()
        };
        AccountContent {
            pending: shown((Bound::Unbounded, Bound::Excluded(self.pending_end))),
            queued: shown((Bound::Included(self.pending_end), Bound::Unbounded)),
        }
    }
}
