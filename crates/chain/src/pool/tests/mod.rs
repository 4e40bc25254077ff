//! Tests of the pool, one file per kind of rule.

#![allow(clippy::unwrap_used)]

mod blocks;
mod capacity;
mod funds;
mod model;
mod order;
mod private;
mod replace;
mod smoke;
mod stateless;
mod support;
