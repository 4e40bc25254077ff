//! What the tests share: builders, a generator of numbers, and a machine written the slow way.
#![allow(dead_code, clippy::unwrap_used)]

pub mod alu;
pub mod elf;
pub mod generate;
pub mod slow;

use alloy_primitives::B256;
use lux_machine::{Machine, Program, asm};

/// Chunks that no program of the tests needs.
pub const LIMIT: u64 = 100;

/// A program that starts at its first word, with an empty memory.
pub fn program(parts: &[&[u32]]) -> Program {
    Program::new(parts.concat(), 0, vec![]).unwrap()
}

/// The same with `HALT` at its end.
pub fn halting(parts: &[&[u32]]) -> Program {
    program(&[parts.concat().as_slice(), &asm::halt()])
}

/// Input that puts these values into `x10 … x13`.
pub fn input(values: [u64; 4]) -> B256 {
    B256::from_slice(&values.map(u64::to_le_bytes).concat())
}

/// A machine that has run to its end.
pub fn finished(program: &Program, input: B256) -> Machine {
    let mut machine = Machine::new(program, input);
    machine.run(&mut (), LIMIT).unwrap();
    machine
}

/// Register of a machine.
pub fn x(machine: &Machine, register: usize) -> u64 {
    machine.registers()[register - 1]
}

/// Bytes of a machine's memory that lie within a page.
pub fn bytes(machine: &Machine, address: usize, length: usize) -> &[u8] {
    &machine.page((address / 512) as u32)[address % 512..][..length]
}

/// Values at which arithmetic goes wrong if it does.
pub const EDGES: [u64; 24] = [
    0,
    1,
    2,
    3,
    u64::MAX,
    u64::MAX - 1,
    i64::MAX as u64,
    i64::MIN as u64,
    i64::MIN as u64 + 1,
    i32::MAX as u64,
    i32::MAX as u64 + 1,
    i32::MIN as u64,
    i32::MIN as u64 - 1,
    u32::MAX as u64,
    u32::MAX as u64 + 1,
    u32::MAX as u64 - 1,
    31,
    32,
    63,
    64,
    0x5555_5555_5555_5555,
    0xaaaa_aaaa_aaaa_aaaa,
    0x0123_4567_89ab_cdef,
    0xffff_ffff_0000_0000,
];
