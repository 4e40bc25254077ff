//! The program that claims of this version are about.

use crate::NodeError;
use alloy_primitives::B256;
use lux_machine::Program;
use std::sync::OnceLock;

/// The state transition of a batch, compiled to RV64IM (`programs/stf`).
static STF_ELF: &[u8] = include_bytes!("../../../programs/artifacts/stf.elf");

/// The state transition of a batch as the machine runs it.
pub fn stf_program() -> &'static Program {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    PROGRAM.get_or_init(|| Program::from_elf(STF_ELF).expect("the committed image is well-formed"))
}

/// Its identity on L1.
pub fn stf_program_id() -> B256 {
    static ID: OnceLock<B256> = OnceLock::new();
    *ID.get_or_init(|| lux_executor::program_id(stf_program()))
}

/// The check of an attestation, compiled to RV64IM (`programs/verify-quote`).
static QUOTE_ELF: &[u8] = include_bytes!("../../../programs/artifacts/verify-quote.elf");

/// The check of an attestation as the machine runs it.
pub fn quote_program() -> &'static Program {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    PROGRAM.get_or_init(|| Program::from_elf(QUOTE_ELF).expect("the committed image is well-formed"))
}

/// Refuses to judge claims about another program than this version's.
pub(crate) fn require_known(program: B256) -> Result<(), NodeError> {
    if program == stf_program_id() {
        return Ok(());
    }
    Err(NodeError::Config(format!(
        "L1 judges claims by the program {program}; this version has {}. Use the version of lux-rollup that deployed it",
        stf_program_id()
    )))
}
