//! The program that claims about aggregates are about.

use lux_machine::Program;
use std::sync::LazyLock;

static AGGREGATE: &[u8] = include_bytes!("../../../programs/artifacts/aggregate.elf");

/// `programs/aggregate`, as the machine runs it.
pub fn aggregate_program() -> &'static Program {
    static PROGRAM: LazyLock<Program> =
        LazyLock::new(|| Program::from_elf(AGGREGATE).expect("the embedded program is an executable for the machine"));
    &PROGRAM
}
