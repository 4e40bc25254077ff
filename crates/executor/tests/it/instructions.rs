//! Every instruction, with operands at every edge.

use crate::common::{L1, compare, compare_on, program};
use alloy_primitives::B256;
use lux_machine::{
    Instruction, Op, Program, Status,
    asm::{encode, halt, i, li, r, s},
};

const EDGES: [u64; 16] = [
    0,
    1,
    2,
    31,
    63,
    0x7f,
    0x80,
    0xffff_ffff_ffff_ffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0xffff_ffff_8000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0x0123_4567_89ab_cdef,
    0xfedc_ba98_7654_3210,
];

/// Puts the result of each instruction into a running sum that loses nothing.
fn mix(words: &mut Vec<u32>, from: u8) {
    words.extend([i(Op::Slli, 28, 29, 7), i(Op::Srli, 27, 29, 57), r(Op::Or, 29, 28, 27), r(Op::Xor, 29, 29, from)]);
}

fn finish(mut words: Vec<u32>) -> Program {
    // The sum is the output, and all else is in the state at the jump before.
    words.push(i(Op::Addi, 10, 29, 0));
    words.extend(halt());
    program(words)
}

fn run(name: &str, program: &Program) {
    let (totals, status) = compare(program, B256::repeat_byte(7), &mut (), 100);
    assert!(matches!(status, Status::Halted(_)), "{name}: {status:?}");
    assert!(totals.chunks >= 1);
}

#[test]
fn registers_with_registers() {
    let ops = Op::ALL.iter().copied().filter(|&op| {
        let word = encode(Instruction { op, rd: 0, rs1: 0, rs2: 0, imm: 0 });
        matches!(word & 0x7f, 0x33 | 0x3b)
    });
    for op in ops {
        let mut words = vec![];
        for a in EDGES {
            words.extend(li(5, a));
            for b in EDGES {
                words.extend(li(6, b));
                words.push(r(op, 7, 5, 6));
                mix(&mut words, 7);
                words.extend([r(op, 6, 5, 6), r(op, 0, 5, 6), r(op, 9, 5, 0), r(op, 9, 9, 9)]);
                mix(&mut words, 6);
                mix(&mut words, 9);
            }
            words.push(lux_machine::asm::jal(0, 1));
        }
        run(op.mnemonic(), &finish(words));
    }
}

#[test]
fn registers_with_immediates() {
    for &op in Op::ALL {
        let immediates: &[i32] = match op {
            Op::Addi | Op::Slti | Op::Sltiu | Op::Xori | Op::Ori | Op::Andi | Op::Addiw => {
                &[0, 1, -1, 2, 255, 2047, -2048, -2047, 8]
            }
            Op::Slli | Op::Srli | Op::Srai => &[0, 1, 3, 31, 32, 33, 63],
            Op::Slliw | Op::Srliw | Op::Sraiw => &[0, 1, 3, 30, 31],
            Op::Lui | Op::Auipc => &[0, 0x1000, -0x1000, 0x7fff_f000, i32::MIN],
            _ => continue,
        };
        let mut words = vec![];
        for a in EDGES {
            words.extend(li(5, a));
            for &imm in immediates {
                if matches!(op, Op::Lui | Op::Auipc) {
                    words.push(lux_machine::asm::u(op, 7, imm));
                    mix(&mut words, 7);
                    words.extend([lux_machine::asm::u(op, 8, imm), i(Op::Addi, 8, 8, -7)]);
                    mix(&mut words, 8);
                    words.extend([lux_machine::asm::u(op, 8, imm), i(Op::Addiw, 8, 8, -7)]);
                    mix(&mut words, 8);
                    continue;
                }
                words.push(i(op, 7, 5, imm));
                mix(&mut words, 7);
                words.extend([i(op, 7, 7, imm), i(op, 0, 5, imm), i(op, 8, 0, imm)]);
                mix(&mut words, 7);
                mix(&mut words, 8);
            }
        }
        run(op.mnemonic(), &finish(words));
    }
}

#[test]
fn branches() {
    for op in [Op::Beq, Op::Bne, Op::Blt, Op::Bge, Op::Bltu, Op::Bgeu] {
        let mut words = vec![];
        for a in EDGES {
            words.extend(li(5, a));
            for b in EDGES {
                words.extend(li(6, b));
                for (rs1, rs2) in [(5, 6), (5, 0), (0, 6), (5, 5)] {
                    words.push(lux_machine::asm::b(op, rs1, rs2, 3));
                    words.extend([i(Op::Addi, 29, 29, 1), i(Op::Slli, 29, 29, 1)]);
                    words.push(i(Op::Addi, 29, 29, 3));
                }
            }
            words.push(lux_machine::asm::jal(0, 1));
        }
        run(op.mnemonic(), &finish(words));
    }
}

#[test]
fn memory() {
    let addresses = [0, 3, 7, 505, 511, 0x7ff_ffff, 0x4000_0000_0000_0205, u64::MAX, 0x200 - 8];
    for store in [Op::Sb, Op::Sh, Op::Sw, Op::Sd] {
        for load in [Op::Lb, Op::Lh, Op::Lw, Op::Ld, Op::Lbu, Op::Lhu, Op::Lwu] {
            let mut words = vec![];
            for (k, a) in addresses.into_iter().enumerate() {
                words.extend(li(5, a));
                for imm in [0i32, 1, -1, 2047, -2048, 6] {
                    words.extend(li(
                        6,
                        EDGES[(k * 7 + imm.unsigned_abs() as usize) % 16].wrapping_mul(0x9e37_79b9_7f4a_7c15),
                    ));
                    words.push(s(store, 6, 5, imm));
                    words.push(i(load, 7, 5, imm));
                    mix(&mut words, 7);
                    words.extend([
                        i(load, 0, 5, imm),
                        i(load, 7, 5, 4),
                        s(store, 0, 5, imm ^ 9),
                        i(load, 8, 5, imm ^ 3),
                    ]);
                    mix(&mut words, 7);
                    mix(&mut words, 8);
                }
                words.push(lux_machine::asm::jal(0, 1));
            }
            run(load.mnemonic(), &finish(words));
        }
    }
}

#[test]
fn every_word_is_something() {
    let mut l1 = L1::new();
    for word in [0, u32::MAX, 0x0010_0073, 0x3020_0073, 0xc000_2073, 0x0000_0073, 0x0000_000f, 0x0000_100f, 0x0000_200f]
    {
        let program = program(vec![0x13, word, 0x0000_0073]);
        let id = l1.register(&program);
        compare_on(&mut l1, id, &program, B256::ZERO, &mut (), 5);
    }
}
