//! What each `ECALL` does.
#![allow(clippy::unwrap_used)]

mod common;

use alloy_primitives::{B256, Bytes, hex, keccak256};
use common::*;
use lux_machine::{Host, Machine, Op, Program, RunError, Status, asm};
use std::collections::BTreeMap;

const SOURCE: u64 = 1024;
const DESTINATION: u64 = 0x10_0000;

fn page_with(bytes: &[u8]) -> Box<[u8; 512]> {
    let mut page = Box::new([0; 512]);
    page[..bytes.len()].copy_from_slice(bytes);
    page
}

/// A call with these registers, and data at [`SOURCE`].
fn call(registers: &[(u8, u64)], source: &[u8]) -> Program {
    let mut text: Vec<u32> = registers.iter().flat_map(|&(register, value)| asm::li(register, value)).collect();
    text.push(asm::ECALL);
    // Keeps the results from being taken for an output.
    text.extend([asm::r(Op::Add, 20, 10, 0), asm::r(Op::Add, 21, 11, 0)]);
    text.extend(asm::halt());
    let data = source.chunks(512).zip(2..).map(|(chunk, index)| (index, page_with(chunk))).collect();
    Program::new(text, 0, data).unwrap()
}

fn keccak(source: u64, length: u64, destination: u64, data: &[u8]) -> Machine {
    finished(&call(&[(17, 2), (10, source), (11, length), (12, destination)], data), B256::ZERO)
}

/// Success, length and the destination of a precompile.
fn precompile(address: u64, data: &[u8], gas: u64) -> (u64, u64, Machine) {
    let registers = [(17, 3), (10, address), (11, SOURCE), (12, data.len() as u64), (13, DESTINATION), (14, gas)];
    let machine = finished(&call(&registers, data), B256::ZERO);
    (x(&machine, 20), x(&machine, 21), machine)
}

#[test]
fn keccak_hashes_what_is_there() {
    let data: Vec<u8> = (0..1500u32).map(|k| (k * 7) as u8).collect();
    for length in [0, 1, 31, 32, 33, 511, 512, 513, 1500] {
        let machine = keccak(SOURCE, length, DESTINATION, &data);
        assert_eq!(bytes(&machine, DESTINATION as usize, 32), keccak256(&data[..length as usize]));
        let pages = length.div_ceil(512) + 1;
        assert_eq!(machine.statistics().data_pages, pages);
    }
    let pages = keccak(SOURCE, 24_576, DESTINATION, &data);
    let padded = [data.as_slice(), &[0; 24_576 - 1500]].concat();
    assert_eq!(bytes(&pages, DESTINATION as usize, 32), keccak256(padded));
    assert_eq!(keccak(SOURCE, 24_577, DESTINATION, &[]).status(), Status::Faulted);
    assert_eq!(keccak(SOURCE, 1 << 63, DESTINATION, &[]).status(), Status::Faulted);
}

/// What is where `destination` points to after a copy.
fn copied(destination: u64, source: u64, length: u64, data: &[u8]) -> Vec<u8> {
    let machine = finished(&call(&[(17, 4), (10, destination), (11, source), (12, length)], data), B256::ZERO);
    assert!(matches!(machine.status(), Status::Halted(_)));
    (0..length).map(|k| bytes(&machine, (destination + k) as usize, 1)[0]).collect()
}

#[test]
fn copies_are_exact_and_may_overlap() {
    let data: Vec<u8> = (0..1500u32).map(|k| (k * 7 + k / 256) as u8).collect();
    for length in [0, 1, 7, 31, 512, 513, 1400] {
        for (from, to) in
            [(0, DESTINATION), (1, DESTINATION + 3), (77, DESTINATION + 500), (60, SOURCE), (3, SOURCE + 90)]
        {
            assert_eq!(
                copied(to, SOURCE + from, length, &data),
                data[from as usize..][..length as usize],
                "{from} {to}"
            );
        }
    }
    let touched = |destination, source, length| {
        let machine = finished(&call(&[(17, 4), (10, destination), (11, source), (12, length)], &data), B256::ZERO);
        machine.statistics().data_pages
    };
    assert_eq!(
        [touched(DESTINATION, SOURCE, 0), touched(DESTINATION, SOURCE + 511, 1), touched(DESTINATION, SOURCE + 511, 2)],
        [0, 2, 3]
    );
    assert_eq!(touched(DESTINATION + 511, SOURCE + 511, 24_576), 98);
    let status = |length| finished(&call(&[(17, 4), (12, length)], &[]), B256::ZERO).status();
    assert!(matches!(status(24_576), Status::Halted(_)));
    assert_eq!([status(24_577), status(1 << 63)], [Status::Faulted; 2]);
}

