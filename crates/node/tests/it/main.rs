//! Action tests: the roles of a node, stepped one by one against an L1 in the same thread.
#![allow(clippy::unwrap_used)]

mod attested;
mod chunks;
mod common;
mod contested;
mod crash;
mod deposits;
mod disputes;
mod encrypted;
mod fees;
mod flooded;
mod forged;
mod hostile;
mod market;
mod messages;
mod opening;
mod rebuild;
mod rejected;
mod reorg;
mod segments;
mod sequences;
mod transitions;
mod withheld;
