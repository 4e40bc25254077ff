//! Rules against attacks and against plain definitions, the program against the rules, privacy against reference values.
#![allow(clippy::unwrap_used)]

mod attacks;
mod compression;
mod definitions;
mod noise;
mod privacy;
mod program;
mod scene;
