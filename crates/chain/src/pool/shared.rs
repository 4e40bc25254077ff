//! The pool as its users see it.

use super::{Best, PoolConfig, PoolError, PooledTx, admit::admit, store::Store, validate::validate};
use alloy_primitives::{Address, B256, U256};
use lux_protocol::EthTransaction;
use parking_lot::{Mutex, MutexGuard};
use std::{fmt::Display, sync::Arc, time::Instant};
use tokio::sync::broadcast;

/// Hashes a slow subscriber may lag behind before it loses some.
const ANNOUNCEMENTS: usize = 8_192;

/// The head state, as far as the pool reads it.
pub trait AccountState {
    type Error: Display;

    /// Nonce and balance in wei; zeros for an account that does not exist.
    fn nonce_and_balance(&self, address: Address) -> Result<(u64, U256), Self::Error>;
}

/// An account after a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountUpdate {
    pub address: Address,
    pub nonce: u64,
    pub balance: U256,
}

/// A transaction that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    pub hash: B256,
    /// The transaction of the same account and nonce that had to go.
    pub replaced: Option<B256>,
    /// Executable at the head; otherwise it waits for an earlier nonce.
    pub pending: bool,
}

/// Transactions that wait for a block; see the [module](super). Thread-safe, shared as `Arc<Pool>`.
#[derive(Debug)]
pub struct Pool {
    config: PoolConfig,
    store: Mutex<Store>,
    announcer: broadcast::Sender<B256>,
}

impl Pool {
    /// `base_fee` is that of the next block, as far as it is known, wei per gas.
    pub fn new(config: PoolConfig, base_fee: u64) -> Self {
        Self { config, store: Mutex::new(Store::new(base_fee)), announcer: broadcast::channel(ANNOUNCEMENTS).0 }
    }

    pub fn config(&self) -> &PoolConfig {
        &self.config
    }

    /// Takes in a transaction whose signature by `sender` the caller has checked.
    ///
    /// `state` must be at least as new as the last head that this pool was told of. It is read only for an account that
    /// has nothing in the pool: of the others the pool has kept track.
    pub fn add<S: AccountState>(&self, tx: EthTransaction, sender: Address, state: &S) -> Result<Added, PoolError> {
        self.take(PooledTx::new(tx, sender)?, state)
    }

    /// As [`Self::add`], for a transaction that only who builds blocks may see before it is in one.
    pub fn add_private<S: AccountState>(
        &self,
        tx: EthTransaction,
        sender: Address,
        state: &S,
    ) -> Result<Added, PoolError> {
        self.take(PooledTx { is_private: true, ..PooledTx::new(tx, sender)? }, state)
    }

    fn take<S: AccountState>(&self, tx: PooledTx, state: &S) -> Result<Added, PoolError> {
        let sender = tx.sender;
        validate(&tx, &self.config)?;
        let mut store = self.store();
        let account = loop {
            if let Some(account) = store.accounts.get(&sender) {
                break (account.nonce, account.balance);
            }
            // The state may be slow, so it is read unlocked. If the head moved meanwhile, what was read may be old, and
            // no later update would correct it.
            let generation = store.generation;
            drop(store);
            let account = read(state, sender)?;
            store = self.store();
            if store.generation == generation && !store.accounts.contains_key(&sender) {
                break account;
            }
        };
        let added = admit(&mut store, &self.config, tx, account);
        self.announce(store);
        added
    }

    /// Moves the pool to a new head: drops what was included, promotes and demotes the rest, drops queued transactions
    /// that waited too long.
    ///
    /// `changed` has every account whose nonce or balance differs from the previous head, for whatever reason. To be
    /// called once the state that callers of [`Self::add`] read is that of the new head. `base_fee` is that of the next
    /// block.
    pub fn on_new_block(&self, changed: impl IntoIterator<Item = AccountUpdate>, base_fee: u64) {
        let mut store = self.store();
        store.generation += 1;
        for AccountUpdate { address, nonce, balance } in changed {
            store.update(address, nonce, balance);
        }
        store.set_base_fee(base_fee);
        store.sweep(Instant::now(), self.config.queued_lifetime);
        self.announce(store);
    }

    /// Moves the pool to a head that does not follow the previous one: reads every account that it knows again, then puts
    /// back the transactions `returned` from the blocks that are gone, in their order there.
    ///
    /// Returns how many of them the pool took: those that the new blocks include, or that are no longer valid, are not.
    /// On an error the pool is partly at the old head, and the caller has to call again. Reads `state` under the lock.
    pub fn on_reorg<S: AccountState>(
        &self,
        returned: impl IntoIterator<Item = (EthTransaction, Address)>,
        state: &S,
        base_fee: u64,
    ) -> Result<usize, PoolError> {
        let mut store = self.store();
        store.generation += 1;
        store.set_base_fee(base_fee);
        let known: Vec<Address> = store.accounts.keys().copied().collect();
        for address in known {
            let (nonce, balance) = read(state, address)?;
            store.update(address, nonce, balance);
        }
        let mut taken = 0;
        for (tx, sender) in returned {
            let account = match store.accounts.get(&sender) {
                Some(account) => (account.nonce, account.balance),
                None => read(state, sender)?,
            };
            let tx = PooledTx::new(tx, sender).and_then(|tx| validate(&tx, &self.config).map(|()| tx));
            taken += usize::from(tx.and_then(|tx| admit(&mut store, &self.config, tx, account)).is_ok());
        }
        self.announce(store);
        Ok(taken)
    }

    /// What a block at `base_fee` should take, best first.
    pub fn best(&self, base_fee: u64) -> Best<'_> {
        self.store().set_base_fee(base_fee);
        Best::new(self, base_fee)
    }

    /// Drops a transaction, such as one that the block builder found invalid. Later ones of the account become queued.
    pub fn remove(&self, hash: &B256) -> Option<Arc<PooledTx>> {
        self.store().remove(hash)
    }

    pub fn clear(&self) {
        let mut store = self.store();
        let hashes: Vec<B256> = store.by_hash.keys().copied().collect();
        hashes.iter().for_each(|hash| drop(store.remove(hash)));
    }

    /// Hashes of transactions as they become pending, but for private ones. One that became queued in between is announced again.
    pub fn subscribe(&self) -> broadcast::Receiver<B256> {
        self.announcer.subscribe()
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock()
    }

    /// Tells subscribers, without the lock.
    fn announce(&self, mut store: MutexGuard<'_, Store>) {
        let hashes = std::mem::take(&mut store.announce);
        drop(store);
        if self.announcer.receiver_count() > 0 {
            // Fails only when the last subscriber has just left.
            hashes.into_iter().for_each(|hash| drop(self.announcer.send(hash)));
        }
    }
}

fn read<S: AccountState>(state: &S, address: Address) -> Result<(u64, U256), PoolError> {
    state.nonce_and_balance(address).map_err(|error| PoolError::State(error.to_string()))
}
