//! Runs of one operation, which the interpreter runs without going back to its dispatch: the same as single steps.
#![allow(clippy::unwrap_used)]

mod common;

use alloy_primitives::B256;
use common::{generate::Random, *};
use lux_machine::{Instruction, Machine, Op, Program, Status, asm};
use proptest::prelude::*;

/// Operations that are repeated.
const REPEATED: [Op; 7] = [Op::Ld, Op::Lbu, Op::Sb, Op::Sd, Op::Slli, Op::Or, Op::Addi];

/// Mostly runs of one operation over a few registers, so that one instruction reads what the one before it wrote, some of
/// them to far-apart pages, and jumps into their middles.
fn text(random: &mut Random) -> Vec<u32> {
    let mut text = Vec::new();
    while text.len() < 700 {
        let op = random.pick(&REPEATED);
        for _ in 0..random.below(12) {
            let [rd, rs1, rs2] = [(); 3].map(|()| random.below(6) as u8);
            let imm = (random.next() as i32) << 20 >> 20;
            text.push(asm::encode(match op {
                Op::Sb | Op::Sd => Instruction { op, rd: 0, rs1, rs2, imm },
                Op::Or => Instruction { op, rd, rs1, rs2, imm: 0 },
                Op::Slli => Instruction { op, rd, rs1, rs2: 0, imm: imm & 63 },
                _ => Instruction { op, rd, rs1, rs2: 0, imm },
            }));
        }
        let by = random.below(24) as i32 - 10;
        let (rs1, rs2) = (random.below(6) as u8, random.below(6) as u8);
        text.push(match random.below(4) {
            0 => asm::b(Op::Bltu, rs1, rs2, by),
            1 => asm::b(Op::Bne, rs1, rs2, by),
            2 => asm::i(Op::Addi, rs1, rs2, by),
            _ => asm::encode(random.instruction()),
        });
    }
    text
}

/// Runs a program in chunks and in steps, and compares at the end of every chunk.
fn compare(program: &Program, start: B256, chunks: u64) {
    let mut machine = Machine::new(program, start);
    let mut steps = Machine::new(program, start);
    for chunk in 1..=chunks {
        machine.run_chunk(&mut ()).unwrap();
        while steps.status() == Status::Running && steps.statistics().chunks < chunk {
            steps.step(&mut ()).unwrap();
        }
        assert_eq!(steps.statistics(), machine.statistics());
        assert_eq!((steps.pc(), steps.registers()), (machine.pc(), machine.registers()));
        assert_eq!((steps.status(), steps.state_hash()), (machine.status(), machine.state_hash()));
        if machine.status() != Status::Running {
            break;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn runs_are_the_same_as_their_steps(seed in any::<u64>(), registers in any::<[u64; 4]>()) {
        let mut random = Random(seed);
        let mut text = text(&mut random);
        // No preimages here.
        text.retain(|&word| word != asm::ECALL);
        let entry = random.below(text.len() as u64) as u32;
        compare(&Program::new(text, entry, vec![]).unwrap(), input(registers), 2);
    }
}

#[test]
fn a_run_stops_at_its_code_page_and_at_one_page_too_many() {
    for op in REPEATED {
        let word = match op {
            Op::Sb | Op::Sd => asm::s(op, 5, 5, 8),
            Op::Or => asm::r(op, 5, 5, 6),
            _ => asm::i(op, 5, 5, 8),
        };
        compare(&halting(&[&[word; 1_000]]), B256::ZERO, 1);
    }
    // Each load gives the next address, on a page of its own: the 125th faults within a run.
    let pages = (0..130u32).map(|page| {
        let mut bytes = Box::new([0; 512]);
        bytes[..8].copy_from_slice(&u64::from((page + 1) * 512).to_le_bytes());
        (page, bytes)
    });
    let program = Program::new(vec![asm::i(Op::Ld, 5, 5, 0); 200], 0, pages.collect()).unwrap();
    compare(&program, B256::ZERO, 1);
    let mut machine = Machine::new(&program, B256::ZERO);
    assert_eq!(machine.run_chunk(&mut ()).unwrap(), Status::Faulted);
    assert_eq!(machine.statistics().data_pages, 124);
    assert_eq!(machine.statistics().instructions, 124);
}
