//! How long a phase lasts: as long as its workers needed before, and more when they vary.

use crate::Phase;
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// Smoothed times from the beginning of a phase to a worker's message, as RFC 6298 has it for round trips. Who comes too late counts too: a
/// worker that is slow, and not gone, finds the next deadline later.
#[derive(Clone, Debug)]
pub struct Pace {
    range: RangeInclusive<u64>,
    phases: HashMap<Phase, Smoothed>,
}

#[derive(Clone, Copy, Debug)]
struct Smoothed {
    mean: f64,
    deviation: f64,
    /// Doubles with each deadline that too few met.
    backoff: u32,
}

impl Pace {
    /// Milliseconds that a phase may last.
    pub fn new(range: RangeInclusive<u64>) -> Self {
        Self { range, phases: HashMap::new() }
    }

    /// The time of the last worker that answered in this phase.
    pub fn observe(&mut self, phase: Phase, slowest: u64) {
        let slowest = slowest as f64;
        let first = Smoothed { mean: slowest, deviation: slowest / 2.0, backoff: 0 };
        let known = self.phases.entry(phase).or_insert(first);
        known.deviation += (libm::fabs(slowest - known.mean) - known.deviation) / 4.0;
        known.mean += (slowest - known.mean) / 8.0;
        // Slower is believed at once, faster in time.
        known.mean = known.mean.max(slowest / 2.0);
        known.backoff = 0;
    }

    /// Too few came in time.
    pub fn failed(&mut self, phase: Phase) {
        if let Some(known) = self.phases.get_mut(&phase) {
            known.backoff = (known.backoff + 1).min(16);
        }
    }

    /// For the next time; the longest as long as nothing is known.
    pub fn milliseconds(&self, phase: Phase) -> u64 {
        let (least, most) = (*self.range.start(), *self.range.end());
        self.phases.get(&phase).map_or(most, |known| {
            let time = (2.0 * known.mean + 4.0 * known.deviation) * f64::from(1u32 << known.backoff);
            (time as u64).clamp(least, most)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_workers() {
        let mut pace = Pace::new(1_000..=600_000);
        assert_eq!(pace.milliseconds(Phase::Updates), 600_000);
        (0..30).for_each(|_| pace.observe(Phase::Updates, 5_000));
        let steady = pace.milliseconds(Phase::Updates);
        assert!((10_000..12_000).contains(&steady), "{steady}");
        assert_eq!(pace.milliseconds(Phase::Masked), 600_000);
        pace.observe(Phase::Updates, 60_000);
        assert!(pace.milliseconds(Phase::Updates) > 60_000);
        let before = pace.milliseconds(Phase::Updates);
        pace.failed(Phase::Updates);
        assert_eq!(pace.milliseconds(Phase::Updates), 2 * before);
        (0..100).for_each(|_| pace.observe(Phase::Updates, 0));
        assert_eq!(pace.milliseconds(Phase::Updates), 1_000);
    }
}
