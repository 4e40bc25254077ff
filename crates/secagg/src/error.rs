//! Why something is refused. What names a worker says who is to blame, so that a log can say why it was dropped.

use crate::Assumptions;
use alloy_primitives::{Address, B256};

/// What no round can be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    #[error("{0} workers; a round has {min} to {max}", min = crate::MIN_WORKERS, max = crate::MAX_WORKERS)]
    Workers(u16),
    #[error(
        "a share of liars of {0} basis points; at most {max} can be borne, as two quorums must share an honest worker",
        max = crate::MAX_ADVERSARIAL_BPS
    )]
    Adversarial(u16),
    #[error(
        "the roster has the digest {found}, and {recorded} was recorded: its workers were chosen when the beacon was known; sit this round out"
    )]
    OtherRoster { recorded: B256, found: B256 },
    #[error("no graph over {workers} workers bears {assumptions:?}; assume fewer liars or dropouts")]
    Infeasible { workers: u32, assumptions: Assumptions },
    #[error("vectors of {0} entries; 1 to {max} are possible", max = crate::MAX_ENTRIES)]
    Entries(u32),
}

/// Bytes that are no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("{0}: it ends too early")]
    Truncated(&'static str),
    #[error("{what}: {more} bytes follow its end")]
    Trailing { what: &'static str, more: usize },
    #[error("{what}: invalid {field}")]
    Invalid { what: &'static str, field: &'static str },
}

/// A signature that shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error(
        "the signature of the {0} recovers to no account, or is malleable; sign its digest with the worker's account"
    )]
    Invalid(&'static str),
    #[error("the {what} is signed by {signer}, which is no worker of this round; or it was made for another round")]
    Stranger { what: &'static str, signer: Address },
}

/// A list of workers and keys on which no round may rest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    #[error("the roster is not in strictly ascending order of addresses, at entry {0}")]
    Order(usize),
    #[error("{found} workers advertised keys; {needed} of those that may take part are needed")]
    TooFew { found: usize, needed: usize },
    #[error("worker {0} is no member of the job")]
    NotMember(Address),
    #[error("worker {0} advertised a key of small order: every secret agreed with it would be known to all")]
    SmallOrder(Address),
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error(transparent)]
    Parameters(#[from] ParameterError),
}

/// Why a worker does not answer the server. Its state is as before, unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    #[error("{0} comes too early: an earlier phase is not done")]
    TooEarly(&'static str),
    #[error("{0} was answered before, to other content; a worker answers once in a round")]
    AlreadyAnswered(&'static str),
    #[error("the roster is for another round, chain or job")]
    OtherRound,
    #[error("this worker's own keys are not in the roster: sit this round out")]
    NotInRoster,
    #[error("worker {0} advertised a key of small order")]
    SmallOrder(Address),
    #[error("the delivery is not in strictly ascending order of neighbours, at worker {0}")]
    DeliveryOrder(u16),
    #[error("shares of {found} neighbours were delivered; {needed} are needed")]
    TooFewNeighbours { found: usize, needed: usize },
    #[error(
        "the shares of worker {worker} do not open: it or the server made them wrong; ask for the delivery without it"
    )]
    BadShares { worker: Address },
    #[error("a set of {found} workers in a round of {workers}; decode it with the number of the round")]
    SetSize { found: u16, workers: u16 },
    #[error("the vector has {found} entries of {bits} bits; the round has {entries} of {word_bits}")]
    Shape { found: usize, bits: u32, entries: u32, word_bits: u32 },
    #[error("{found} survivors; {needed} are needed")]
    TooFewSurvivors { found: usize, needed: usize },
    #[error("this worker is not among the survivors: its vector is not in the sum")]
    NotSurvivor,
    #[error("worker {worker} is called a survivor, but its shares were never delivered here")]
    UnknownSurvivor { worker: Address },
    #[error("worker {signer} signs the list of survivors twice or is none of them")]
    NotSigner { signer: u16 },
    #[error("the signature of worker {worker} is not for the list of survivors that this worker signed")]
    OtherSurvivors { worker: Address },
    #[error("{found} workers signed the list of survivors; {needed} are needed")]
    NoQuorum { found: usize, needed: usize },
}

/// Why the server takes no message, or cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    #[error(transparent)]
    Signature(#[from] SignatureError),
    #[error(transparent)]
    Roster(#[from] RosterError),
    #[error("worker {worker} sent two different {what}")]
    Equivocation { worker: Address, what: &'static str },
    #[error("worker {worker} sent {what} though it dropped out in an earlier phase")]
    Late { worker: Address, what: &'static str },
    #[error("worker {worker}: {found} shares instead of {expected}")]
    ShareCount { worker: Address, found: usize, expected: usize },
    #[error("worker {worker}: masked with worker {peer}, which is no neighbour that shared secrets")]
    NotNeighbour { worker: Address, peer: Address },
    #[error("worker {worker}: masked with {found} neighbours; {needed} are needed")]
    TooFewNeighbours { worker: Address, found: usize, needed: usize },
    #[error(
        "worker {worker}: a set of {found} workers in a round of {workers}; decode it with the number of the round"
    )]
    SetSize { worker: Address, found: u16, workers: u16 },
    #[error(
        "one of worker {worker} and worker {peer} masked without the other, so that their masks do not cancel; withdraw those whom `Masking::one_sided` names"
    )]
    OneSided { worker: Address, peer: Address },
    #[error("worker {worker} was left out: its masks and those of others do not cancel; it counts as dropped out")]
    Withdrawn { worker: Address },
    #[error("worker {worker} has no masked vector in the sum")]
    NotMasked { worker: Address },
    #[error("worker {worker}: {found} bytes of masked vector instead of {expected}")]
    VectorLength { worker: Address, found: usize, expected: usize },
    #[error("worker {worker}: its masked vector has the digest {found}; it signed {signed}")]
    VectorDigest { worker: Address, found: B256, signed: B256 },
    #[error("worker {worker} signed another list of survivors")]
    OtherSurvivors { worker: Address },
    #[error("worker {worker} revealed the wrong kind of share of worker {owner}, or one that nobody asked for")]
    WrongKind { worker: Address, owner: Address },
    #[error("worker {worker} revealed a share of worker {owner} that is not the one it was given")]
    WrongShare { worker: Address, owner: Address },
    #[error(
        "the shares that worker {owner} gave out do not belong to the secret it committed to; run the round without it"
    )]
    BadDealer { owner: Address },
    #[error("{phase}: {found} workers; {needed} are needed: run the round again")]
    TooFew { phase: &'static str, found: usize, needed: usize },
    #[error(
        "{found} shares of the secret of worker {owner}; {needed} are needed: wait for more, or run the round again"
    )]
    TooFewShares { owner: Address, found: usize, needed: usize },
}
