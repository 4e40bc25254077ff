//! `ECALL`.

use crate::common::{L1, compare, compare_on, program};
use alloy_primitives::{B256, Bytes, keccak256};
use lux_machine::{
    Op, Program, Status,
    asm::{ECALL, halt, i, jal, li, s},
};
use std::collections::BTreeMap;

/// Sets registers and calls.
fn call(number: u64, arguments: &[(u8, u64)]) -> Vec<u32> {
    let mut words: Vec<u32> = arguments.iter().flat_map(|&(r, value)| li(r, value)).collect();
    words.extend(li(17, number));
    words.push(ECALL);
    words
}

fn hash_arguments(hash: B256) -> Vec<(u8, u64)> {
    (10..14).zip(hash.chunks(8)).map(|(r, word)| (r, u64::from_le_bytes(word.try_into().unwrap()))).collect()
}

/// Adds to x29 what is at an address, and halts with it after a jump.
fn finish(mut words: Vec<u32>, addresses: &[u64]) -> Program {
    for &a in addresses {
        words.extend(li(5, a));
        for k in 0..8 {
            words.extend([i(Op::Ld, 6, 5, 8 * k), lux_machine::asm::r(Op::Xor, 29, 29, 6), i(Op::Addi, 29, 29, 3)]);
        }
    }
    words.extend([jal(0, 1), i(Op::Addi, 12, 29, 0)]);
    words.extend(halt());
    program(words)
}

const LENGTHS: [u64; 12] = [0, 1, 31, 32, 33, 135, 136, 512, 513, 1000, 24_575, 24_576];
const POINTERS: [u64; 5] = [0, 0x1e1, 0x2_0000, 0x7ff_ffe0, 0xffff_ffff_ffff_ff21];

fn fill(a: u64, n: u64) -> Vec<u32> {
    let mut words = li(5, a & !31);
    words.extend(li(6, 0x0123_4567_89ab_cdef));
    for k in 0..n {
        words.extend([s(Op::Sd, 6, 5, 8 * k as i32), i(Op::Addi, 6, 6, 0x123 + k as i32)]);
    }
    words
}

#[test]
fn keccak() {
    for length in LENGTHS {
        for (k, pointer) in POINTERS.into_iter().enumerate() {
            let to = POINTERS[(k + 2) % POINTERS.len()];
            let mut words = fill(pointer, 40);
            words.extend(call(2, &[(10, pointer), (11, length), (12, to)]));
            let (_, status) = compare(&finish(words, &[to & !31]), B256::ZERO, &mut (), 9);
            assert!(matches!(status, Status::Halted(_)));
        }
    }
}

#[test]
fn preimages() {
    for length in LENGTHS {
        let data: Bytes = (0..length).map(|k| (k * 7 + k / 256) as u8).collect();
        let mut host = BTreeMap::from([(keccak256(&data), data.clone())]);
        for (k, capacity) in [0, 1, length.saturating_sub(1), length, 24_576].into_iter().enumerate() {
            let to = POINTERS[k % POINTERS.len()];
            let mut words = fill(to, 20);
            let mut arguments = hash_arguments(keccak256(&data));
            arguments.extend([(14, to), (15, capacity)]);
            words.extend(call(1, &arguments));
            words.extend([i(Op::Addi, 29, 10, 0)]);
            let (_, status) = compare(
                &finish(words, &[to & !31, (to & !31).wrapping_add(length.saturating_sub(40))]),
                B256::ZERO,
                &mut host,
                9,
            );
            assert!(matches!(status, Status::Halted(_)));
        }
    }
}

/// What is too long ends its chunk, also where no word follows on the page, or in the text.
#[test]
fn a_preimage_that_is_too_long_at_the_end() {
    let data: Bytes = (0..700u64).map(|k| k as u8).collect();
    let mut host = BTreeMap::from([(keccak256(&data), data.clone())]);
    let mut arguments = hash_arguments(keccak256(&data));
    arguments.extend([(14, 0x1e0), (15, 10)]);
    let ask = call(1, &arguments);
    for (length, rest) in [(256, vec![]), (256, vec![jal(0, 0)]), (512, vec![]), (300, vec![]), (300, vec![0x13; 300])]
    {
        let words = [vec![0x13; length - ask.len()], ask.clone(), rest].concat();
        let (totals, _) = compare(&program(words), B256::ZERO, &mut host, 3);
        assert!(totals.chunks > 1, "{length}");
    }
}

#[test]
fn copies() {
    let mut l1 = L1::new();
    for length in LENGTHS {
        for (k, pointer) in POINTERS.into_iter().enumerate() {
            // To far away, and to where the source ends or begins.
            let odd = pointer.wrapping_add(7 * k as u64);
            for to in [
                POINTERS[(k + 2) % POINTERS.len()].wrapping_add(3),
                odd.wrapping_add(length / 2),
                odd.wrapping_sub(length / 3),
            ] {
                let mut words = [fill(pointer, 60), fill(to, 3)].concat();
                words.extend(call(4, &[(10, to), (11, odd), (12, length)]));
                let last = to.wrapping_add(length) & !31;
                let program = finish(words, &[to & !31, last.wrapping_sub(64), last, odd & !31]);
                let id = l1.register(&program);
                let (_, status) = compare_on(&mut l1, id, &program, B256::ZERO, &mut (), 9);
                assert!(matches!(status, Status::Halted(_)));
            }
        }
    }
}

