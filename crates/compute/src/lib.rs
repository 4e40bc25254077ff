#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod board;
mod check;
mod costs;
mod deadlines;
mod defence;
mod enclaves;
mod error;
mod jobs;
mod lane;
mod library;
mod malformed;
mod market;
mod recipients;
mod records;
mod role;
mod run;
mod sealed;
mod shop;
mod watcher;
mod worker;

pub use board::{Board, Delivery, Offer, Stage, TaskView};
pub use check::{Finding, Suspect, check, prove};
pub use costs::{Costs, Loss, Work};
pub use error::{ComputeError, DataError};
pub use library::{Library, LibraryConfig, LoadedModel, flops_of};
pub use malformed::Malformed;
pub use market::Market;
pub use recipients::find_recipients;
pub use records::{Record, Records};
pub use role::Role;
pub use run::{claimed_output, infer_program_id, run_natively, run_on_machine};
pub use sealed::task_context;
pub use shop::{Bounds, Prepared, Recorded, Refusal, Shop};
pub use watcher::{Watcher, WatcherConfig};
pub use worker::{MAX_BATCH_BYTES, MAX_CLAIMED, MAX_FINALIZED, MAX_RESULTS, Worker, WorkerConfig};
