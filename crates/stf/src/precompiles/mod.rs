//! Precompiled contracts of the L2: Ethereum's, within bounds that a system call of the machine can carry, and one of its own.

mod attestation;
mod price;
mod provider;

pub use attestation::MAX_ATTESTATION_INPUT;
pub use provider::{MAX_PRECOMPILE_INPUT, MAX_PRECOMPILE_PRICE, Precompiles};
