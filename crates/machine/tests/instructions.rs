//! Every instruction against arithmetic by the letter, at the edges and at random.
#![allow(clippy::unwrap_used)]

mod common;

use common::{generate::Random, *};
use lux_machine::{Instruction, Op, Program, Status, asm, decode};
use proptest::prelude::*;

/// Result of an operation on registers, as the machine computes it.
fn machine_result(op: Op, a: u64, b: u64) -> u64 {
    let program = halting(&[&[asm::r(op, 5, 10, 11)]]);
    x(&finished(&program, input([a, b, 0, 0])), 5)
}

fn is_register_op(op: Op) -> bool {
    alu::result(op, 0, 0).is_some() && decode(asm::encode(Instruction { op, rd: 1, rs1: 2, rs2: 3, imm: 0 })).rs2 == 3
}

fn is_immediate_op(op: Op) -> bool {
    alu::result(op, 0, 0).is_some() && !is_register_op(op)
}

#[test]
fn register_operations_at_the_edges() {
    for op in Op::ALL.iter().copied().filter(|op| is_register_op(*op)) {
        for a in EDGES {
            for b in EDGES {
                assert_eq!(Some(machine_result(op, a, b)), alu::result(op, a, b), "{op:?} {a:#x} {b:#x}");
            }
        }
    }
    assert_eq!(Op::ALL.iter().filter(|op| is_register_op(**op)).count(), 28);
}

#[test]
fn immediate_operations_at_the_edges() {
    for op in Op::ALL.iter().copied().filter(|op| is_immediate_op(*op)) {
        let amounts = match op {
            Op::Slli | Op::Srli | Op::Srai => vec![0, 1, 31, 32, 63],
            Op::Slliw | Op::Srliw | Op::Sraiw => vec![0, 1, 31],
            _ => vec![0, 1, -1, 2047, -2048],
        };
        for a in EDGES {
            for &imm in &amounts {
                let program = halting(&[&[asm::i(op, 5, 10, imm)]]);
                let machine = finished(&program, input([a, 0, 0, 0]));
                assert_eq!(Some(x(&machine, 5)), alu::result(op, a, imm as i64 as u64), "{op:?} {a:#x} {imm}");
            }
        }
    }
    assert_eq!(Op::ALL.iter().filter(|op| is_immediate_op(**op)).count(), 13);
}

#[test]
fn branches_at_the_edges() {
    for op in [Op::Beq, Op::Bne, Op::Blt, Op::Bge, Op::Bltu, Op::Bgeu] {
        for a in EDGES {
            for b in EDGES {
                let program = halting(&[&[asm::b(op, 10, 11, 2), asm::i(Op::Addi, 5, 0, 1)]]);
                let machine = finished(&program, input([a, b, 0, 0]));
                assert_eq!(Some(x(&machine, 5) == 0), alu::is_taken(op, a, b), "{op:?} {a:#x} {b:#x}");
            }
        }
    }
}

#[test]
fn loads_and_stores_round_addresses_down_and_wrap() {
    let value = 0x8182_8384_8586_8788u64;
    for (base, at) in [(0x1000, 0x1000), (1 << 27, 0), (u64::MAX - 7, (1 << 27) - 8), (0xdead_0000_0000_1238, 0x1238)] {
        let mut words = vec![asm::s(Op::Sd, 11, 10, 7)];
        let loads = [Op::Lb, Op::Lh, Op::Lw, Op::Ld, Op::Lbu, Op::Lhu, Op::Lwu];
        words.extend(loads.iter().enumerate().map(|(k, &op)| asm::i(op, 20 + k as u8, 10, 5)));
        let machine = finished(&halting(&[&words]), input([base, value, 0, 0]));
        assert_eq!(bytes(&machine, at, 8), value.to_le_bytes());
        let expected = [
            0x83u8 as i8 as u64,
            0x8384u16 as i16 as u64,
            0x8182_8384u32 as i32 as u64,
            value,
            0x83,
            0x8384,
            0x8182_8384,
        ];
        assert_eq!([20, 21, 22, 23, 24, 25, 26].map(|r| x(&machine, r)), expected);
    }
    for (op, size) in [(Op::Sb, 1), (Op::Sh, 2), (Op::Sw, 4), (Op::Sd, 8)] {
        for offset in 0..8 {
            let machine = finished(&halting(&[&[asm::s(op, 11, 10, offset)]]), input([512 - 8, value, 0, 0]));
            let mut expected = [0; 8];
            let start = offset as usize / size * size;
            expected[start..start + size].copy_from_slice(&value.to_le_bytes()[..size]);
            assert_eq!(bytes(&machine, 512 - 8, 8), expected, "{op:?} {offset}");
        }
    }
}

