//! The place where everybody posts and reads, in one order that nobody can change: a chain, or something that behaves like one.

mod memory;

pub use memory::{MemoryBoard, MemoryClock, Pen};

use alloy_primitives::{Address, B256};
use async_trait::async_trait;
use serde::Serialize;

/// Steps of a round. Plain rounds have the first alone, masked ones the five others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    Updates,
    Keys,
    Shares,
    Masked,
    Survivors,
    Unmask,
    /// No round is open.
    Over,
}

impl Phase {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Updates => "updates",
            Self::Keys => "keys",
            Self::Shares => "shares",
            Self::Masked => "masked vectors",
            Self::Survivors => "survivors",
            Self::Unmask => "unmasking",
            Self::Over => "over",
        }
    }

    /// What follows; `None` where a result does.
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Keys => Some(Self::Shares),
            Self::Shares => Some(Self::Masked),
            Self::Masked => Some(Self::Survivors),
            Self::Survivors => Some(Self::Unmask),
            Self::Updates | Self::Unmask | Self::Over => None,
        }
    }
}

/// Where the job stands. Times are milliseconds of the board's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Its number: every attempt has its own, larger than all before.
    pub round: u64,
    /// Rounds begun, with this one.
    pub begun: u64,
    /// Rounds with a result.
    pub done: u64,
    pub phase: Phase,
    /// Commitment of the weights that the round begins with.
    pub weights: B256,
    pub opened: u64,
    pub deadline: u64,
    pub now: u64,
}

/// What a worker puts on the board: a blob's commitment, and how many examples are behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Post {
    pub round: u64,
    pub phase: Phase,
    pub content: B256,
    pub points: u32,
}

/// What a coordinator does with a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Ends it. `content` is what workers go on with.
    Close { content: B256, milliseconds: u64 },
    /// Gives it more time, where too few have posted.
    Prolong { milliseconds: u64 },
    /// Ends the round with new weights; `content` is a [`RoundOutcome`](crate::RoundOutcome).
    Finish { content: B256, weights: B256, milliseconds: u64 },
    /// Ends the round without a result.
    Abandon { milliseconds: u64 },
}

/// What is on the board, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A round began with these weights.
    Opened {
        weights: B256,
        at: u64,
    },
    Posted {
        from: Address,
        post: Post,
        at: u64,
    },
    /// Somebody came too late, `took` milliseconds after a phase began, of this round or of one before: what was posted is not on the board.
    Late {
        from: Address,
        phase: Phase,
        at: u64,
        took: u64,
    },
    Moved {
        from: Address,
        phase: Phase,
        step: Move,
        at: u64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoardError {
    #[error("{0} is no member of the job")]
    NotMember(Address),
    #[error("phase {phase} of round {round} is over: go on with what is open now")]
    Late { round: u64, phase: &'static str },
    #[error("{0} posted something else in this phase before")]
    PostedBefore(Address),
    #[error("phase {0} is open until its deadline, as not everybody who may has posted")]
    StillOpen(&'static str),
    #[error("this move is none of phase {0}")]
    WrongMove(&'static str),
    #[error("a phase lasts {least} to {most} milliseconds, not {found}")]
    Duration { found: u64, least: u64, most: u64 },
    #[error("the board does not take this: {0}")]
    Refused(String),
    #[error("the board cannot be reached: {0}")]
    Unreachable(String),
}

impl BoardError {
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }
}

/// One account's access to the board.
#[async_trait]
pub trait Board: Send + Sync {
    async fn state(&self) -> Result<State, BoardError>;

    /// Who may take part in a round, in the order in which their updates are aggregated.
    async fn members(&self, round: u64) -> Result<Vec<Address>, BoardError>;

    /// Entries of a round from the given one on.
    async fn entries(&self, round: u64, from: usize) -> Result<Vec<Entry>, BoardError>;

    /// What a phase of a round was closed with.
    async fn closing(&self, round: u64, phase: Phase) -> Result<Option<B256>, BoardError>;

    /// Randomness that nobody knew when the keys of a round were closed.
    async fn beacon(&self, round: u64) -> Result<Option<B256>, BoardError>;

    /// Members only, once in a phase; the same again changes nothing.
    async fn post(&self, post: Post) -> Result<(), BoardError>;

    /// By anybody, once everybody who may has posted, or the deadline is over.
    async fn advance(&self, round: u64, phase: Phase, step: Move) -> Result<(), BoardError>;
}
