#![doc = include_str!("../README.md")]

mod board;
mod check;
mod claims;
mod contract;
mod defence;
mod error;
mod event;
mod history;
mod leader;
mod member;
mod offer;
mod posting;
mod role;
mod run;
mod sending;
mod terms;
mod timetable;
mod votes;
mod watcher;

pub use board::ChainBoard;
pub use claims::aggregate_program_id;
pub use contract::{Contract, Created, FAULT};
pub use error::ChainError;
pub use event::Claimed;
pub use history::{History, Paid};
pub use leader::Leader;
pub use member::Member;
pub use offer::{Offer, PhaseSeconds, create_job};
pub use role::{Record, Role, run};
pub use run::{Fate, Proof, RunView, step};
pub use terms::{Terms, TermsError};
pub use timetable::{Periods, Times};
pub use votes::Vote;
pub use watcher::Watcher;
