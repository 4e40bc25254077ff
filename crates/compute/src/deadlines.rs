//! Until when results can be challenged, and which of them is to be checked first.

use crate::Market;
use alloy_primitives::B256;
use std::collections::BTreeMap;

/// Deadlines asked for in one step: whoever delivers much does not keep the others waiting.
const READS: usize = 64;

/// Times from which attested results are final, which enclaves can make earlier and later.
#[derive(Default)]
pub(crate) struct Deadlines {
    /// With the number of the block at which it was asked for.
    known: BTreeMap<B256, (u64, u64)>,
}

impl Deadlines {
    /// Asks for those of `results` as of the block `head`, those that were not asked for longest first. Others are forgotten.
    pub async fn read(&mut self, market: &Market, results: Vec<B256>, head: u64) {
        let asked: BTreeMap<_, _> = results.iter().map(|id| (*id, self.known.get(id).copied())).collect();
        let mut due: Vec<_> = asked
            .iter()
            .map(|(id, known)| (known.map(|(block, _)| block), *id))
            .filter(|(block, _)| *block != Some(head))
            .collect();
        due.sort_unstable();
        self.known = asked.into_iter().filter_map(|(id, known)| Some((id, known?))).collect();
        for (_, id) in due.into_iter().take(READS) {
            match market.final_at(id).await {
                Ok(Some(until)) => {
                    self.known.insert(id, (head, until));
                }
                Ok(None) => {
                    self.known.remove(&id);
                }
                // It is as urgent as it was.
                Err(error) => tracing::warn!(task = %id, %error, "no answer until when a result can be challenged"),
            }
        }
    }

    /// Until when a result can be challenged that says `until` itself.
    pub fn of(&self, id: B256, until: u64) -> u64 {
        self.known.get(&id).map_or(until, |(_, known)| until.min(*known))
    }
}

/// The lowest is checked first: that which has the least time left. Every failure makes the time count twice, so that results
/// whose data is withheld do not keep others from being looked at, and one that is nearly final is tried again all the same.
pub(crate) fn rank(until: u64, failures: u32, now: u64) -> u64 {
    const MOST: u32 = 6;
    match until.checked_sub(now) {
        // Nobody can challenge it now.
        None | Some(0) => u64::MAX,
        Some(left) => left.saturating_mul(1 << failures.min(MOST)),
    }
}

#[cfg(test)]
mod tests {
    use super::{B256, Deadlines, rank};

    const NOW: u64 = 1_000_000;
    const HOUR: u64 = 3_600;

    #[test]
    fn enclaves_make_a_deadline_earlier_and_never_later() {
        let (early, late, other) = (B256::repeat_byte(1), B256::repeat_byte(2), B256::repeat_byte(3));
        let known = [(early, (7, NOW + HOUR)), (late, (7, NOW + 90 * HOUR))].into();
        let deadlines = Deadlines { known };
        let until = NOW + 24 * HOUR;
        assert_eq!([early, late, other].map(|id| deadlines.of(id, until)), [NOW + HOUR, until, until]);
    }

    #[test]
    fn little_time_left_outranks_a_failure() {
        let near_and_failed = rank(NOW + HOUR, 1, NOW);
        assert!(near_and_failed < rank(NOW + 24 * HOUR, 0, NOW));
        assert!(rank(NOW + 60, 6, NOW) < rank(NOW + 24 * HOUR, 0, NOW));
        // Of two that end together, the one never tried.
        assert!(rank(NOW + HOUR, 0, NOW) < near_and_failed);
    }

    #[test]
    fn withheld_data_keeps_nothing_waiting() {
        assert!(rank(NOW + 20 * HOUR, 1, NOW) > rank(NOW + 24 * HOUR, 0, NOW));
        assert!(rank(u64::MAX, u32::MAX, 0) == u64::MAX);
    }

    #[test]
    fn what_nobody_can_challenge_comes_last() {
        assert!(rank(NOW, 0, NOW) > rank(NOW + 720 * HOUR, 60, NOW));
        assert_eq!(rank(NOW - 1, 0, NOW), u64::MAX);
    }
}
