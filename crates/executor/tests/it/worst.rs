//! Gas and bytes of the worst chunks, and of compiled code if `LUX_BENCH_ELF` names some.

use crate::common::compare;
use alloy_primitives::B256;
use alloy_primitives::{Bytes, keccak256};
use lux_machine::{
    CHUNK_WEIGHT, Host, Instruction, MEMORY_BYTES, Machine, Op, Program, Status,
    asm::{ECALL, b, encode, i, jal, li, r, s, u},
};
use std::collections::BTreeMap;

/// Most gas of a chunk's transaction.
const MAX_GAS: u64 = 8_000_000;
/// The same for a program made for nothing else: what a dispute does besides has to fit below 10,000,000 with it.
const MAX_HOSTILE_GAS: u64 = 9_700_000;
/// Most bytes of a chunk's proof: nodes pass on transactions of up to 128 KiB.
const MAX_BYTES: usize = 110 * 1024;

#[test]
fn compiled_code() {
    let Ok(path) = std::env::var("LUX_BENCH_ELF") else { return };
    let program = Program::from_elf(&std::fs::read(path).unwrap()).unwrap();
    let (totals, status) = compare(&program, B256::ZERO, &mut (), 40);
    println!("{status:?} {totals:?}");
    println!(
        "gas per instruction {:.1}, gas per chunk {} (max {}), bytes per chunk {} (max {}), pages per chunk {:.1}, instructions per chunk {}",
        totals.gas as f64 / totals.instructions as f64,
        totals.gas / totals.chunks,
        totals.max_gas,
        totals.bytes / totals.chunks as usize,
        totals.max_bytes,
        totals.pages as f64 / totals.chunks as f64,
        totals.instructions / totals.chunks,
    );
    assert_ne!(status, Status::Faulted);
}

fn report(name: &str, words: Vec<u32>, data: Vec<(u32, Box<[u8; 512]>)>, host: &mut dyn Host, chunks: u64) {
    report_below(MAX_GAS, name, &Program::new(words, 0, data).unwrap(), host, chunks);
}

fn report_below(most: u64, name: &str, program: &Program, host: &mut dyn Host, chunks: u64) {
    let (totals, _) = compare(program, B256::ZERO, host, chunks);
    println!("{name}: max gas {}, max bytes {}", totals.max_gas, totals.max_bytes);
    assert!(totals.max_gas <= most && totals.max_bytes <= MAX_BYTES, "{name}: {totals:?}");
}

/// Words that ask for a preimage, with room for so many bytes of it.
fn ask(hash: B256, destination: u64, capacity: u64) -> Vec<u32> {
    let words = hash.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap()));
    let mut ask: Vec<u32> = words.zip(10..).flat_map(|(word, register)| li(register, word)).collect();
    ask.extend([li(14, destination), li(15, capacity), vec![i(Op::Addi, 17, 0, 1), ECALL]].concat());
    ask
}

/// Words of a ROM contract.
const WORDS_PER_ROM: usize = 11 * 256;

/// Pages as far from each other as so many can be.
const APART: u32 = 1 << 11;

/// All that a chunk can touch, full of data.
fn pages_apart() -> Vec<(u32, Box<[u8; 512]>)> {
    pages_from(0)
}

/// The same, from this one on.
fn pages_from(first: u32) -> Vec<(u32, Box<[u8; 512]>)> {
    (0..124).map(|k| (first + k * APART, Box::new([0xab; 512]))).collect()
}

/// Touches so many of those pages from the one that `x5` points to, with `x6` from one to the next.
fn touches(count: usize) -> Vec<u32> {
    [i(Op::Ld, 7, 5, 0), r(Op::Add, 5, 5, 6)].repeat(count)
}

