//! What the contract says about one job.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolEvent;
use lux_l1::Log;
use lux_protocol::training::ITraining::{
    Accusation, AccusationChallenged, Accused, AggregateClaimed, AggregateDisproved, AggregateVoted, Announced,
    BeaconDrawn, GradientCommitted, JobCancelled, JobEnded, KeysPublished, MaskedGradientCommitted, RewardsDistributed,
    RoundAbandoned, RoundOpened, SharesRevealed, WorkerLeft, WorkerRewarded, WorkerSlashed, WorkerStaked,
    WorkersDropped,
};

/// A claim about the aggregate of a run, or what a quorum found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Zero with secure aggregation.
    pub aggregator: Address,
    /// A bitmap of workers.
    pub contributors: U256,
    pub aggregate: B256,
    /// Seconds.
    pub challengeable_until: u64,
    pub description: Bytes,
    pub proof: Bytes,
}

/// A claim that a program finds a worker's contribution to a run bad.
#[derive(Clone, Debug)]
pub struct Accusing {
    pub id: B256,
    pub worker: Address,
    pub attempt: u64,
    pub claim: Accusation,
    pub trace: Bytes,
    /// Whether anybody challenged it.
    pub is_challenged: bool,
}

#[derive(Clone, Debug)]
pub enum Event {
    Staked {
        worker: Address,
        index: u8,
    },
    Left(Address),
    Slashed(Address),
    Opened {
        round: u64,
        attempt: u64,
        members: U256,
        until: u64,
    },
    Abandoned {
        attempt: u64,
    },
    Dropped(U256),
    Submitted {
        worker: Address,
        attempt: u64,
        update: B256,
        points: u32,
    },
    Keys {
        attempt: u64,
        members: U256,
        keys: Bytes,
    },
    Beacon {
        attempt: u64,
        beacon: B256,
    },
    /// The message, and the commitment of the vector behind it.
    Masked {
        worker: Address,
        attempt: u64,
        points: u32,
        post: Bytes,
    },
    Shares {
        worker: Address,
        attempt: u64,
        message: Bytes,
    },
    Voted {
        worker: Address,
        attempt: u64,
    },
    Announced {
        sender: Address,
        attempt: u64,
        step: u8,
        content: Bytes,
    },
    Claimed {
        attempt: u64,
        claim: Box<Claimed>,
    },
    Disproved {
        attempt: u64,
    },
    Rewarded {
        worker: Address,
        round: u64,
        amount: U256,
    },
    Distributed {
        round: u64,
        paid: U256,
    },
    Accused(Box<Accusing>),
    /// An accusation of any job.
    AccusationChallenged(B256),
    Cancelled,
    Ended,
}

/// Signatures of the events that are read.
pub fn topics() -> Vec<B256> {
    vec![
        WorkerStaked::SIGNATURE_HASH,
        WorkerLeft::SIGNATURE_HASH,
        WorkerSlashed::SIGNATURE_HASH,
        RoundOpened::SIGNATURE_HASH,
        RoundAbandoned::SIGNATURE_HASH,
        WorkersDropped::SIGNATURE_HASH,
        GradientCommitted::SIGNATURE_HASH,
        KeysPublished::SIGNATURE_HASH,
        BeaconDrawn::SIGNATURE_HASH,
        MaskedGradientCommitted::SIGNATURE_HASH,
        SharesRevealed::SIGNATURE_HASH,
        AggregateVoted::SIGNATURE_HASH,
        Announced::SIGNATURE_HASH,
        AggregateClaimed::SIGNATURE_HASH,
        AggregateDisproved::SIGNATURE_HASH,
        WorkerRewarded::SIGNATURE_HASH,
        RewardsDistributed::SIGNATURE_HASH,
        Accused::SIGNATURE_HASH,
        AccusationChallenged::SIGNATURE_HASH,
        JobCancelled::SIGNATURE_HASH,
        JobEnded::SIGNATURE_HASH,
    ]
}

