//! Instructions per second, and what checkpoints cost: `cargo run --release -p lux-machine --example speed`.
#![allow(clippy::unwrap_used)]

use alloy_primitives::B256;
use lux_machine::{
    Machine, Op, Program, Status,
    asm::{b, halt, i, jal, li, r, s},
    trace,
};
use std::time::{Duration, Instant};

/// Chunks that no program here needs.
const LIMIT: u64 = 1 << 20;

fn main() {
    for (name, program) in [
        ("arithmetic, 64 KiB", arithmetic(0xffff)),
        ("arithmetic, 8 MiB", arithmetic(0x7f_ffff)),
        ("copy, 1 MiB", copy()),
        ("calls", calls()),
        ("pointer chase, 1 MiB", chase(20)),
        ("pointer chase, 16 KiB", chase(14)),
    ] {
        let plain = best(|| {
            let mut machine = Machine::new(&program, B256::ZERO);
            assert!(matches!(machine.run(&mut (), LIMIT).unwrap(), Status::Halted(_)));
        });
        let run = trace(&program, B256::ZERO, &mut (), LIMIT).unwrap();
        let traced = best(|| assert_eq!(trace(&program, B256::ZERO, &mut (), LIMIT).unwrap().outcome, run.outcome));
        println!(
            "{name:22} {:6.1} MIPS, traced {:6.1} MIPS ({:.2}x), {} chunks, {:.0} pages and {:.0} instructions per chunk",
            run.instructions as f64 / plain.as_secs_f64() / 1e6,
            run.instructions as f64 / traced.as_secs_f64() / 1e6,
            traced.as_secs_f64() / plain.as_secs_f64(),
            run.checkpoints.len(),
            run.statistics.data_pages as f64 / run.statistics.chunks as f64,
            run.instructions as f64 / run.statistics.chunks as f64,
        );
    }
}

/// Shortest of a few runs.
fn best(run: impl Fn()) -> Duration {
    let time = || {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..5).map(|_| time()).min().unwrap()
}

fn assemble(parts: &[Vec<u32>]) -> Program {
    Program::new(parts.concat(), 0, vec![]).unwrap()
}

/// Loads, stores, multiplications, shifts and a branch that is hard to predict, over memory up to a mask.
fn arithmetic(mask: u64) -> Program {
    let body = vec![
        r(Op::Add, 9, 9, 7),
        r(Op::And, 6, 9, 8),
        i(Op::Ld, 11, 6, 0),
        r(Op::Mul, 12, 11, 7),
        i(Op::Srli, 13, 12, 29),
        r(Op::Xor, 12, 12, 13),
        r(Op::Add, 12, 12, 5),
        s(Op::Sd, 12, 6, 0),
        i(Op::Lw, 14, 6, 4),
        i(Op::Andi, 15, 14, 1),
        b(Op::Beq, 15, 0, 3),
        i(Op::Addi, 16, 16, 1),
        r(Op::Sub, 16, 16, 14),
        s(Op::Sb, 16, 6, 17),
        i(Op::Lbu, 18, 6, 9),
        r(Op::Sltu, 19, 18, 16),
        r(Op::Or, 20, 20, 19),
        i(Op::Addi, 5, 5, -1),
        b(Op::Bne, 5, 0, -18),
    ];
    assemble(&[li(5, 3_000_000), li(7, 24), li(8, mask), body, halt()])
}

/// Copies 512 KiB back and forth, eight words at a time.
fn copy() -> Program {
    let words = (0..8).flat_map(|k| [i(Op::Ld, 11, 6, 8 * k), s(Op::Sd, 11, 7, 8 * k)]).collect();
    let next = vec![s(Op::Sd, 5, 7, 8), i(Op::Addi, 6, 6, 64), i(Op::Addi, 7, 7, 64), b(Op::Bltu, 6, 8, -19)];
    let outer = [li(6, 0), li(7, 1 << 19), li(8, 1 << 19)].concat();
    let back = vec![i(Op::Addi, 5, 5, -1), b(Op::Bne, 5, 0, -21 - outer.len() as i32)];
    assemble(&[li(5, 200), outer, words, next, back, halt()])
}

/// A function of seven instructions that saves a register on the stack, called in a loop.
fn calls() -> Program {
    let main = vec![jal(1, 5), i(Op::Addi, 5, 5, -1), b(Op::Bne, 5, 0, -2)];
    let function = vec![
        i(Op::Addi, 2, 2, -16),
        s(Op::Sd, 9, 2, 8),
        r(Op::Add, 9, 9, 5),
        r(Op::Xor, 11, 11, 9),
        i(Op::Ld, 9, 2, 8),
        i(Op::Addi, 2, 2, 16),
        i(Op::Jalr, 0, 1, 0),
    ];
    assemble(&[li(2, 1 << 20), li(5, 5_000_000), main, halt(), function])
}

/// Follows pointers that a generator of full period has laid out over `2^bits` bytes.
fn chase(bits: u8) -> Program {
    let mask = (1 << bits) - 8;
    let next = vec![r(Op::Mul, 7, 6, 9), r(Op::Add, 7, 7, 10), r(Op::And, 7, 7, 8), s(Op::Sd, 7, 6, 0)];
    let build = vec![r(Op::Add, 6, 7, 0), b(Op::Bne, 6, 0, -5)];
    let follow = vec![i(Op::Ld, 6, 6, 0), i(Op::Addi, 5, 5, -1), b(Op::Bne, 5, 0, -2)];
    assemble(&[li(5, 5_000_000), li(6, 0), li(8, mask), li(9, 5), li(10, 8 * 12345), next, build, follow, halt()])
}
