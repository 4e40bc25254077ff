//! Words to instructions.

use crate::{Instruction, Op};

/// Decodes a word. Every word has a meaning, [`Op::Illegal`] if no other.
pub const fn decode(word: u32) -> Instruction {
    let funct3 = (word >> 12) & 7;
    let funct7 = word >> 25;
    match word & 0x7f {
        0x37 => upper(Op::Lui, word),
        0x17 => upper(Op::Auipc, word),
        0x6f => Instruction { op: Op::Jal, rd: rd(word), rs1: 0, rs2: 0, imm: jump_offset(word) },
        0x67 if funct3 == 0 => immediate(Op::Jalr, word),
        0x63 => match branch(funct3) {
            Some(op) => Instruction { op, rd: 0, rs1: rs1(word), rs2: rs2(word), imm: branch_offset(word) },
            None => illegal(word),
        },
        0x03 => match load(funct3) {
            Some(op) => immediate(op, word),
            None => illegal(word),
        },
        0x23 => match store(funct3) {
            Some(op) => Instruction { op, rd: 0, rs1: rs1(word), rs2: rs2(word), imm: store_offset(word) },
            None => illegal(word),
        },
        0x13 => match (funct3, word >> 26) {
            (0, _) => immediate(Op::Addi, word),
            (1, 0x00) => shift(Op::Slli, word, 63),
            (2, _) => immediate(Op::Slti, word),
            (3, _) => immediate(Op::Sltiu, word),
            (4, _) => immediate(Op::Xori, word),
            (5, 0x00) => shift(Op::Srli, word, 63),
            (5, 0x10) => shift(Op::Srai, word, 63),
            (6, _) => immediate(Op::Ori, word),
            (7, _) => immediate(Op::Andi, word),
            _ => illegal(word),
        },
        0x1b => match (funct3, funct7) {
            (0, _) => immediate(Op::Addiw, word),
            (1, 0x00) => shift(Op::Slliw, word, 31),
            (5, 0x00) => shift(Op::Srliw, word, 31),
            (5, 0x20) => shift(Op::Sraiw, word, 31),
            _ => illegal(word),
        },
        0x33 => match register_op(funct3, funct7) {
            Some(op) => register(op, word),
            None => illegal(word),
        },
        0x3b => match register_op_w(funct3, funct7) {
            Some(op) => register(op, word),
            None => illegal(word),
        },
        0x0f if funct3 == 0 => bare(Op::Fence),
        0x0f if funct3 == 1 => bare(Op::FenceI),
        0x73 if word == 0x0000_0073 => bare(Op::Ecall),
        _ => illegal(word),
    }
}

const fn branch(funct3: u32) -> Option<Op> {
    Some(match funct3 {
        0 => Op::Beq,
        1 => Op::Bne,
        4 => Op::Blt,
        5 => Op::Bge,
        6 => Op::Bltu,
        7 => Op::Bgeu,
        _ => return None,
    })
}

const fn load(funct3: u32) -> Option<Op> {
    Some(match funct3 {
        0 => Op::Lb,
        1 => Op::Lh,
        2 => Op::Lw,
        3 => Op::Ld,
        4 => Op::Lbu,
        5 => Op::Lhu,
        6 => Op::Lwu,
        _ => return None,
    })
}

const fn store(funct3: u32) -> Option<Op> {
    Some(match funct3 {
        0 => Op::Sb,
        1 => Op::Sh,
        2 => Op::Sw,
        3 => Op::Sd,
        _ => return None,
    })
}

const fn register_op(funct3: u32, funct7: u32) -> Option<Op> {
    Some(match (funct7, funct3) {
        (0x00, 0) => Op::Add,
        (0x20, 0) => Op::Sub,
        (0x00, 1) => Op::Sll,
        (0x00, 2) => Op::Slt,
        (0x00, 3) => Op::Sltu,
        (0x00, 4) => Op::Xor,
        (0x00, 5) => Op::Srl,
        (0x20, 5) => Op::Sra,
        (0x00, 6) => Op::Or,
        (0x00, 7) => Op::And,
        (0x01, 0) => Op::Mul,
        (0x01, 1) => Op::Mulh,
        (0x01, 2) => Op::Mulhsu,
        (0x01, 3) => Op::Mulhu,
        (0x01, 4) => Op::Div,
        (0x01, 5) => Op::Divu,
        (0x01, 6) => Op::Rem,
        (0x01, 7) => Op::Remu,
        _ => return None,
    })
}

const fn register_op_w(funct3: u32, funct7: u32) -> Option<Op> {
    Some(match (funct7, funct3) {
        (0x00, 0) => Op::Addw,
        (0x20, 0) => Op::Subw,
        (0x00, 1) => Op::Sllw,
        (0x00, 5) => Op::Srlw,
        (0x20, 5) => Op::Sraw,
        (0x01, 0) => Op::Mulw,
        (0x01, 4) => Op::Divw,
        (0x01, 5) => Op::Divuw,
        (0x01, 6) => Op::Remw,
        (0x01, 7) => Op::Remuw,
        _ => return None,
    })
}

const fn rd(word: u32) -> u8 {
    (word >> 7 & 31) as u8
}

const fn rs1(word: u32) -> u8 {
    (word >> 15 & 31) as u8
}

const fn rs2(word: u32) -> u8 {
    (word >> 20 & 31) as u8
}

const fn store_offset(word: u32) -> i32 {
    (word as i32 >> 25 << 5) | (word >> 7 & 31) as i32
}

const fn branch_offset(word: u32) -> i32 {
    (word as i32 >> 31 << 12) | ((word << 4 & 0x800) | (word >> 20 & 0x7e0) | (word >> 7 & 0x1e)) as i32
}

const fn jump_offset(word: u32) -> i32 {
    (word as i32 >> 31 << 20) | ((word & 0xff000) | (word >> 9 & 0x800) | (word >> 20 & 0x7fe)) as i32
}

const fn upper(op: Op, word: u32) -> Instruction {
    Instruction { op, rd: rd(word), rs1: 0, rs2: 0, imm: (word & 0xffff_f000) as i32 }
}

const fn immediate(op: Op, word: u32) -> Instruction {
    Instruction { op, rd: rd(word), rs1: rs1(word), rs2: 0, imm: word as i32 >> 20 }
}

const fn shift(op: Op, word: u32, mask: u32) -> Instruction {
    Instruction { op, rd: rd(word), rs1: rs1(word), rs2: 0, imm: (word >> 20 & mask) as i32 }
}

const fn register(op: Op, word: u32) -> Instruction {
    Instruction { op, rd: rd(word), rs1: rs1(word), rs2: rs2(word), imm: 0 }
}

const fn bare(op: Op) -> Instruction {
    Instruction { op, rd: 0, rs1: 0, rs2: 0, imm: 0 }
}

const fn illegal(word: u32) -> Instruction {
    Instruction { op: Op::Illegal, rd: 0, rs1: 0, rs2: 0, imm: word as i32 }
}
