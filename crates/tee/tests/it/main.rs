//! Attestations of every kind under the development roots: what is accepted, and what is refused and why.

#![allow(clippy::unwrap_used)]

mod attacks;
mod claims;
mod fuzz;
mod policies;
mod support;
mod verdicts;
