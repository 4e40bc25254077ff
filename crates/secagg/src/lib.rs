#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod client;
mod context;
mod error;
mod graph;
mod hypergeometric;
mod mask;
mod messages;
mod parameters;
mod roster;
mod round;
mod seal;
mod secrets;
mod server;
mod shamir;
mod signed;
mod wire;
mod worker_set;

pub use client::{Client, Step};
pub use context::Context;
pub use error::{ClientError, DecodeError, ParameterError, RosterError, ServerError, SignatureError};
pub use graph::Graph;
pub use mask::{Sign, Word, apply_mask, words_to_bytes};
pub use messages::{AdvertiseKeys, Delivery, MaskedInput, Quorum, Share, ShareKeys, ShareKind, Survivors, Unmask};
pub use parameters::{Adversary, Assumptions, COMPLETE_GRAPH_WORKERS, MAX_ADVERSARIAL_BPS, Parameters, harary};
pub use roster::{Member, Roster};
pub use round::{Recorded, Round, Settings, WordSize};
pub use seal::Sealed;
pub use server::{Advertising, Aggregate, Checking, Masking, Sharing, Unmasking};
pub use signed::{Message, Signed};
pub use worker_set::WorkerSet;

/// With two workers, each would learn the other's vector from the sum.
pub const MIN_WORKERS: u16 = 3;
/// What every worker can still verify in a second, in memory that is small beside a vector's.
pub const MAX_WORKERS: u16 = 4_096;
/// Four billion bytes of mask, far below where a keystream repeats.
pub const MAX_ENTRIES: u32 = 1 << 29;