#[test]
fn scattered_pages() {
    let head = [li(5, 0), li(6, (512 * APART).into())].concat();
    let again = |words: &[u32]| jal(0, head.len() as i32 - words.len() as i32);
    let mut words = [&head[..], &touches(1)].concat();
    words.push(again(&words));
    report("a page after each jump", words, pages_apart(), &mut (), 1);
    let words = [&head[..], &touches(101), &[0x13; 46], &touches(23), &[jal(0, -2)]].concat();
    report("all pages without a jump", words, pages_apart(), &mut (), 1);

    // The most of both, with long preimages before the pages are used up: as many as were reserved, and one after which the chunk ends.
    let data = Bytes::from(vec![0xab; 24_576]);
    let hash = keccak256(&data);
    let mut host = BTreeMap::from([(hash, data)]);
    // The second kind of destination lies over the end of the memory.
    let over_the_end = MEMORY_BYTES - 32;
    for (before, asked, destination, capacity) in
        [(49, 2, 0, 0), (97, 1, 0, 0), (97, 2, 0, 0), (96, 1, over_the_end, 64), (97, 1, over_the_end, 64)]
    {
        let ask = ask(hash, destination, capacity).repeat(asked);
        let words = [&head[..], &touches(before), &ask, &touches(24), &[jal(0, -2)]].concat();
        let program = Program::new(words, 0, pages_apart()).unwrap();
        let name = format!("{before} pages, then {asked} preimages to {destination:#x}");
        report_below(MAX_GAS, &name, &program, &mut host, 3);
    }
}

/// The weight is used up by the dearest loop, just before a straight line touches all pages that a chunk can: from the start of the
/// memory on, or up to its end, where the table of pages is longest; and after a word of every ROM contract, or of none.
#[test]
fn all_pages_after_the_limit() {
    for (first, roms) in [(0, 0), (APART - 1, 0), (0, 185), (APART - 1, 185)] {
        let turns: Vec<u64> = (1..CHUNK_WEIGHT / STORES as u64).collect();
        let most = turns[turns.partition_point(|&turns| takes_one_chunk(turns, first, roms)) - 1];
        let name = format!("all pages after the limit, from {first} on, {roms} ROM contracts");
        report_below(MAX_HOSTILE_GAS, &name, &weight_then_pages(most, first, roms), &mut (), 1);
    }
}

const STORES: usize = 100;

fn takes_one_chunk(turns: u64, first: u32, roms: usize) -> bool {
    let program = weight_then_pages(turns, first, roms);
    let mut machine = Machine::new(&program, B256::ZERO);
    machine.run_chunk(&mut ()).unwrap();
    machine.statistics().data_pages == 124
}

/// Jumps through so many ROM contracts, `turns` of a loop of stores, and a line that touches pages.
fn weight_then_pages(turns: u64, first: u32, roms: usize) -> Program {
    let mut words = vec![0x13; WORDS_PER_ROM * roms];
    for rom in 0..roms {
        words[WORDS_PER_ROM * rom] = jal(0, WORDS_PER_ROM as i32);
    }
    words.extend([li(5, (512 * (first + APART)).into()), li(6, (512 * APART).into()), li(8, turns)].concat());
    words.extend(li(7, (512 * first).into()));
    words.extend([s(Op::Sh, 6, 7, 3); STORES]);
    words.extend([i(Op::Addi, 8, 8, -1), b(Op::Bne, 8, 0, -1 - STORES as i32)]);
    words.resize(words.len().next_multiple_of(256), 0x13);
    words.extend(touches(123));
    words.push(jal(0, -2));
    Program::new(words, 0, pages_from(first)).unwrap()
}

/// A jump to another code page each time, in the longest text; and the same one word before each page, so that it runs on.
#[test]
fn code_pages() {
    let mut words = vec![0x13; 900 * 256];
    for page in 0..900 {
        words[256 * page] = jal(0, 256);
        words[256 * page + 200] = jal(0, 1);
    }
    words[899 * 256] = 0;
    report("code pages", words, vec![], &mut (), 1);
    let mut words = vec![0x13; 900 * 256];
    for page in 0..900 {
        words[256 * page] = jal(0, 255);
    }
    report("code pages run into", words, vec![], &mut (), 1);
    // Forth and back between two of them.
    let mut words = vec![0x13; 257];
    (words[0], words[255], words[256]) = (jal(0, 255), i(Op::Ld, 6, 5, 3), jal(0, -1));
    report("the end of a code page", words, vec![], &mut (), 2);
}

