//! Every handler that runs several words, on words made for it.

use crate::common::{L1, compare_on};
use alloy_primitives::B256;
use lux_machine::{
    Instruction, Op, Program,
    asm::{encode, halt, i, jal, li, u},
};

const FUSED: &str = include_str!("../../src/fused.txt");

/// A source of numbers; the tests are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn register(&mut self) -> u8 {
        [5, 6, 7, 10, 11, 0, 8][self.below(7) as usize]
    }
}

/// Words that the pattern in this line is for.
fn instance(line: &str, numbers: &mut Numbers) -> Vec<u32> {
    let mut words = Vec::new();
    let mut previous = (0, false);
    let is_group = line.contains('=');
    let mut base = None;
    for part in line.split(';') {
        let tokens: Vec<&str> = part.split_whitespace().collect();
        let [name, rd, rs1, rs2, imm] = tokens[..] else { panic!("{line}") };
        let fixed = |token: &str| token.strip_prefix('x').and_then(|r| r.parse().ok());
        let (before, was_dead) = previous;
        let mut source = |token| match token {
            "^" => before,
            "=" => base.map_or(0, |(register, _)| register),
            _ => fixed(token).unwrap_or_else(|| {
                loop {
                    let r = numbers.register();
                    if !was_dead || r != before {
                        break r;
                    }
                }
            }),
        };
        let (rs1, rs2) = (source(rs1), source(rs2));
        let target = match fixed(rd) {
            Some(rd) => rd,
            None if was_dead => before,
            // Nothing in a group changes its base.
            None if is_group && name.starts_with('l') => 28 + numbers.below(2) as u8,
            None => numbers.register().max(5),
        };
        previous = (target, rd == "_");
        let given = imm.strip_prefix('#').map(|imm| imm.parse::<i32>().unwrap());
        let among = given.unwrap_or_else(|| [0, 1, -1, 8, -8, 40, 2047, -2048, 513][numbers.below(9) as usize]);
        // A group's distances are from its first word's immediate, which leaves room for them.
        let imm = match base {
            Some((_, first)) if tokens[2] == "=" => first + among,
            _ if is_group => among.clamp(-1900, 1900),
            _ => among,
        };
        base = base.or(Some((rs1, imm)));
        let op = |op| encode(Instruction { op, rd: target, rs1, rs2, imm });
        match name {
            "nop" => words.push(0x13),
            "li" => words.push(if given.is_none() && numbers.below(2) == 0 {
                u(Op::Lui, target, imm << 12)
            } else if (-2048..2048).contains(&imm) {
                i(Op::Addi, target, 0, imm)
            } else {
                u(Op::Lui, target, imm)
            }),
            "li2" => words.extend([
                u(Op::Lui, target, imm << 14),
                i([Op::Addi, Op::Addiw][numbers.below(2) as usize], target, target, imm),
            ]),
            "j" => words.push(jal(0, 1 + numbers.below(2) as i32)),
            "jr" => words.push(i(Op::Jalr, 0, rs1, imm)),
            "jal" => words.push(jal(target, 1 + numbers.below(2) as i32)),
            "jalr" => words.push(i(Op::Jalr, target, rs1, imm)),
            _ => {
                let operation = *Op::ALL.iter().find(|op| op.mnemonic() == name).unwrap();
                words.push(match operation {
                    Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => {
                        lux_machine::asm::b(operation, rs1, rs2, 1 + numbers.below(4) as i32)
                    }
                    Op::Slli | Op::Srli | Op::Srai => i(operation, target, rs1, imm & 63),
                    Op::Slliw | Op::Srliw | Op::Sraiw => i(operation, target, rs1, imm & 31),
                    Op::Sb | Op::Sh | Op::Sw | Op::Sd => lux_machine::asm::s(operation, rs2, rs1, imm),
                    _ => op(operation),
                });
            }
        }
    }
    words
}

#[test]
fn fused_handlers() {
    let mut numbers = Numbers(1);
    let mut l1 = L1::new();
    for line in FUSED.lines() {
        let mut words = Vec::new();
        let is_group = line.contains('=');
        for round in 0..if is_group { 40 } else { 8u32 } {
            for r in 1..32u8 {
                let value = numbers.below(u32::MAX.into()) << 33 ^ numbers.below(u32::MAX.into()) << 3;
                let value = (value as i64 >> (numbers.below(16) * 4)) as u64;
                // Groups at the ends of pages go other ways.
                let near_an_end = 512 * numbers.below(20) + 496 + numbers.below(24);
                words.extend(li(r, if is_group && round % 8 > 0 { near_an_end } else { value }));
            }
            words.extend(instance(line, &mut numbers));
            // Fused or not, jumps may lead between the words.
            words.extend([0x13, jal(0, 1 + (round % 2) as i32), 0x13, 0x13, 0x13]);
        }
        words.extend(halt());
        let page = |k: u32| (k, Box::new(std::array::from_fn(|byte| (byte as u32 * 7 + k * 31) as u8)));
        let program = Program::new(words, 0, (0..32).map(page).collect()).unwrap();
        let id = l1.register(&program);
        compare_on(&mut l1, id, &program, B256::ZERO, &mut (), 1);
    }
}
