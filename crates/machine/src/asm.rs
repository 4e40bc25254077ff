//! An assembler for tests: the inverse of [`decode`](crate::decode), written independently of it.

use crate::{Instruction, Op};

/// How an operation's fields lie in its word.
enum Format {
    R(u32, u32, u32),
    I(u32, u32),
    /// Shifts: the upper bits of the immediate are fixed.
    Shift(u32, u32, u32),
    S(u32),
    B(u32),
    U(u32),
    J,
    Fixed(u32),
}

/// The word of an instruction.
///
/// # Panics
///
/// If the immediate does not fit.
pub fn encode(instruction: Instruction) -> u32 {
    let Instruction { op, rd, rs1, rs2, imm } = instruction;
    let [rd, rs1, rs2] = [rd, rs1, rs2].map(|register| {
        assert!(register < 32, "no register x{register}");
        u32::from(register)
    });
    let fits = |bits: u32, step: i32| {
        assert!(imm % step == 0 && imm >= -(1 << (bits - 1)) && imm < 1 << (bits - 1), "immediate of {instruction}");
        imm as u32
    };
    match format(op) {
        Format::R(opcode, funct3, funct7) => opcode | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | funct7 << 25,
        Format::I(opcode, funct3) => opcode | rd << 7 | funct3 << 12 | rs1 << 15 | fits(12, 1) << 20,
        Format::Shift(opcode, funct3, upper) => {
            assert!((0..if opcode == 0x1b { 32 } else { 64 }).contains(&imm), "amount of {instruction}");
            opcode | rd << 7 | funct3 << 12 | rs1 << 15 | (imm as u32) << 20 | upper << 25
        }
        Format::S(funct3) => {
            let imm = fits(12, 1);
            0x23 | (imm & 31) << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | (imm >> 5 & 0x7f) << 25
        }
        Format::B(funct3) => {
            let imm = fits(13, 2);
            let low = (imm >> 11 & 1) << 7 | (imm >> 1 & 15) << 8;
            0x63 | low | funct3 << 12 | rs1 << 15 | rs2 << 20 | (imm >> 5 & 63) << 25 | (imm >> 12 & 1) << 31
        }
        Format::U(opcode) => {
            assert!(imm & 0xfff == 0, "immediate of {instruction}");
            opcode | rd << 7 | imm as u32
        }
        Format::J => {
            let imm = fits(21, 2);
            let high = (imm >> 11 & 1) << 20 | (imm >> 1 & 0x3ff) << 21 | (imm >> 20 & 1) << 31;
            0x6f | rd << 7 | (imm >> 12 & 0xff) << 12 | high
        }
        Format::Fixed(word) => word,
    }
}

/// A register-register instruction.
pub fn r(op: Op, rd: u8, rs1: u8, rs2: u8) -> u32 {
    encode(Instruction { op, rd, rs1, rs2, imm: 0 })
}

/// An instruction with an immediate, a load, or `JALR`.
pub fn i(op: Op, rd: u8, rs1: u8, imm: i32) -> u32 {
    encode(Instruction { op, rd, rs1, rs2: 0, imm })
}

/// A store of `rs2`, at `imm(rs1)`.
pub fn s(op: Op, rs2: u8, rs1: u8, imm: i32) -> u32 {
    encode(Instruction { op, rd: 0, rs1, rs2, imm })
}

/// A branch over `words` words.
pub fn b(op: Op, rs1: u8, rs2: u8, words: i32) -> u32 {
    encode(Instruction { op, rd: 0, rs1, rs2, imm: 4 * words })
}

/// `LUI` or `AUIPC` with the upper 20 bits of a value.
pub fn u(op: Op, rd: u8, imm: i32) -> u32 {
    encode(Instruction { op, rd, rs1: 0, rs2: 0, imm })
}

/// `JAL` over `words` words.
pub fn jal(rd: u8, words: i32) -> u32 {
    encode(Instruction { op: Op::Jal, rd, rs1: 0, rs2: 0, imm: 4 * words })
}

/// `ECALL`.
pub const ECALL: u32 = 0x0000_0073;

