//! Jumps, code pages, ends of chunks.

use crate::common::{L1, compare, compare_on, program};
use alloy_primitives::B256;
use lux_machine::{
    Op, Program, Status,
    asm::{b, halt, i, jal, li, r, s},
};

const NOP: u32 = 0x13;

fn entered(words: Vec<u32>, entry: u32) -> Program {
    Program::new(words, entry, vec![]).unwrap()
}

/// Running across the ends of code pages, entered at each word near one.
#[test]
fn crossing_code_pages() {
    let mut l1 = L1::new();
    let mut words = vec![i(Op::Addi, 5, 5, 1); 800];
    words.extend([i(Op::Addi, 10, 5, 0)]);
    words.extend(halt());
    for entry in [0, 1, 252, 253, 254, 255, 256, 257, 511, 512, 767, 768] {
        let program = entered(words.clone(), entry);
        let id = l1.register(&program);
        let (_, status) = compare_on(&mut l1, id, &program, B256::ZERO, &mut (), 3);
        assert!(matches!(status, Status::Halted(_)));
    }
}

/// Jumps of each kind to each kind of target.
#[test]
fn targets() {
    let mut l1 = L1::new();
    for length in [512, 700, 768] {
        for target in
            [0i32, 255, 256, 257, 511, 512, 600, length - 1, length, length + 1, 1000, 5000, -1, -300, 1 << 18]
        {
            let from = 300;
            for kind in 0..4 {
                let mut words = vec![NOP; length as usize];
                let offset = target - from;
                let jump = match kind {
                    0 => jal(0, offset.clamp(-(1 << 17), (1 << 17) - 1)),
                    1 => jal(1, offset.clamp(-(1 << 17), (1 << 17) - 1)),
                    2 => b(Op::Beq, 3, 4, offset.clamp(-1000, 1000)),
                    _ => i(Op::Jalr, 7, 5, 8),
                };
                words[from as usize] = jump;
                words[299] = jal(2, 1);
                // Straight on from the targets, the run comes to an end.
                for at in [290, 430, 505, 595] {
                    if let Some(word) = words.get_mut(at) {
                        *word = 0;
                    }
                }
                let address = (0x0800_0000i64 + 4 * i64::from(target) - 8) as u64;
                let setup = li(5, address);
                let start = 300 - setup.len() - 20;
                words[start..start + setup.len()].copy_from_slice(&setup);
                words[290] = NOP;
                let program = entered(words, start as u32);
                let id = l1.register(&program);
                compare_on(&mut l1, id, &program, B256::repeat_byte(1), &mut (), 3);
            }
        }
    }
}

/// Chunks that end after jumps, with every number of instructions between them and every kind of jump.
#[test]
fn ends_after_jumps() {
    for pad in [0, 1, 2, 3, 6] {
        let mut words = li(6, 40_000);
        words.extend([r(Op::Add, 0, 0, 0)]);
        let top = words.len() as i32;
        words.extend(vec![i(Op::Addi, 7, 7, 3); pad]);
        words.extend([i(Op::Addi, 6, 6, -1), jal(1, 2), 0, lux_machine::asm::u(Op::Auipc, 8, 0)]);
        words.extend([i(Op::Jalr, 9, 8, 12), 0, b(Op::Beq, 0, 0, 1)]);
        let back = top - words.len() as i32;
        words.push(b(Op::Bltu, 0, 6, back));
        words.extend([i(Op::Addi, 10, 7, 0)]);
        words.extend(halt());
        let (totals, status) = compare(&program(words), B256::ZERO, &mut (), 4);
        assert!(totals.chunks > 3 && !matches!(status, Status::Faulted), "{status:?}");
    }
}

/// Chunks that end by pages, and fault by them.
#[test]
fn ends_by_pages() {
    let mut words = li(5, 0);
    words.extend(li(6, 0x20_0200));
    words.extend(li(7, 1000));
    for _ in 0..7 {
        words.extend([s(Op::Sd, 7, 5, 8), r(Op::Add, 5, 5, 6)]);
    }
    words.push(i(Op::Addi, 7, 7, -1));
    words.push(b(Op::Bne, 7, 0, -15));
    words.extend(halt());
    let (totals, status) = compare(&program(words), B256::ZERO, &mut (), 100);
    assert!(matches!(status, Status::Halted(_)) && totals.chunks > 50, "{status:?} {totals:?}");

    for touches in [123, 124, 125, 300] {
        let mut words = li(6, 512);
        for _ in 0..touches {
            words.extend([i(Op::Lbu, 8, 5, 0), r(Op::Add, 5, 5, 6)]);
        }
        words.push(jal(0, 1));
        words.extend(halt());
        let (_, status) = compare(&program(words), B256::ZERO, &mut (), 5);
        assert_eq!(status == Status::Faulted, touches > 124);
    }
}

/// Straight lines far beyond the weight of a chunk.
#[test]
fn long_lines() {
    let mut words = li(6, 9);
    words.extend(vec![i(Op::Addi, 5, 5, 1); 8000]);
    words.extend([jal(1, 1), i(Op::Addi, 6, 6, -1), b(Op::Beq, 6, 0, 2), jal(0, -8002)]);
    words.extend(halt());
    let (totals, status) = compare(&program(words), B256::ZERO, &mut (), 20);
    assert!(matches!(status, Status::Halted(_)) && totals.chunks > 1);
}
