//! The contracts of `contracts/src/tee` and this crate come to the same verdicts.

#![allow(clippy::unwrap_used)]

mod chain;
mod development;
mod fixtures;
mod limits;
mod resigned;
mod same;
mod signing;
mod vectors;