/// Words that set a register to a constant.
pub fn li(rd: u8, value: u64) -> Vec<u32> {
    let value = value as i64;
    let low = (value << 52 >> 52) as i32;
    if i64::from(value as i32) == value {
        let high = (value as i32).wrapping_sub(low);
        return if high == 0 {
            vec![i(Op::Addi, rd, 0, low)]
        } else {
            vec![u(Op::Lui, rd, high), i(Op::Addiw, rd, rd, low)]
        };
    }
    let mut words = li(rd, (value.wrapping_sub(low.into()) >> 12) as u64);
    words.extend([i(Op::Slli, rd, rd, 12), i(Op::Addi, rd, rd, low)]);
    words
}

/// Words that end the run with what is in `x10 … x13`.
pub fn halt() -> Vec<u32> {
    vec![i(Op::Addi, 17, 0, 0), ECALL]
}

fn format(op: Op) -> Format {
    use Format::{B, Fixed, I, J, R, S, Shift, U};
    match op {
        Op::Lui => U(0x37),
        Op::Auipc => U(0x17),
        Op::Jal => J,
        Op::Jalr => I(0x67, 0),
        Op::Beq => B(0),
        Op::Bne => B(1),
        Op::Blt => B(4),
        Op::Bge => B(5),
        Op::Bltu => B(6),
        Op::Bgeu => B(7),
        Op::Lb => I(0x03, 0),
        Op::Lh => I(0x03, 1),
        Op::Lw => I(0x03, 2),
        Op::Ld => I(0x03, 3),
        Op::Lbu => I(0x03, 4),
        Op::Lhu => I(0x03, 5),
        Op::Lwu => I(0x03, 6),
        Op::Sb => S(0),
        Op::Sh => S(1),
        Op::Sw => S(2),
        Op::Sd => S(3),
        Op::Addi => I(0x13, 0),
        Op::Slti => I(0x13, 2),
        Op::Sltiu => I(0x13, 3),
        Op::Xori => I(0x13, 4),
        Op::Ori => I(0x13, 6),
        Op::Andi => I(0x13, 7),
        Op::Slli => Shift(0x13, 1, 0),
        Op::Srli => Shift(0x13, 5, 0),
        Op::Srai => Shift(0x13, 5, 0x20),
        Op::Addiw => I(0x1b, 0),
        Op::Slliw => Shift(0x1b, 1, 0),
        Op::Srliw => Shift(0x1b, 5, 0),
        Op::Sraiw => Shift(0x1b, 5, 0x20),
        Op::Add => R(0x33, 0, 0),
        Op::Sub => R(0x33, 0, 0x20),
        Op::Sll => R(0x33, 1, 0),
        Op::Slt => R(0x33, 2, 0),
        Op::Sltu => R(0x33, 3, 0),
        Op::Xor => R(0x33, 4, 0),
        Op::Srl => R(0x33, 5, 0),
        Op::Sra => R(0x33, 5, 0x20),
        Op::Or => R(0x33, 6, 0),
        Op::And => R(0x33, 7, 0),
        Op::Addw => R(0x3b, 0, 0),
        Op::Subw => R(0x3b, 0, 0x20),
        Op::Sllw => R(0x3b, 1, 0),
        Op::Srlw => R(0x3b, 5, 0),
        Op::Sraw => R(0x3b, 5, 0x20),
        Op::Mul => R(0x33, 0, 1),
        Op::Mulh => R(0x33, 1, 1),
        Op::Mulhsu => R(0x33, 2, 1),
        Op::Mulhu => R(0x33, 3, 1),
        Op::Div => R(0x33, 4, 1),
        Op::Divu => R(0x33, 5, 1),
        Op::Rem => R(0x33, 6, 1),
        Op::Remu => R(0x33, 7, 1),
        Op::Mulw => R(0x3b, 0, 1),
        Op::Divw => R(0x3b, 4, 1),
        Op::Divuw => R(0x3b, 5, 1),
        Op::Remw => R(0x3b, 6, 1),
        Op::Remuw => R(0x3b, 7, 1),
        Op::Fence => Fixed(0x0000_000f),
        Op::FenceI => Fixed(0x0000_100f),
        Op::Ecall => Fixed(ECALL),
        Op::Illegal => Fixed(0),
    }
}
