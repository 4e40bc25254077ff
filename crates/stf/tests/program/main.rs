//! The program against the chain: natively, and on the machine, every batch must come to what a node computed.
#![allow(clippy::unwrap_used)]

mod attestations;
mod batches;
mod code;
mod guest;
mod limits;
mod measure;
mod precompiles;
mod steps;
mod transactions;
mod world;