#[test]
fn x0_stays_zero() {
    let mut random = Random(1);
    for op in Op::ALL.iter().copied().filter(|op| is_register_op(*op)) {
        let program = halting(&[&[asm::r(op, 0, 10, 11), asm::i(Op::Addi, 5, 0, 0)]]);
        assert_eq!(x(&finished(&program, input([random.next() | 1, random.next() | 1, 0, 0])), 5), 0);
    }
    let program =
        halting(&[&[asm::i(Op::Ld, 0, 10, 0), asm::jal(0, 1), asm::u(Op::Auipc, 0, 4096), asm::r(Op::Add, 5, 0, 0)]]);
    assert_eq!(x(&finished(&program, input([8, 0, 0, 0])), 5), 0);
}

#[test]
fn addresses_of_the_text_are_real() {
    let words =
        [asm::u(Op::Auipc, 5, 0x1000), asm::u(Op::Auipc, 6, i32::MIN), asm::jal(7, 1), asm::i(Op::Jalr, 8, 7, 4)];
    let machine = finished(&halting(&[&words]), input([0; 4]));
    let expected = [0x0800_1000, 0x0800_0004 - (1 << 31), 0x0800_000c, 0x0800_0010];
    assert_eq!([5, 6, 7, 8].map(|r| x(&machine, r) as i64), expected);
}

#[test]
fn jump_targets_are_indices_modulo_2_to_the_19() {
    // Bits 0 and 1 of a target, and all above 20, do not count. The link register may be the base.
    for base in [0x0800_0008u64, 0x0800_000b, 8, 0xffff_ffff_ffe0_0008] {
        let program = halting(&[&[asm::i(Op::Jalr, 10, 10, 0), 0]]);
        let machine = finished(&program, input([base, 0, 0, 0]));
        assert!(matches!(machine.status(), Status::Halted(_)), "{base:#x}");
        assert_eq!(x(&machine, 10), 0x0800_0004);
    }
    // An offset that is no multiple of 4 is rounded down.
    for offset in [8, 10] {
        let jump = asm::encode(Instruction { op: Op::Jal, rd: 0, rs1: 0, rs2: 0, imm: offset });
        let branch = asm::encode(Instruction { op: Op::Beq, rd: 0, rs1: 0, rs2: 0, imm: offset });
        for word in [jump, branch] {
            assert!(matches!(finished(&halting(&[&[word, 0]]), input([0; 4])).status(), Status::Halted(_)));
        }
    }
    // Backwards out of the text: index -1 is the last of all, where no text is.
    let back = asm::encode(Instruction { op: Op::Jal, rd: 0, rs1: 0, rs2: 0, imm: -2 });
    assert_eq!(finished(&program(&[&[back]]), input([0; 4])).status(), Status::Faulted);
    assert_eq!(finished(&program(&[&[asm::jal(0, 300)]]), input([0; 4])).status(), Status::Faulted);
}

