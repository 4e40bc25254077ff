//! The executor against the interpreter, through `ChunkVerifier` on an EVM.
#![allow(clippy::unwrap_used)]

mod attacks;
mod common;
mod ecalls;
mod flow;
mod instructions;
mod patterns;
mod random;
mod registration;
mod worst;
