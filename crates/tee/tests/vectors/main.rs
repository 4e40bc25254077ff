//! Real quotes, reports and tokens of the vendors. They are not part of the project: tests read the folder that
//! `LUX_TEE_VECTORS` names, and say so where it is absent.

#![allow(clippy::unwrap_used)]

mod amd;
mod arm;
mod intel;
mod nitro;
mod submissions;
mod support;