#[test]
fn copies_wrap_around_the_end_of_memory() {
    let end = (1 << 27) - 3;
    let data: Vec<u8> = (1..=9).collect();
    let there = [(17, 4), (10, end), (11, SOURCE), (12, 9)];
    let back = [(10, (1 << 40) + DESTINATION), (11, end)];
    let mut text: Vec<u32> = there.iter().flat_map(|&(register, value)| asm::li(register, value)).collect();
    text.push(asm::ECALL);
    text.extend(back.iter().flat_map(|&(register, value)| asm::li(register, value)));
    text.push(asm::ECALL);
    text.extend(asm::halt());
    let machine = finished(&Program::new(text, 0, vec![(2, page_with(&data))]).unwrap(), B256::ZERO);
    assert_eq!(bytes(&machine, DESTINATION as usize, 9), data);
    assert_eq!(bytes(&machine, 0, 6), &data[3..]);
}

#[test]
fn pointers_are_rounded_down_and_buffers_wrap() {
    let data = [5; 512];
    let machine = keccak(SOURCE + 31 + (1 << 40), 100, u64::MAX, &data);
    assert_eq!(bytes(&machine, (1 << 27) - 32, 32), keccak256([5; 100]));
    // From the last 32 bytes around to the first ones.
    let text = [
        asm::li(5, 0x1122),
        vec![asm::s(Op::Sd, 5, 0, -8), asm::s(Op::Sd, 5, 0, 8)],
        asm::li(17, 2),
        asm::li(10, (1 << 27) - 32),
        asm::li(11, 64),
        asm::li(12, DESTINATION),
        vec![asm::ECALL],
    ];
    let machine = finished(&halting(&[&text.concat()]), B256::ZERO);
    let mut source = [0; 64];
    source[24..26].copy_from_slice(&[0x22, 0x11]);
    source[40..42].copy_from_slice(&[0x22, 0x11]);
    assert_eq!(bytes(&machine, DESTINATION as usize, 32), keccak256(source));
    assert_eq!(machine.statistics().data_pages, 3);
}

/// A machine that asks for the preimage in its input.
fn asking(hash: B256, destination: u64, capacity: u64) -> Machine {
    let fill = asm::i(Op::Addi, 6, 0, -1);
    let marks = (0..8).map(|k| asm::s(Op::Sd, 6, 5, 8 * k)).collect::<Vec<_>>();
    let before = [asm::li(5, DESTINATION), vec![fill], marks, asm::li(17, 1), asm::li(14, destination)].concat();
    let after = [asm::r(Op::Add, 20, 10, 0)];
    Machine::new(&halting(&[&before, &asm::li(15, capacity), &[asm::ECALL], &after]), hash)
}

#[test]
fn preimages_are_cut_and_padded() {
    let data = Bytes::from((1..=40).collect::<Vec<u8>>());
    let hash = keccak256(&data);
    let mut host = BTreeMap::from([(hash, data.clone())]);
    for (capacity, written) in [(0, 0), (1, 32), (5, 32), (32, 32), (33, 64), (40, 64), (1000, 64)] {
        let mut machine = asking(hash, DESTINATION + 17, capacity);
        machine.run(&mut host, LIMIT).unwrap();
        let mut expected = [0xff; 64];
        expected[..written].fill(0);
        let length = data.len().min(capacity as usize);
        expected[..length].copy_from_slice(&data[..length]);
        assert_eq!(bytes(&machine, DESTINATION as usize, 64), expected, "{capacity}");
        assert_eq!(x(&machine, 20), 40);
    }
    let mut machine = asking(hash, DESTINATION, 24_577);
    assert_eq!(machine.run(&mut host, LIMIT).unwrap(), Status::Faulted);
    // An empty preimage touches nothing.
    let empty = keccak256([]);
    let mut machine = asking(empty, 0, 100);
    machine.run(&mut BTreeMap::from([(empty, Bytes::new())]), LIMIT).unwrap();
    assert_eq!((x(&machine, 20), machine.statistics().data_pages), (0, 1));
}