impl Event {
    /// `None` for what is of another job, or is not read.
    pub fn read(log: &Log, job: B256) -> Option<Self> {
        let (data, topics) = (log.data(), log.topics());
        let signature = *topics.first()?;
        if signature == AccusationChallenged::SIGNATURE_HASH {
            return Some(Self::AccusationChallenged(*topics.get(1)?));
        }
        // What an accusation is about comes after its id.
        let subject = if signature == Accused::SIGNATURE_HASH { 2 } else { 1 };
        if topics.get(subject) != Some(&job) {
            return None;
        }
        Some(match signature {
            WorkerStaked::SIGNATURE_HASH => {
                let event = WorkerStaked::decode_log_data(data).ok()?;
                Self::Staked { worker: event.worker, index: event.index }
            }
            WorkerLeft::SIGNATURE_HASH => Self::Left(WorkerLeft::decode_log_data(data).ok()?.worker),
            WorkerSlashed::SIGNATURE_HASH => Self::Slashed(WorkerSlashed::decode_log_data(data).ok()?.worker),
            RoundOpened::SIGNATURE_HASH => {
                let event = RoundOpened::decode_log_data(data).ok()?;
                let [round, attempt, until] = [event.round, event.attempt, event.until].map(|x| x.saturating_to());
                Self::Opened { round, attempt, members: event.members, until }
            }
            RoundAbandoned::SIGNATURE_HASH => {
                Self::Abandoned { attempt: RoundAbandoned::decode_log_data(data).ok()?.attempt.saturating_to() }
            }
            WorkersDropped::SIGNATURE_HASH => Self::Dropped(WorkersDropped::decode_log_data(data).ok()?.workers),
            GradientCommitted::SIGNATURE_HASH => {
                let event = GradientCommitted::decode_log_data(data).ok()?;
                Self::Submitted {
                    worker: event.worker,
                    attempt: event.attempt.saturating_to(),
                    update: event.contribution.gradientHash,
                    points: event.contribution.dataPointsProcessed.saturating_to(),
                }
            }
            KeysPublished::SIGNATURE_HASH => {
                let event = KeysPublished::decode_log_data(data).ok()?;
                Self::Keys { attempt: event.attempt.saturating_to(), members: event.members, keys: event.publicKeys }
            }
            BeaconDrawn::SIGNATURE_HASH => {
                let event = BeaconDrawn::decode_log_data(data).ok()?;
                Self::Beacon { attempt: event.attempt.saturating_to(), beacon: event.beacon }
            }
            MaskedGradientCommitted::SIGNATURE_HASH => {
                let event = MaskedGradientCommitted::decode_log_data(data).ok()?;
                let attempt = event.attempt.saturating_to();
                let post = [&event.message[..], event.commitment.as_slice()].concat().into();
                Self::Masked { worker: event.worker, attempt, points: event.points.saturating_to(), post }
            }
            SharesRevealed::SIGNATURE_HASH => {
                let event = SharesRevealed::decode_log_data(data).ok()?;
                Self::Shares { worker: event.worker, attempt: event.attempt.saturating_to(), message: event.message }
            }
            AggregateVoted::SIGNATURE_HASH => {
                let event = AggregateVoted::decode_log_data(data).ok()?;
                Self::Voted { worker: event.worker, attempt: event.attempt.saturating_to() }
            }
            Announced::SIGNATURE_HASH => {
                let event = Announced::decode_log_data(data).ok()?;
                let attempt = event.attempt.saturating_to();
                Self::Announced { sender: event.sender, attempt, step: event.step, content: event.content }
            }
            AggregateClaimed::SIGNATURE_HASH => {
                let event = AggregateClaimed::decode_log_data(data).ok()?;
                let claim = Claimed {
                    aggregator: event.aggregator,
                    contributors: event.contributors,
                    aggregate: event.aggregate,
                    challengeable_until: event.challengeableUntil.saturating_to(),
                    description: event.description,
                    proof: event.convergenceProof,
                };
                Self::Claimed { attempt: event.attempt.saturating_to(), claim: Box::new(claim) }
            }
            AggregateDisproved::SIGNATURE_HASH => {
                Self::Disproved { attempt: AggregateDisproved::decode_log_data(data).ok()?.attempt.saturating_to() }
            }
            WorkerRewarded::SIGNATURE_HASH => {
                let event = WorkerRewarded::decode_log_data(data).ok()?;
                Self::Rewarded { worker: event.worker, round: event.round.saturating_to(), amount: event.amount }
            }
            RewardsDistributed::SIGNATURE_HASH => {
                let event = RewardsDistributed::decode_log_data(data).ok()?;
                Self::Distributed { round: event.round.saturating_to(), paid: event.paid }
            }
            Accused::SIGNATURE_HASH => {
                let event = Accused::decode_log_data(data).ok()?;
                Self::Accused(Box::new(Accusing {
                    id: event.accusation,
                    worker: event.worker,
                    attempt: event.attempt.saturating_to(),
                    claim: event.claim,
                    trace: event.trace,
                    is_challenged: false,
                }))
            }
            JobCancelled::SIGNATURE_HASH => Self::Cancelled,
            JobEnded::SIGNATURE_HASH => Self::Ended,
            _ => return None,
        })
    }
}
