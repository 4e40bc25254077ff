//! Random operations against a model that keeps one list and looks for everything in it.

use super::super::{Pool, PoolError};
use super::support::*;
use alloy_primitives::U256;
use std::collections::BTreeMap;

const SENDERS: u64 = 6;

/// splitmix64
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

#[derive(Clone, Copy, Debug)]
struct Tx {
    sender: u64,
    nonce: u64,
    cap: u128,
    tip: u128,
    cost: u64,
    seq: u64,
}

impl Tx {
    /// Relative to the base fee; below zero it waits.
    fn effective_tip(&self, base_fee: u64) -> i128 {
        (self.tip as i128).min(self.cap as i128 - i128::from(base_fee))
    }
}

struct Model {
    base_fee: u64,
    max: usize,
    /// Nonce and balance.
    accounts: BTreeMap<u64, (u64, u64)>,
    txs: Vec<Tx>,
    seq: u64,
}

impl Model {
    fn find(&self, sender: u64, nonce: u64) -> Option<&Tx> {
        self.txs.iter().find(|tx| (tx.sender, tx.nonce) == (sender, nonce))
    }

    /// End of the run, and its cost.
    fn run(&self, sender: u64) -> (u64, u64) {
        let (mut nonce, balance) = self.accounts[&sender];
        let mut cost = 0;
        while let Some(tx) = self.find(sender, nonce).filter(|tx| cost + tx.cost <= balance) {
            (nonce, cost) = (nonce + 1, cost + tx.cost);
        }
        (nonce, cost)
    }

    fn count(&self, sender: u64) -> (usize, usize) {
        let pending = (self.run(sender).0 - self.accounts[&sender].0) as usize;
        (pending, self.txs.iter().filter(|tx| tx.sender == sender).count() - pending)
    }

    /// The start of the error, or what is replaced and whether the transaction is pending.
    fn add(&mut self, pool: &Pool, mut tx: Tx) -> Result<(Option<u64>, bool), &'static str> {
        let (next, balance) = self.accounts[&tx.sender];
        let (end, spent) = self.run(tx.sender);
        let old = self.find(tx.sender, tx.nonce).copied();
        if old.is_some_and(|old| (old.cap, old.tip, old.cost) == (tx.cap, tx.tip, tx.cost)) {
            return Err("already known");
        }
        if tx.nonce < next {
            return Err("nonce too low");
        }
        let freed = old.filter(|old| old.nonce < end).map_or(0, |old| old.cost);
        if tx.cost > balance || spent - freed + tx.cost > balance {
            return Err("insufficient funds");
        }
        let (pending, queued) = self.count(tx.sender);
        let over = if tx.nonce <= end {
            pending >= pool.config().max_per_account
        } else {
            queued >= pool.config().max_queued_per_account
        };
        if old.is_none() && over {
            return Err("account limit exceeded");
        }
        let bumped = |new: u128, old: u128| new > old && new >= old * 110 / 100;
        if old.is_some_and(|old| !bumped(tx.cap, old.cap) || !bumped(tx.tip, old.tip)) {
            return Err("replacement transaction underpriced");
        }
        if old.is_none() && self.txs.len() >= self.max {
            let victim = self.victim(&tx, tx.nonce <= end).ok_or("txpool is full")?;
            self.txs.retain(|tx| tx.seq != victim);
        }
        self.seq += 1;
        tx.seq = self.seq;
        self.txs.retain(|tx| Some(tx.seq) != old.map(|old| old.seq));
        self.txs.push(tx);
        Ok((old.map(|old| old.seq), tx.nonce <= end))
    }

    fn victim(&self, new: &Tx, pending: bool) -> Option<u64> {
        let last = |tx: &&Tx| self.txs.iter().all(|other| other.sender != tx.sender || other.nonce <= tx.nonce);
        let tails = self.txs.iter().filter(last).filter(|tx| tx.sender != new.sender || tx.nonce > new.nonce);
        let (queued, run): (Vec<&Tx>, Vec<&Tx>) = tails.partition(|tx| tx.nonce >= self.run(tx.sender).0);
        let key = |tx: &&&Tx| (tx.effective_tip(self.base_fee), std::cmp::Reverse(tx.seq));
        let cheaper = |tx: &&&Tx| tx.effective_tip(self.base_fee) < new.effective_tip(self.base_fee);
        match queued.iter().min_by_key(key) {
            Some(tx) => Some(tx).filter(|tx| pending || cheaper(tx)).map(|tx| tx.seq),
            None => run.iter().min_by_key(key).filter(cheaper).filter(|_| pending).map(|tx| tx.seq),
        }
    }

    fn order(&self) -> Vec<(u64, u64)> {
        let mut next: BTreeMap<u64, u64> = self.accounts.iter().map(|(sender, (nonce, _))| (*sender, *nonce)).collect();
        let mut order = Vec::new();
        loop {
            let heads = next.iter().filter(|(sender, nonce)| **nonce < self.run(**sender).0);
            let best = heads
                .filter_map(|(sender, nonce)| self.find(*sender, *nonce))
                .filter(|tx| tx.effective_tip(self.base_fee) >= 0)
                .max_by_key(|tx| (tx.effective_tip(self.base_fee), std::cmp::Reverse(tx.seq)));
            let Some(tx) = best else { return order };
            order.push((tx.sender, tx.nonce));
            next.insert(tx.sender, tx.nonce + 1);
        }
    }
}

