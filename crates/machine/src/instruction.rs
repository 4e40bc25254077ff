//! A decoded instruction and its disassembly.

use crate::{Op, decode};
use core::fmt::{Display, Formatter, Result};

/// A decoded instruction. Fields that the operation does not have are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instruction {
    /// What to do.
    pub op: Op,
    /// Destination register, 0–31.
    pub rd: u8,
    /// First source register, 0–31.
    pub rs1: u8,
    /// Second source register, 0–31.
    pub rs2: u8,
    /// Sign-extended immediate: the value added for `LUI` and `AUIPC` (the low 12 bits are zero), the amount of a shift,
    /// the offset in bytes of a jump, the word itself if it is [`Op::Illegal`].
    pub imm: i32,
}

impl Instruction {
    /// Decodes a word. Every word has a meaning, [`Op::Illegal`] if no other.
    pub const fn decode(word: u32) -> Self {
        decode(word)
    }
}

impl Display for Instruction {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { op, rd, rs1, rs2, imm } = *self;
        let name = op.mnemonic();
        match op {
            Op::Lui | Op::Auipc => write!(f, "{name} x{rd}, {:#x}", imm as u32 >> 12),
            Op::Jal => write!(f, "{name} x{rd}, {imm}"),
            Op::Jalr | Op::Lb | Op::Lh | Op::Lw | Op::Ld | Op::Lbu | Op::Lhu | Op::Lwu => {
                write!(f, "{name} x{rd}, {imm}(x{rs1})")
            }
            Op::Sb | Op::Sh | Op::Sw | Op::Sd => write!(f, "{name} x{rs2}, {imm}(x{rs1})"),
            Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => {
                write!(f, "{name} x{rs1}, x{rs2}, {imm}")
            }
            Op::Addi | Op::Slti | Op::Sltiu | Op::Xori | Op::Ori | Op::Andi | Op::Slli | Op::Srli | Op::Srai => {
                write!(f, "{name} x{rd}, x{rs1}, {imm}")
            }
            Op::Addiw | Op::Slliw | Op::Srliw | Op::Sraiw => write!(f, "{name} x{rd}, x{rs1}, {imm}"),
            Op::Fence | Op::FenceI | Op::Ecall => f.write_str(name),
            Op::Illegal => write!(f, "{name} {:#010x}", imm as u32),
            _ => write!(f, "{name} x{rd}, x{rs1}, x{rs2}"),
        }
    }
}
