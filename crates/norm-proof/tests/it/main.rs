//! The public interface: proofs and their bytes, batches, and rounds of secure aggregation.
#![allow(clippy::unwrap_used)]

mod batch;
mod binding;
mod completeness;
mod conformance;
mod opening;
mod program;
mod rounds;
mod scene;
mod world;