#[test]
fn straight_lines_cross_code_pages() {
    for length in [255, 256, 257, 512, 700, 5_000] {
        let words = vec![asm::i(Op::Addi, 5, 5, 1); length];
        let machine = finished(&halting(&[&words]), input([0; 4]));
        assert_eq!(x(&machine, 5), length as u64);
        let statistics = machine.statistics();
        let pages = (length as u64 + 2).div_ceil(256);
        assert_eq!((statistics.code_pages, statistics.instructions), (pages, length as u64 + 2));
        let fetches: u64 = (0..pages).map(|before| 32 + before / 8).sum();
        assert_eq!(statistics.weight, fetches + length as u64 + 2 + (pages - 1));
        // Past the end of the text.
        assert_eq!(finished(&program(&[&words]), input([0; 4])).status(), Status::Faulted);
    }
}

#[test]
fn what_faults_and_what_does_nothing() {
    for word in [0, u32::MAX, 0x0010_0073, 0x3000_2573, 0x0000_0067 | 1 << 12, 0x0000_2063, 0x0200_101b, 0x1000_0073] {
        assert_eq!(finished(&halting(&[&[word]]), input([0; 4])).status(), Status::Faulted, "{word:#x}");
        assert_eq!(decode(word).op, Op::Illegal);
    }
    for word in [0x0000_000f, 0x0ff0_000f, 0x8330_000f, 0x0000_100f, 0xfff0_9f8f] {
        assert!(matches!(finished(&halting(&[&[word]]), input([0; 4])).status(), Status::Halted(_)), "{word:#x}");
    }
}

#[test]
fn words_decode_to_what_they_encode() {
    let mut random = Random(2);
    for _ in 0..200_000 {
        let instruction = random.instruction();
        assert_eq!(Instruction::decode(asm::encode(instruction)), instruction);
    }
    // Whatever is not illegal, and not a fence, has no other encoding.
    for _ in 0..2_000_000 {
        let word = random.next() as u32;
        let instruction = decode(word);
        match instruction.op {
            Op::Illegal => assert_eq!(instruction.imm as u32, word),
            Op::Fence | Op::FenceI => {}
            _ => assert_eq!(asm::encode(instruction), word),
        }
    }
}

#[test]
fn disassembly() {
    for (word, text) in [
        (0x0000_0073, "ecall"),
        (0xfff0_0293, "addi x5, x0, -1"),
        (asm::s(Op::Sd, 1, 2, 16), "sd x1, 16(x2)"),
        (asm::i(Op::Lbu, 1, 2, -16), "lbu x1, -16(x2)"),
        (asm::b(Op::Bne, 1, 2, -3), "bne x1, x2, -12"),
        (asm::u(Op::Lui, 3, i32::MIN), "lui x3, 0x80000"),
        (asm::r(Op::Mulhsu, 3, 4, 5), "mulhsu x3, x4, x5"),
        (asm::i(Op::Sraiw, 3, 4, 5), "sraiw x3, x4, 5"),
        (0xffff_ffff, ".word 0xffffffff"),
    ] {
        assert_eq!(decode(word).to_string(), text);
    }
}

#[test]
fn constants_are_assembled() {
    let mut random = Random(3);
    for value in EDGES.into_iter().chain((0..2000).map(|_| random.value())) {
        assert_eq!(x(&finished(&halting(&[&asm::li(5, value)]), input([0; 4])), 5), value);
    }
}

proptest! {
    #[test]
    fn operations_at_random(a in any::<u64>(), b in any::<u64>(), shift in 0..64u32) {
        let program = |op| Program::new([vec![asm::r(op, 5, 10, 11)], asm::halt()].concat(), 0, vec![]).unwrap();
        for op in Op::ALL.iter().copied().filter(|op| is_register_op(*op)) {
            let (a, b) = (a >> shift, b);
            prop_assert_eq!(Some(x(&finished(&program(op), input([a, b, 0, 0])), 5)), alu::result(op, a, b), "{:?}", op);
        }
    }
}
