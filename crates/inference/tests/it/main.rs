//! Models as a whole: their encoding, their limits, and the same output from every way to run them.
#![allow(clippy::unwrap_used)]

mod encoding;
mod formulas;
mod guest;
mod machine;
mod random;
mod same;
mod witness;
