//! The state transition of one batch as a program: 32 bytes in, 32 bytes out, everything else by preimage.
//!
//! Its result is what L1 pays out by, so every batch that L1 accepts has one, whatever the sequencer put into it.

mod error;
mod input;
mod payload;
mod queue;
mod run;
mod source;
mod witness;

pub use error::ProgramError;
pub use run::{batch_output, run_batch};
pub use source::OracleSource;
pub use witness::{BatchWitness, block_preimages};
