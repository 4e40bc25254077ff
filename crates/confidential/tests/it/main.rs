//! Envelopes, outputs and keys, and attacks on them.
#![allow(clippy::unwrap_used)]

mod envelopes;
mod holders;
mod outputs;
mod releases;
mod replies;