fn check_tips(pool: &Pool, base_fee: u64) {
    let mut next = BTreeMap::new();
    for tx in pool.best(base_fee) {
        let nonce = next.entry(tx.sender).or_insert_with(|| pool.store().accounts[&tx.sender].nonce);
        assert_eq!(tx.nonce, *nonce);
        *nonce += 1;
        assert!(tx.effective_price(base_fee) >= base_fee.into());
    }
}

fn run(seed: u64, max: usize) {
    let mut rng = Rng(seed);
    let pool = pool_with(|config| {
        (config.max_transactions, config.max_per_account, config.max_queued_per_account) = (max, 5, 3);
    });
    let accounts = (0..SENDERS).map(|sender| (sender, (0, GAS * 60))).collect();
    let mut model = Model { base_fee: BASE_FEE, max, accounts, txs: Vec::new(), seq: 0 };
    for _ in 0..400 {
        let sender = rng.below(SENDERS);
        let (nonce, balance) = model.accounts[&sender];
        match rng.below(16) {
            0 => {
                model.base_fee = rng.below(14);
                pool.on_new_block([], model.base_fee);
            }
            1 => {
                let (nonce, balance) = (nonce + rng.below(2), rng.below(GAS * 80));
                model.accounts.insert(sender, (nonce, balance));
                model.txs.retain(|tx| tx.sender != sender || tx.nonce >= nonce);
                pool.on_new_block([update(sender, nonce, balance)], model.base_fee);
            }
            2 => {
                // A block of the best few.
                let count = rng.below(4) as usize;
                for (sender, nonce) in pool.best(model.base_fee).take(count).map(|tx| name(&tx)).collect::<Vec<_>>() {
                    let account = model.accounts.get_mut(&sender).unwrap();
                    account.0 = nonce + 1;
                    model.txs.retain(|tx| (tx.sender, tx.nonce) != (sender, nonce));
                }
                model.base_fee = rng.below(14);
                let changed = model.accounts.iter().map(|(sender, (nonce, balance))| update(*sender, *nonce, *balance));
                pool.on_new_block(changed, model.base_fee);
            }
            3 => {
                let hash = pool.store().by_hash.values().min_by_key(|tx| tx.seq).map(|tx| (tx.hash, name(tx)));
                if let Some((hash, key)) = hash {
                    pool.remove(&hash);
                    model.txs.retain(|tx| (tx.sender, tx.nonce) != key);
                }
            }
            4 => {
                // Back by a block of this account.
                let account = (nonce.saturating_sub(1), balance);
                model.accounts.insert(sender, account);
                pool.on_reorg([], &state(&model), model.base_fee).unwrap();
            }
            _ => {
                let nonce = (nonce + rng.below(7)).saturating_sub(1);
                let tip = u128::from(rng.below(9));
                let cap = tip + u128::from(rng.below(10));
                let value = rng.below(3);
                let cost = GAS * cap as u64 + value;
                let draft = draft(sender, nonce, tip).cap(cap).value(value);
                let expected = model.add(&pool, Tx { sender, nonce, cap, tip, cost, seq: 0 });
                let found = draft.add_as(&pool, &state(&model), rng.below(3) == 0);
                compare(expected, found);
            }
        }
        check(&pool);
        check_tips(&pool, model.base_fee);
        assert_eq!(order(&pool, model.base_fee), model.order(), "seed {seed}");
        let counts = (0..SENDERS).map(|sender| model.count(sender)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        assert_eq!(super::support::counts(&pool), counts, "seed {seed}");
    }
}

fn state(model: &Model) -> State {
    let account = |(sender, (nonce, balance)): (&u64, &(u64, u64))| (address(*sender), (*nonce, U256::from(*balance)));
    State { accounts: model.accounts.iter().map(account).collect(), ..State::default() }
}

fn compare(expected: Result<(Option<u64>, bool), &str>, found: Result<super::super::Added, PoolError>) {
    match (expected, found) {
        (Ok((replaced, pending)), Ok(added)) => {
            assert_eq!((replaced.is_some(), pending), (added.replaced.is_some(), added.pending));
        }
        (Err(expected), Err(found)) => assert!(found.to_string().starts_with(expected), "{expected}, not {found}"),
        (expected, found) => panic!("{expected:?}, not {found:?}"),
    }
}

#[test]
fn agrees_with_the_model() {
    for seed in 0..150 {
        run(seed, 1_000);
    }
}

#[test]
fn agrees_with_the_model_when_full() {
    for seed in 1_000..1_150 {
        run(seed, 8);
    }
}