/// As many calls as fit.
#[test]
fn calls() {
    let data: Bytes = (0..24_576u64).map(|k| (k * 7 + 1) as u8).collect();
    let mut host = BTreeMap::from([(keccak256(&data), data.clone())]);
    for (name, number, length) in [
        ("keccak of 32", 2, 32),
        ("keccak of 24,576", 2, 24_576),
        ("preimages of 24,576", 1, 24_576),
        ("preimages of 24,576, of which 1", 1, 1),
        ("copies of 1", 4, 1),
        ("copies of 2 over the ends of pages", 4, 2),
        ("copies of 24,576", 4, 24_576),
    ] {
        let mut words = li(16, length);
        words.extend(li(20, 0));
        words.extend(li(21, 0x2_0000));
        let top = words.len() as i32;
        for (k, word) in keccak256(&data).chunks(8).enumerate() {
            words.extend(li(10 + k as u8, u64::from_le_bytes(word.try_into().unwrap())));
        }
        if number == 2 {
            words.extend([i(Op::Addi, 10, 20, 0), i(Op::Addi, 11, 16, 0), i(Op::Addi, 12, 20, 0)]);
        }
        if number == 4 {
            words.extend([i(Op::Addi, 10, 20, 511), i(Op::Addi, 11, 20, 511), i(Op::Addi, 12, 16, 0)]);
        }
        words.extend([i(Op::Addi, 14, 20, 0), i(Op::Addi, 15, 16, 0), i(Op::Addi, 17, 0, number), ECALL]);
        words.extend([r(Op::Add, 20, 20, 21)]);
        if length <= 32 && number != 1 {
            words.pop();
        }
        words.push(jal(0, top - words.len() as i32));
        report(name, words, vec![], &mut host, 3);
    }
}

/// Nothing but one operation, of every kind.
#[test]
fn slow_instructions() {
    let head = [li(5, u64::MAX / 3), li(6, 0x8000_0001), vec![u(Op::Auipc, 8, 0)]].concat();
    let top = head.len() as i32;
    for &op in Op::ALL {
        let unit = match op {
            Op::Jal => vec![jal(7, 1)],
            Op::Beq | Op::Bge | Op::Bgeu => vec![b(op, 5, 5, 1)],
            Op::Bne | Op::Blt | Op::Bltu => vec![b(op, 5, 6, 1)],
            Op::Sb | Op::Sh | Op::Sw | Op::Sd => vec![s(op, 6, 5, 3)],
            Op::Jalr | Op::Ecall | Op::Illegal => continue,
            _ => vec![encode(Instruction {
                op,
                rd: 7,
                rs1: 5,
                rs2: 6,
                imm: if matches!(op, Op::Lui | Op::Auipc) { 0 } else { 8 },
            })],
        };
        let mut words = [head.clone(), unit.repeat(100)].concat();
        words.push(jal(0, top - words.len() as i32));
        report(op.mnemonic(), words, vec![], &mut (), 2);
    }
    for rd in [0, 8] {
        let to_itself = [i(Op::Addi, 8, 8, 12), i(Op::Jalr, rd, 8, -4)];
        report("jalr", [&head[..], &to_itself].concat(), vec![], &mut (), 2);
    }
    for op in [Op::Beq, Op::Bge] {
        report("a branch to itself", [head.clone(), vec![b(op, 5, 5, 0)]].concat(), vec![], &mut (), 2);
        // To another code page and back.
        let mut words = vec![0x13; 300];
        (words[0], words[260]) = (b(op, 5, 5, 260), b(op, 6, 6, -260));
        report("a branch to another code page", words, vec![], &mut (), 2);
    }
    report("a jump to itself", vec![jal(0, 0)], vec![], &mut (), 2);
}

/// The limit is reached just before the longest line without a jump, and with as many pages as it takes not to end by them.
#[test]
fn a_straight_line_after_the_limit() {
    let filled = |k: u32| (k * 585 % (1 << 17), Box::new([0xab; 512]));
    let mut words = li(6, 512 * 585);
    for _ in 0..99 {
        words.extend([i(Op::Ld, 7, 5, 0), r(Op::Add, 5, 5, 6)]);
    }
    words.extend(li(8, 399));
    words.extend([s(Op::Sw, 6, 0, 3); 100]);
    words.extend([i(Op::Addi, 8, 8, -1), b(Op::Bne, 8, 0, -101)]);
    words.extend([s(Op::Sh, 6, 0, 3); 10_000]);
    let program = Program::new(words, 0, (0..124).map(filled).collect()).unwrap();
    report_below(MAX_HOSTILE_GAS, "a straight line after the limit", &program, &mut (), 2);
}
