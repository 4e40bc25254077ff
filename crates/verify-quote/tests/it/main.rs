//! The program natively and, as committed, on the machine: the same output for every kind of attestation.
#![allow(clippy::unwrap_used)]

mod guest;
mod vectors;
mod verdicts;
