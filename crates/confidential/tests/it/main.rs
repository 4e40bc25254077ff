//! Envelopes, outputs and keys, and attacks on them.
#![allow(clippy::unwrap_used)]

mod envelopes;
mod outputs;
mod releases;
