//! One instruction of a run, for people.

use crate::{Instruction, Program, Status, decode};
use core::fmt::{Display, Formatter, Result};

/// An instruction that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Chunk it belongs to, from 0.
    pub chunk: u64,
    /// Index of its word.
    pub pc: u32,
    /// The instruction, illegal if the index is beyond the text.
    pub instruction: Instruction,
    /// Registers that have another value now, and which.
    pub changes: Vec<(u8, u64)>,
    /// Whether the machine goes on.
    pub status: Status,
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{:>5} {:>6} {:<28}", self.chunk, self.pc, self.instruction.to_string())?;
        for (register, value) in &self.changes {
            write!(f, " x{register}={value:#x}")?;
        }
        match self.status {
            Status::Running => Ok(()),
            Status::Halted(output) => write!(f, " halted {output}"),
            Status::Faulted => f.write_str(" faulted"),
        }
    }
}

pub(crate) fn instruction_at(program: &Program, pc: u32) -> Instruction {
    decode(program.text().get(pc as usize).copied().unwrap_or_default())
}