#[test]
fn precompiles() {
    for address in (0..20).chain([255, 256, 257, 1 << 32 | 1, u64::MAX]) {
        for (length, gas) in [
            (0, 0),
            (32, 4_500_000),
            (128, 100_000),
            (128, 4_500_000),
            (192, 60_000),
            (213, 4_500_000),
            (160, 4_500_001),
            (24_577, 5),
            (24_576, 4_500_000),
        ] {
            if length == 24_576 && !matches!(address, 2 | 3) {
                continue;
            }
            let mut words = fill(0x1000, 24);
            words.extend(call(3, &[(10, address), (11, 0x1000), (12, length), (13, 0x3e0), (14, gas)]));
            words.extend([lux_machine::asm::r(Op::Add, 29, 10, 11)]);
            let program = finish(words, &[0x3e0]);
            // With too little gas the interpreter is more generous: programs ask for enough.
            if gas < 1000 && length < 1000 || gas == 60_000 {
                continue;
            }
            compare(&program, B256::ZERO, &mut (), 9);
        }
    }
}

#[test]
fn identity_points_and_modexp_succeed() {
    // Zeros are the point at infinity; 1^0 mod 5 with lengths of 1.
    for (address, length) in [(6, 128), (7, 96), (8, 192), (8, 0), (11, 256), (5, 99), (9, 213)] {
        let mut words = vec![];
        if address == 5 {
            words.extend(li(5, 0x1000));
            words.extend(li(6, 1));
            for at in [31, 63, 95, 96] {
                words.push(s(Op::Sb, 6, 5, at));
            }
            words.extend([i(Op::Addi, 6, 0, 5), s(Op::Sb, 6, 5, 98)]);
        }
        words.extend(call(3, &[(10, address), (11, 0x1000), (12, length), (13, 0x3e0), (14, 1_000_000)]));
        words.extend([lux_machine::asm::r(Op::Add, 29, 10, 11)]);
        compare(&finish(words, &[0x3e0]), B256::ZERO, &mut (), 9);
    }
}

#[test]
fn unknown_numbers_and_limits_fault() {
    let mut l1 = L1::new();
    for (number, arguments) in [
        (5, vec![]),
        (u64::MAX, vec![]),
        (1 << 32, vec![]),
        (1, vec![(15, 24_577)]),
        (1, vec![(15, u64::MAX)]),
        (2, vec![(11, 24_577)]),
        (3, vec![(10, 4)]),
        (4, vec![(12, 24_577)]),
        (4, vec![(12, u64::MAX)]),
        (3, vec![(10, 2), (12, 1 << 63)]),
        (3, vec![(10, 2), (14, 1 << 63)]),
    ] {
        let mut words = call(number, &arguments);
        words.push(jal(0, 0));
        let program = program(words);
        let id = l1.register(&program);
        let (_, status) = compare_on(&mut l1, id, &program, B256::ZERO, &mut (), 3);
        assert_eq!(status, Status::Faulted);
    }
}

/// Calls in loops, so that chunks end before and after them, by weight and by pages.
#[test]
fn many_calls() {
    let data: Bytes = (0..5000u64).map(|k| (k * 7) as u8).collect();
    let mut host = BTreeMap::from([(keccak256(&data), data.clone())]);
    for (length, stride, pad) in [(100, 32, 0), (3000, 512, 1), (24_576, 0x2000, 3), (700, 0x1_0020, 2)] {
        let mut words = li(20, 0);
        words.extend(li(21, stride));
        words.extend(li(22, 150));
        let top = words.len() as i32;
        words.extend([i(Op::Addi, 10, 20, 0), i(Op::Addi, 12, 20, 64)]);
        words.extend(li(11, length));
        words.extend(li(17, 2));
        words.push(ECALL);
        words.extend(vec![i(Op::Addi, 9, 9, 1); pad]);
        let mut arguments = hash_arguments(keccak256(&data));
        arguments.push((15, length));
        words.extend([i(Op::Addi, 14, 20, 0)]);
        words.extend(call(1, &arguments));
        words.extend([i(Op::Addi, 10, 20, 33), i(Op::Addi, 11, 20, 1)]);
        words.extend(call(4, &[(12, length)]));
        words.extend(call(3, &[(10, 2), (11, 64), (12, length), (13, 0), (14, 50_000)]));
        words.extend([lux_machine::asm::r(Op::Add, 20, 20, 21), i(Op::Addi, 22, 22, -1)]);
        let back = top - words.len() as i32;
        words.push(lux_machine::asm::b(Op::Bne, 22, 0, back));
        let (totals, status) = compare(&finish(words, &[0, 64]), B256::ZERO, &mut host, 1000);
        assert!(matches!(status, Status::Halted(_)), "{status:?}");
        assert!(totals.chunks > 1);
        println!("{totals:?}");
    }
}