#[test]
fn a_run_goes_on_once_the_host_has_the_preimage() {
    struct Liar(Bytes);
    impl Host for Liar {
        fn preimage(&mut self, _: &B256) -> Option<Bytes> {
            Some(self.0.clone())
        }
    }
    let data = Bytes::from_static(b"somewhere");
    let hash = keccak256(&data);
    let mut machine = asking(hash, DESTINATION, 100);
    assert_eq!(machine.run_chunk(&mut ()), Err(RunError::MissingPreimage(hash)));
    assert_eq!(machine.run_chunk(&mut Liar(Bytes::from_static(b"else"))), Err(RunError::WrongPreimage(hash)));
    let long = RunError::PreimageTooLong { hash, length: 24_577 };
    assert_eq!(machine.run_chunk(&mut Liar(vec![0; 24_577].into())), Err(long));
    assert_eq!(machine.prove_chunk(&mut ()), Err(RunError::MidChunk));
    assert!(machine.step(&mut ()).is_err());
    let mut fresh = asking(hash, DESTINATION, 100);
    for machine in [&mut machine, &mut fresh] {
        machine.run(&mut Liar(data.clone()), LIMIT).unwrap();
    }
    assert_eq!(machine.statistics(), fresh.statistics());
    assert_eq!(machine.registers(), fresh.registers());
    assert_eq!(machine.memory_root(), fresh.memory_root());
}

#[test]
fn precompiles_answer() {
    let (success, length, machine) = precompile(2, b"abc", 1000);
    assert_eq!((success, length), (1, 32));
    let sha256 = hex!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(bytes(&machine, DESTINATION as usize, 32), sha256);

    // 3^5 mod 7 in 5 bytes: padded to 32.
    let mut modexp = [0; 96 + 7];
    (modexp[31], modexp[63], modexp[95]) = (1, 1, 5);
    modexp[96..].copy_from_slice(&[3, 5, 0, 0, 0, 0, 7]);
    let (success, length, machine) = precompile(5, &modexp, 10_000);
    assert_eq!((success, length), (1, 5));
    assert_eq!(bytes(&machine, DESTINATION as usize, 5), [0, 0, 0, 0, 5]);

    // No signature is no failure, just no output.
    for (address, length) in [(1, 128), (256, 160)] {
        let (success, length, machine) = precompile(address, &vec![0; length], 20_000);
        assert_eq!((success, length, machine.statistics().data_pages), (1, 0, 1));
    }
}

#[test]
fn precompiles_fail_on_bad_input_only() {
    // Not on the curve; wrong lengths; a modexp of 1,025 bytes; more rounds than any gas pays for.
    let mut long = vec![0; 96];
    (long[30], long[31]) = (4, 1);
    let mut endless = vec![0; 213];
    endless[..4].fill(0xff);
    for (address, input) in
        [(6, vec![1; 128]), (8, vec![0; 191]), (9, vec![0; 212]), (5, long), (9, endless), (10, vec![1])]
    {
        let (success, length, machine) = precompile(address, &input, 4_500_000);
        assert_eq!((success, length), (0, 0), "{address}");
        assert_eq!(machine.statistics().data_pages, 1);
    }
    // Not for want of gas.
    let (success, length, _) = precompile(8, &[0; 192], 0);
    assert_eq!((success, length), (1, 32));
}

#[test]
fn the_known_precompiles_are_those_of_the_specification() {
    for address in (0..20).chain([255, 256, 257, 1 << 32, 1 << 63, (1 << 32) + 2]) {
        let known = matches!(address, 1..=3 | 5..=17 | 256);
        let (.., machine) = precompile(address, &[], 0);
        assert_eq!(machine.status() != Status::Faulted, known, "{address}");
    }
    assert_eq!(precompile(2, &[], 4_500_001).2.status(), Status::Faulted);
    let registers = [(17, 3), (10, 2), (11, SOURCE), (12, 24_577), (13, DESTINATION), (14, 0)];
    assert_eq!(finished(&call(&registers, &[]), B256::ZERO).status(), Status::Faulted);
}

#[test]
fn unknown_numbers_fault() {
    for number in [5, 6, 93, 1 << 32, u64::MAX] {
        assert_eq!(finished(&call(&[(17, number)], &[]), B256::ZERO).status(), Status::Faulted);
    }
}
