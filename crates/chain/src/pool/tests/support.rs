//! Transactions, a state and a check of all indexes.

use super::super::{AccountState, AccountUpdate, Added, Pool, PoolConfig, PoolError, PooledTx};
use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256};
use lux_protocol::EthTransaction;
use std::{cell::RefCell, collections::HashMap, convert::Infallible};

pub const CHAIN_ID: u64 = 7;
pub const BASE_FEE: u64 = 100;
pub const GAS: u64 = 21_000;

pub fn config() -> PoolConfig {
    PoolConfig::new(CHAIN_ID, 30_000_000)
}

pub fn pool() -> Pool {
    Pool::new(config(), BASE_FEE)
}

pub fn pool_with(change: impl FnOnce(&mut PoolConfig)) -> Pool {
    let mut config = config();
    change(&mut config);
    Pool::new(config, BASE_FEE)
}

pub fn address(n: u64) -> Address {
    Address::from_word(U256::from(n + 1).into())
}

/// Accounts that were not set have nonce 0 and 10^24 wei. Counts its reads.
#[derive(Default)]
pub struct State {
    pub accounts: HashMap<Address, (u64, U256)>,
    pub reads: RefCell<u64>,
}

impl State {
    pub fn with(n: u64, nonce: u64, balance: u64) -> Self {
        let mut state = Self::default();
        state.accounts.insert(address(n), (nonce, U256::from(balance)));
        state
    }
}

impl AccountState for State {
    type Error = Infallible;

    fn nonce_and_balance(&self, address: Address) -> Result<(u64, U256), Infallible> {
        *self.reads.borrow_mut() += 1;
        let rich = (0, U256::from(10).pow(U256::from(24)));
        Ok(self.accounts.get(&address).copied().unwrap_or(rich))
    }
}

/// A transaction to be built; its signature only tells senders apart.
#[derive(Clone, Debug)]
pub struct Draft {
    pub sender: u64,
    pub inner: TxEip1559,
}

/// With a fee cap that leaves room for the whole `tip`.
pub fn draft(sender: u64, nonce: u64, tip: u128) -> Draft {
    let inner = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: GAS,
        max_fee_per_gas: 1_000 + tip,
        max_priority_fee_per_gas: tip,
        to: TxKind::Call(Address::ZERO),
        ..Default::default()
    };
    Draft { sender, inner }
}

impl Draft {
    pub fn cap(mut self, cap: u128) -> Self {
        self.inner.max_fee_per_gas = cap;
        self
    }

    pub fn value(mut self, value: impl TryInto<u64>) -> Self {
        self.inner.value = U256::from(value.try_into().ok().unwrap());
        self
    }

    pub fn gas(mut self, gas: u64) -> Self {
        self.inner.gas_limit = gas;
        self
    }

    pub fn input(mut self, input: impl Into<Bytes>) -> Self {
        self.inner.input = input.into();
        self
    }

    pub fn create(mut self) -> Self {
        self.inner.to = TxKind::Create;
        self
    }

    pub fn signature(&self) -> Signature {
        Signature::new(U256::from(self.sender + 1), U256::ONE, false)
    }

    pub fn tx(&self) -> EthTransaction {
        self.inner.clone().into_signed(self.signature()).into()
    }

    pub fn legacy(&self) -> EthTransaction {
        let TxEip1559 { nonce, max_fee_per_gas: gas_price, gas_limit, to, value, input, .. } = self.inner.clone();
        TxLegacy { chain_id: None, nonce, gas_price, gas_limit, to, value, input }.into_signed(self.signature()).into()
    }

    pub fn add(&self, pool: &Pool, state: &State) -> Result<Added, PoolError> {
        self.add_as(pool, state, false)
    }

    pub fn add_as(&self, pool: &Pool, state: &State, is_private: bool) -> Result<Added, PoolError> {
        let (tx, sender) = (self.tx(), address(self.sender));
        let added = if is_private { pool.add_private(tx, sender, state) } else { pool.add(tx, sender, state) };
        check(pool);
        added
    }

    /// Added by a rich account.
    pub fn put(&self, pool: &Pool) -> Added {
        self.add(pool, &State::default()).unwrap()
    }

    pub fn refused(&self, pool: &Pool) -> String {
        self.add(pool, &State::default()).unwrap_err().to_string()
    }
}

pub fn update(n: u64, nonce: u64, balance: u64) -> AccountUpdate {
    AccountUpdate { address: address(n), nonce, balance: U256::from(balance) }
}

/// `(sender, nonce)` in the order of the block builder.
pub fn order(pool: &Pool, base_fee: u64) -> Vec<(u64, u64)> {
    pool.best(base_fee).map(|tx| name(&tx)).collect()
}

pub fn name(tx: &PooledTx) -> (u64, u64) {
    (U256::from_be_slice(tx.sender.as_slice()).to::<u64>() - 1, tx.nonce)
}

/// `(pending, queued)`.
pub fn counts(pool: &Pool) -> (usize, usize) {
    let status = pool.status_of_all();
    (status.pending, status.queued)
}

/// Everything that the store keeps twice has to agree.
pub fn check(pool: &Pool) {
    let store = pool.store();
    let (mut count, mut bytes, mut pending, mut with_pending, mut with_queued) = (0, 0, 0, 0, 0);
    let mut hidden = (0, 0);
    for (sender, account) in &store.accounts {
        assert!(!account.txs.is_empty());
        assert!(account.txs.keys().all(|nonce| *nonce >= account.nonce));
        let (mut next, mut cost) = (account.nonce, U256::ZERO);
        while let Some(tx) = account.txs.get(&next).filter(|tx| cost + tx.cost <= account.balance) {
            (next, cost) = (next + 1, cost + tx.cost);
        }
        assert_eq!((account.pending_end, account.pending_cost), (next, cost));
        for (nonce, tx) in &account.txs {
            assert_eq!((tx.sender, tx.nonce), (*sender, *nonce));
            assert_eq!(store.by_hash[&tx.hash].seq, tx.seq);
            bytes += tx.encoded_len;
            let is_pending = account.pending_range().contains(nonce);
            hidden.0 += usize::from(tx.is_private && is_pending);
            hidden.1 += usize::from(tx.is_private && !is_pending);
        }
        count += account.txs.len();
        pending += account.pending_len();
        with_pending += usize::from(account.pending_len() > 0);
        with_queued += usize::from(account.queued_len() > 0);
        let marks = account.marks();
        assert_eq!(marks.head.is_some_and(|bid| store.heads.holds(&bid)), account.pending_len() > 0);
        let tails = if account.queued_len() > 0 { &store.queued_tails } else { &store.pending_tails };
        assert!(tails.holds(&marks.tail.unwrap()));
    }
    assert_eq!((store.by_hash.len(), store.bytes, store.pending), (count, bytes, pending));
    assert_eq!(store.hidden, hidden);
    assert_eq!(store.heads.lens(), (with_pending, with_pending));
    assert_eq!(store.queued_tails.lens(), (with_queued, with_queued));
    let without = store.accounts.len() - with_queued;
    assert_eq!(store.pending_tails.lens(), (without, without));
    assert!(count <= pool.config().max_transactions && bytes <= pool.config().max_bytes);
    assert!(store.announce.is_empty());
}
