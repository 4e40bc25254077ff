//! The programs that claims about rounds are about, as the machine runs them.

use lux_machine::Program;
use std::sync::LazyLock;

static AGGREGATE: &[u8] = include_bytes!("../../../programs/artifacts/aggregate.elf");
static NORM: &[u8] = include_bytes!("../../../programs/artifacts/norm.elf");

/// `programs/aggregate`.
pub fn aggregate_program() -> &'static Program {
    static PROGRAM: LazyLock<Program> = LazyLock::new(|| read(AGGREGATE));
    &PROGRAM
}

/// `programs/norm`.
pub fn norm_program() -> &'static Program {
    static PROGRAM: LazyLock<Program> = LazyLock::new(|| read(NORM));
    &PROGRAM
}

fn read(elf: &[u8]) -> Program {
    Program::from_elf(elf).expect("the embedded program is an executable for the machine")
}
