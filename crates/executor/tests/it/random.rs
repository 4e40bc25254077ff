//! Random programs, mostly nonsense.

use crate::common::{compare, program};
use alloy_primitives::B256;
use lux_machine::{Instruction, Machine, Op, Program, RunError, asm::encode};
use proptest::prelude::*;

/// Registers are few, so that results meet.
fn register() -> impl Strategy<Value = u8> {
    prop_oneof![4 => 5u8..12, 1 => Just(0u8), 1 => 0u8..32]
}

fn word(length: i32) -> impl Strategy<Value = u32> {
    let op = proptest::sample::select(Op::ALL);
    let imm = prop_oneof![-8i32..8, -2048i32..2048];
    (op, register(), register(), register(), imm, -length..length, any::<u32>(), 0u8..60).prop_map(
        |(op, rd, rs1, rs2, imm, offset, raw, rare)| {
            let (op, imm) = match op {
                // Most programs would stop here.
                Op::Illegal if rare == 0 => return raw,
                Op::Ecall if rare == 0 => (op, 0),
                Op::Illegal | Op::Ecall => (Op::Addi, imm),
                Op::Jalr if rare > 2 => (Op::Add, 0),
                Op::Jal => (op, if rare < 50 { offset.abs().max(1) } else { offset } * 4),
                Op::Lui | Op::Auipc => (op, (raw & 0xffff_f000) as i32),
                Op::Slli | Op::Srli | Op::Srai => (op, imm & 63),
                Op::Slliw | Op::Srliw | Op::Sraiw => (op, imm & 31),
                op if matches!(op, Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu) => {
                    (op, (if rare < 50 { offset.abs().max(1) } else { offset } * 4).clamp(-4096, 4092))
                }
                _ => (op, imm),
            };
            let uses = |op| !matches!(op, Op::Fence | Op::FenceI | Op::Ecall | Op::Illegal);
            if uses(op) {
                encode(Instruction { op, rd, rs1, rs2, imm })
            } else {
                encode(Instruction { op, rd: 0, rs1: 0, rs2: 0, imm: 0 })
            }
        },
    )
}

/// Starts with interesting registers.
fn random_program(length: usize) -> impl Strategy<Value = Program> {
    (proptest::collection::vec(word(40), length), proptest::collection::vec(any::<u64>(), 8)).prop_map(
        |(body, values)| {
            let mut words: Vec<u32> = values
                .into_iter()
                .zip(5..)
                .flat_map(|(value, r)| lux_machine::asm::li(r, value >> (value % 61)))
                .collect();
            words.extend(body);
            words.push(lux_machine::asm::jal(0, -30));
            program(words)
        },
    )
}

fn compare_random(program: &Program) {
    let input = B256::repeat_byte(0xa5);
    // Asking for a preimage that nobody has is not the executor's business.
    let run = Machine::new(program, input).run(&mut (), 2);
    if !matches!(run, Err(RunError::MissingPreimage(_))) {
        compare(program, input, &mut (), 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(48)))]

    #[test]
    fn short_programs(program in random_program(60)) {
        compare_random(&program);
    }

    #[test]
    fn programs_over_pages(program in random_program(700)) {
        compare_random(&program);
    }

    #[test]
    fn straight_lines(words in proptest::collection::vec(word(8), 64..300)) {
        // Every pair, triple and quad of operations in sequence: no jumps but the last.
        let mut words: Vec<u32> = words.into_iter().filter(|&w| !matches!(w & 0x7f, 0x63 | 0x67 | 0x6f)).collect();
        for r in 5..12u8 {
            words.splice(0..0, lux_machine::asm::li(r, 0x9e37_79b9_7f4a_7c15u64.rotate_left(r.into())));
        }
        words.push(lux_machine::asm::jal(1, -1));
        compare_random(&program(words));
    }
}

fn cases(default: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default)
}
