//! When the phases of a run end: the contract's three periods, and shares of them for what it does not know
//! (docs/distributed-training.md, "Announcements"). All times are seconds.

use lux_federated::Phase;
use lux_protocol::training::ITraining::JobConfig;

/// Of a job.
#[derive(Clone, Copy, Debug)]
pub struct Periods {
    pub keys: u64,
    pub collect: u64,
    pub aggregate: u64,
}

/// Of a run, as far as it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// The end of the first phase.
    pub until: u64,
    /// When the roster was recorded.
    pub keys: Option<u64>,
    /// When all of the roster had masked.
    pub masked: Option<u64>,
}

impl Periods {
    pub const fn of(config: &JobConfig) -> Self {
        Self {
            keys: config.keyPeriod as u64,
            collect: config.collectPeriod as u64,
            aggregate: config.aggregatePeriod as u64,
        }
    }

    /// The beginning of unmasking.
    fn unmasking(&self, times: &Times) -> u64 {
        times.masked.unwrap_or_else(|| times.keys.unwrap_or(times.until) + self.collect)
    }

    /// The last second of a phase.
    pub fn deadline(&self, times: &Times, phase: Phase) -> u64 {
        let keys = times.keys.unwrap_or(times.until);
        match phase {
            Phase::Updates | Phase::Keys | Phase::Over => times.until,
            Phase::Shares => keys + self.collect / 3,
            Phase::Masked => keys + self.collect,
            Phase::Survivors => self.unmasking(times) + self.aggregate / 3,
            Phase::Unmask => self.unmasking(times) + self.aggregate,
        }
    }

    /// The last second in which only the coordinator may end a phase.
    pub fn coordinators(&self, times: &Times, phase: Phase) -> u64 {
        match phase {
            Phase::Updates => times.until + self.aggregate,
            Phase::Shares => self.deadline(times, phase) + self.collect / 6,
            Phase::Masked => self.unmasking(times) + self.aggregate / 6,
            Phase::Survivors => self.deadline(times, phase) + self.aggregate / 6,
            Phase::Keys | Phase::Unmask | Phase::Over => self.deadline(times, phase),
        }
    }

    /// The last second of a run that comes to nothing: after it, anyone may abandon it.
    pub fn expires(&self, times: &Times, phase: Phase, has_quorum: bool) -> u64 {
        match (phase, times.keys) {
            (Phase::Updates, _) => times.until + 2 * self.aggregate,
            (_, None) => times.until + self.keys,
            (_, Some(_)) if has_quorum || times.masked.is_some() => self.unmasking(times) + self.aggregate,
            (_, Some(keys)) => keys + self.collect,
        }
    }
}
