#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod audit;
mod board;
mod checkpoint;
mod claim;
mod coordinator;
mod curve;
mod dataset;
mod downloads;
mod error;
mod exchange;
mod handout;
mod job;
mod local;
mod network;
mod onnx;
mod pace;
mod program;
mod proofs;
mod records;
mod secure;
pub mod simulation;
#[cfg(test)]
mod testing;
mod vector;
mod worker;

pub use audit::{Finding, audit};
pub use board::{Board, BoardError, Entry, MemoryBoard, MemoryClock, Move, Pen, Phase, Post, State};
pub use checkpoint::Checkpoint;
pub use claim::{Claimed, run_claim};
pub use coordinator::{Coordinator, Progress};
pub use curve::draw_curve;
pub use dataset::Dataset;
pub use downloads::FetchLimits;
pub use error::FederatedError;
pub use exchange::Exchange;
pub use handout::RoundOutcome;
pub use job::{Aggregation, Job, LocalTraining, Noise, Privacy};
pub use local::{LocalTrainer, Trainer, Update};
pub use network::{Architecture, Evaluation, Layer};
pub use pace::Pace;
pub use program::{aggregate_program, norm_program};
pub use proofs::{MaskedPost, Norm, check_norms, check_sum};
pub use records::{Dropped, RoundRecord};
pub use secure::{SecureRound, mean_of_sum, read_round};
pub use vector::{decode_vector, encode_vector};
pub use worker::{Notebook, Notes, Standing, Worker};
