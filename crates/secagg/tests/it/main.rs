//! Whole rounds, with real keys, shares and signatures.

#![allow(clippy::unwrap_used)]

mod codec;
mod dropouts;
mod malicious_server;
mod malicious_workers;
mod parameters;
mod restarts;
mod world;
