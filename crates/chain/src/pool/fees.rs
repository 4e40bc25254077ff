//! Transactions ordered by what they pay.

use alloy_primitives::Address;
use std::{
    cmp::Reverse,
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

/// What a transaction offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bid {
    pub max_fee: u128,
    pub max_tip: u128,
    pub seq: u64,
    pub sender: Address,
}

impl Bid {
    /// Orders bids as the effective tip does, without its sign: the base fee is the same for all.
    pub fn price(&self, base_fee: u64) -> u128 {
        self.max_fee.min(self.max_tip.saturating_add(base_fee.into()))
    }

    /// Up to this base fee the tip is paid in full; above it the fee cap eats into it.
    fn headroom(&self) -> u128 {
        self.max_fee.saturating_sub(self.max_tip)
    }
}

/// Highest first, then in order of arrival.
type Rank = (Reverse<u128>, u64);

/// Bids by effective price, kept in order when the base fee moves.
///
/// The price is `min(fee cap, tip + base fee)`. Bids on the same side of the `min` keep their order whatever the base fee
/// is, so they live in one map per side, and a new base fee only moves those whose headroom lies between old and new.
#[derive(Debug, Default)]
pub(super) struct FeeIndex {
    base_fee: u64,
    /// Bids that pay their whole tip, by tip.
    by_tip: BTreeMap<Rank, Address>,
    /// Bids that pay their fee cap, by fee cap.
    by_cap: BTreeMap<Rank, Address>,
    by_headroom: BTreeMap<(u128, u64), Bid>,
}

/// How far a walk through a [`FeeIndex`] got.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Position {
    tip: Option<Rank>,
    cap: Option<Rank>,
}

impl FeeIndex {
    pub fn new(base_fee: u64) -> Self {
        Self { base_fee, ..Self::default() }
    }

    pub fn insert(&mut self, bid: Bid) {
        self.by_headroom.insert((bid.headroom(), bid.seq), bid);
        self.rank(bid);
    }

    pub fn remove(&mut self, bid: &Bid) {
        self.by_headroom.remove(&(bid.headroom(), bid.seq));
        self.unrank(bid);
    }

    pub fn set_base_fee(&mut self, base_fee: u64) {
        let (low, high) = (self.base_fee.min(base_fee), self.base_fee.max(base_fee));
        let moving: Vec<Bid> = self.by_headroom.range((low.into(), 0)..(high.into(), 0)).map(|(_, bid)| *bid).collect();
        moving.iter().for_each(|bid| self.unrank(bid));
        self.base_fee = base_fee;
        moving.into_iter().for_each(|bid| self.rank(bid));
    }

    /// The best account after `position`, which moves there. Leaves out bids below the base fee.
    pub fn next(&self, position: &mut Position) -> Option<Address> {
        let after = |map: &BTreeMap<Rank, Address>, rank: Option<Rank>| {
            let from = rank.map_or(Unbounded, Excluded);
            map.range((from, Unbounded)).next().map(|(rank, sender)| (*rank, *sender))
        };
        let tip = after(&self.by_tip, position.tip);
        let cap = after(&self.by_cap, position.cap).filter(|(rank, _)| rank.0.0 >= self.base_fee.into());
        let price = |rank: Rank, base_fee: u64| (Reverse(rank.0.0.saturating_add(base_fee.into())), rank.1);
        let take_tip = match (&tip, &cap) {
            (Some((tip, _)), Some((cap, _))) => price(*tip, self.base_fee) < *cap,
            (tip, _) => tip.is_some(),
        };
        let (rank, sender) = if take_tip { tip? } else { cap? };
        *(if take_tip { &mut position.tip } else { &mut position.cap }) = Some(rank);
        Some(sender)
    }

    /// The account that pays least among those `allowed`, with its price; of equals the last to arrive.
    pub fn cheapest(&self, allowed: impl Fn(&Address) -> bool) -> Option<(u128, Address)> {
        let last = |map: &BTreeMap<Rank, Address>, base_fee: u64| {
            let (rank, sender) = map.iter().rev().find(|(_, sender)| allowed(sender))?;
            Some((rank.0.0.saturating_add(base_fee.into()), Reverse(rank.1), *sender))
        };
        let found = [last(&self.by_tip, self.base_fee), last(&self.by_cap, 0)];
        found.into_iter().flatten().min().map(|(price, _, sender)| (price, sender))
    }

    pub fn senders(&self) -> impl Iterator<Item = Address> + '_ {
        self.by_headroom.values().map(|bid| bid.sender)
    }

    fn rank(&mut self, bid: Bid) {
        if bid.headroom() >= self.base_fee.into() {
            self.by_tip.insert((Reverse(bid.max_tip), bid.seq), bid.sender);
        } else {
            self.by_cap.insert((Reverse(bid.max_fee), bid.seq), bid.sender);
        }
    }

    fn unrank(&mut self, bid: &Bid) {
        if bid.headroom() >= self.base_fee.into() {
            self.by_tip.remove(&(Reverse(bid.max_tip), bid.seq));
        } else {
            self.by_cap.remove(&(Reverse(bid.max_fee), bid.seq));
        }
    }
}

#[cfg(test)]
impl FeeIndex {
    /// Whether the maps agree that `bid` is in.
    pub fn holds(&self, bid: &Bid) -> bool {
        let (map, fee) = match bid.headroom() >= self.base_fee.into() {
            true => (&self.by_tip, bid.max_tip),
            false => (&self.by_cap, bid.max_fee),
        };
        map.get(&(Reverse(fee), bid.seq)) == Some(&bid.sender)
            && self.by_headroom.get(&(bid.headroom(), bid.seq)) == Some(bid)
    }

    /// Of the ordered maps and of the map by headroom.
    pub fn lens(&self) -> (usize, usize) {
        (self.by_tip.len() + self.by_cap.len(), self.by_headroom.len())
    }
}
