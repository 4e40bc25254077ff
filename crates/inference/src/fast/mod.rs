//! The fast way to the same output: everything that does not depend on the input is prepared once, vector instructions where the
//! processor has them, threads that stay.

mod engine;
mod finish;
mod left;
mod pack;
mod part;
mod place;
mod prepare;
mod segments;
mod simd;
mod spares;
mod steps;
mod workers;

pub use engine::{Engine, EngineError};
