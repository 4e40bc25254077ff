//! Neighbours of whom one masked without the other. One of them lies, or dealt shares that do not open; which one cannot be told. So as
//! few as possible leave the sum.

use crate::{Graph, WorkerSet};
use std::collections::BTreeSet;

/// Of each worker, whom its masks do not cancel with. Between honest workers there is nothing.
pub(super) struct AtOdds(Vec<BTreeSet<u16>>);

impl AtOdds {
    /// Among those who masked, by the peers they masked with.
    pub fn new(graph: &Graph, peers: &[Option<&WorkerSet>]) -> Self {
        let mut at_odds = vec![BTreeSet::new(); peers.len()];
        for (worker, own) in (0u16..).zip(peers) {
            let Some(own) = own else { continue };
            for peer in graph.neighbours(worker).iter().filter(|peer| !own.contains(**peer)) {
                if peers[usize::from(*peer)].is_some() {
                    at_odds[usize::from(worker)].insert(*peer);
                    at_odds[usize::from(*peer)].insert(worker);
                }
            }
        }
        Self(at_odds)
    }

    pub fn first(&self) -> Option<(u16, u16)> {
        (0u16..).zip(&self.0).find_map(|(worker, others)| Some((worker, *others.first()?)))
    }

    /// Workers to leave out, so that nobody is left at odds. Each that lies takes at most one honest worker along: the pairs by which
    /// workers are left out have no worker in common, and each has one that is not honest.
    pub fn leave_out(mut self) -> WorkerSet {
        let mut out = WorkerSet::empty(self.0.len() as u16);
        while let Some((one, other)) = self.first() {
            match self.0.iter().find(|others| others.len() == 1).and_then(BTreeSet::first).copied() {
                // Somebody is at odds with this worker alone: without it, that one can stay.
                Some(worker) => self.remove(worker, &mut out),
                None => [one, other].into_iter().for_each(|worker| self.remove(worker, &mut out)),
            }
        }
        out
    }

    fn remove(&mut self, worker: u16, out: &mut WorkerSet) {
        out.insert(worker);
        for other in std::mem::take(&mut self.0[usize::from(worker)]) {
            self.0[usize::from(other)].remove(&worker);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const WORKERS: u16 = 12;

    fn complete(without: &[(u16, u16)]) -> (Graph, Vec<WorkerSet>) {
        let peers = |worker: u16| {
            let kept = |peer: &u16| *peer != worker && !without.contains(&(worker, *peer));
            WorkerSet::from_indices(WORKERS, (0..WORKERS).filter(kept))
        };
        (Graph::new(WORKERS, WORKERS - 1, B256::ZERO), (0..WORKERS).map(peers).collect())
    }

    fn left_out(without: &[(u16, u16)]) -> Vec<u16> {
        let (graph, peers) = complete(without);
        AtOdds::new(&graph, &peers.iter().map(Some).collect::<Vec<_>>()).leave_out().iter().collect()
    }

    #[test]
    fn who_is_at_odds_with_many_goes_alone() {
        assert_eq!(left_out(&[]), []);
        assert_eq!(left_out(&[(7, 1), (7, 2), (7, 3)]), [7], "masked without many");
        assert_eq!(left_out(&[(1, 7), (2, 7)]), [7], "many masked without it");
        assert_eq!(left_out(&[(7, 1), (7, 2), (3, 8), (4, 8), (7, 8)]), [7, 8]);
        for pair in [&[(1, 7)][..], &[(7, 1)], &[(1, 7), (7, 1)]] {
            assert_eq!(left_out(pair).len(), 1);
        }
        assert_eq!(left_out(&[(1, 2), (2, 3), (3, 1)]), [1, 2]);
    }

    proptest! {
        /// Honest workers are at odds with liars only.
        #[test]
        fn a_liar_takes_at_most_one_along(
            liars in 1u16..5,
            lies in vec((0u16..4, 0..WORKERS, any::<bool>()), 0..30),
        ) {
            let lies = lies.into_iter().map(|(liar, other, omits)| (liar % liars, other, omits));
            let lies: Vec<_> = lies
                .filter(|(liar, other, _)| liar != other)
                .map(|(liar, other, omits)| if omits { (liar, other) } else { (other, liar) })
                .collect();
            let (graph, peers) = complete(&lies);
            let mut left: Vec<_> = peers.iter().map(Some).collect();
            let out = AtOdds::new(&graph, &left).leave_out();
            prop_assert!(out.iter().filter(|worker| *worker >= liars).count() <= usize::from(liars));
            out.iter().for_each(|worker| left[usize::from(worker)] = None);
            prop_assert_eq!(AtOdds::new(&graph, &left).first(), None);
        }
    }
}
