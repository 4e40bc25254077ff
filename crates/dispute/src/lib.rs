#![doc = include_str!("../README.md")]

mod claimed_run;
mod dispute;
mod error;
mod judge;

pub use claimed_run::{ClaimedRun, Fault, fraud_proof, segment_move};
pub use dispute::{Dispute, NextMove, run_blocking};
pub use error::DisputeError;
pub use judge::Judge;
