//! The order in which a block takes transactions.

use super::{Pool, PooledTx, fees::Position};
use alloy_primitives::Address;
use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, HashSet},
    sync::Arc,
};

/// Walks through the executable transactions: per account by nonce, across accounts the highest effective tip first, the
/// first to arrive among equals. Made by [`Pool::best`].
///
/// The pool is locked only inside `next`, so it takes transactions in while a block executes. What arrives meanwhile is
/// seen if its place is still ahead; no account is started twice, and no nonce is skipped.
#[derive(Debug)]
pub struct Best<'a> {
    pool: &'a Pool,
    base_fee: u64,
    position: Position,
    /// The best account not started yet.
    head: Option<Candidate>,
    /// The next transactions of the accounts that were started.
    started: BinaryHeap<Candidate>,
    seen: HashSet<Address>,
    invalid: HashSet<Address>,
    /// Whose successor has to be looked up.
    yielded: Option<(Address, u64)>,
}

#[derive(Debug)]
struct Candidate {
    price: u128,
    tx: Arc<PooledTx>,
}

impl<'a> Best<'a> {
    pub(super) fn new(pool: &'a Pool, base_fee: u64) -> Self {
        Self {
            pool,
            base_fee,
            position: Position::default(),
            head: None,
            started: BinaryHeap::new(),
            seen: HashSet::new(),
            invalid: HashSet::new(),
            yielded: None,
        }
    }

    /// Leaves out the rest of `sender`'s transactions: for one that failed to execute or that does not fit the block.
    pub fn mark_invalid(&mut self, sender: Address) {
        self.invalid.insert(sender);
    }

    /// Looks up the candidates that `next` chooses from.
    fn refill(&mut self) {
        let store = self.pool.store();
        if let Some((sender, nonce)) = self.yielded.take().filter(|(sender, _)| !self.invalid.contains(sender)) {
            let successor = store.accounts.get(&sender).and_then(|account| account.pending(nonce));
            self.started.extend(successor.and_then(|tx| Candidate::new(tx, self.base_fee)));
        }
        while self.head.is_none() {
            let Some(sender) = store.heads.next(&mut self.position) else { return };
            if self.seen.insert(sender) && !self.invalid.contains(&sender) {
                let tx = store.accounts.get(&sender).and_then(|account| account.pending(account.nonce));
                self.head = tx.and_then(|tx| Candidate::new(tx, self.base_fee));
            }
        }
    }
}

impl Iterator for Best<'_> {
    type Item = Arc<PooledTx>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.refill();
            let candidate =
                if self.started.peek() > self.head.as_ref() { self.started.pop() } else { self.head.take() };
            let tx = candidate?.tx;
            if !self.invalid.contains(&tx.sender) {
                self.yielded = Some((tx.sender, tx.nonce + 1));
                return Some(tx);
            }
        }
    }
}

impl Candidate {
    /// None for a transaction whose fee cap is below the base fee.
    fn new(tx: &Arc<PooledTx>, base_fee: u64) -> Option<Self> {
        let price = tx.effective_price(base_fee);
        (price >= base_fee.into()).then(|| Self { price, tx: tx.clone() })
    }

    fn rank(&self) -> (u128, Reverse<u64>) {
        (self.price, Reverse(self.tx.seq))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Candidate {}
