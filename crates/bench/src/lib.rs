//! Measurements, and the batches that they and the choice of the executor's handlers are made with.

pub mod batches;
pub mod engine;
pub mod inference;
pub mod l1;
pub mod l2;
pub mod load;
pub mod market;
pub mod mixes;
pub mod norm_proofs;
pub mod payload;
pub mod process;
pub mod proofs;
pub mod report;
pub mod rounds;
pub mod rpc;
pub mod secagg;
pub mod training;
