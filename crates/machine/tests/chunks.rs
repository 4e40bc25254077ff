//! Where chunks end, and what they weigh.
#![allow(clippy::unwrap_used)]

mod common;

use alloy_primitives::{B256, Bytes, keccak256};
use common::*;
use lux_machine::{Machine, Op, Program, RunError, Status, asm, decode, faulted_hash, halted_hash, trace};
use std::collections::BTreeMap;

fn nops(count: usize) -> Vec<u32> {
    vec![asm::i(Op::Addi, 0, 0, 0); count]
}

/// Weight of the first chunk.
fn first_chunk(program: &Program) -> (u64, Machine) {
    let mut machine = Machine::new(program, B256::ZERO);
    machine.run_chunk(&mut ()).unwrap();
    (machine.statistics().weight, machine)
}

#[test]
fn a_chunk_ends_at_the_first_jump_that_finds_the_weight_used_up() {
    for (body, weight) in [(0, 45_000), (1, 45_000), (4, 45_002), (993, 45_038)] {
        // The last body crosses into pages of its own.
        let pages = (body + 1usize).div_ceil(256) as u64;
        let program = program(&[&nops(body), &[asm::jal(0, -(body as i32))]]);
        let (got, machine) = first_chunk(&program);
        // Running on to another page weighs 1, jumping back to the first one more than within it.
        let round = body as u64 + 1 + (pages - 1) + u64::from(pages > 1);
        let rounds = (45_000 - 32 * pages).div_ceil(round);
        assert_eq!((got, weight), (32 * pages + rounds * round, weight));
        assert_eq!((machine.pc(), machine.status()), (0, Status::Running));
    }
}

#[test]
fn what_a_taken_jump_weighs() {
    let here = asm::u(Op::Auipc, 5, 0);
    for (jump, weight) in [
        (asm::jal(0, 2), 1),
        (asm::b(Op::Beq, 0, 0, 2), 1),
        (asm::b(Op::Bne, 0, 0, 2), 1),
        (asm::jal(1, 2), 2),
        (asm::i(Op::Jalr, 0, 5, 12), 2),
        (asm::i(Op::Jalr, 1, 5, 12), 2),
    ] {
        let (got, _) = first_chunk(&halting(&[&[here, jump], &nops(1)]));
        // A jump leaves out the instruction behind it.
        let skipped = u64::from(decode(jump).op != Op::Bne);
        assert_eq!(got, 32 + 1 + weight + 1 - skipped + 2, "{}", decode(jump));
    }
    for jump in [asm::jal(0, 256), asm::b(Op::Beq, 0, 0, 256), asm::b(Op::Bne, 0, 0, 256)] {
        let (got, _) = first_chunk(&halting(&[&[jump], &nops(255)]));
        let straight = decode(jump).op == Op::Bne;
        assert_eq!(got, 2 * 32 + if straight { 256 + 1 } else { 2 } + 2, "{}", decode(jump));
    }
}

#[test]
fn a_branch_that_is_not_taken_ends_nothing() {
    // 44,968 instructions are the limit: loop up to two short of it, pass branches not taken, then jump.
    let turns = 22_482;
    let head = asm::li(5, turns);
    let spin = [asm::i(Op::Addi, 5, 5, -1), asm::b(Op::Bne, 5, 0, -1)];
    let tail = [asm::b(Op::Bne, 0, 0, 5), asm::b(Op::Bne, 0, 0, 4), asm::b(Op::Bne, 0, 0, 3), asm::jal(0, 1), 0];
    let (weight, machine) = first_chunk(&program(&[&head, &spin, &tail]));
    assert_eq!(weight, 32 + head.len() as u64 + 2 * turns + 4);
    assert!(weight > 45_000);
    assert_eq!(machine.pc() as usize, head.len() + spin.len() + 4);
}

#[test]
fn running_on_to_another_code_page_ends_a_chunk_like_a_jump() {
    // 64 short of the limit, and more than a page to go without a jump.
    let turns = 22_452;
    let head = asm::li(5, turns);
    let spin = [asm::i(Op::Addi, 5, 5, -1), asm::b(Op::Bne, 5, 0, -1)];
    let program = halting(&[&head, &spin, &nops(700)]);
    let (weight, mut machine) = first_chunk(&program);
    assert_eq!((weight, machine.pc()), (32 + 2 * turns - 2 + 256 + 1, 256));
    machine.run(&mut (), LIMIT).unwrap();
    assert_eq!(machine.statistics().chunks, 2);

    let mut slow = Machine::new(&program, B256::ZERO);
    while slow.step(&mut ()).unwrap().is_some() {}
    assert_eq!(slow.statistics(), machine.statistics());
    // A call in the last word of the page has been made when the chunk ends.
    let calls = [asm::li(17, 2), asm::li(12, 512)].concat();
    let pad = 255 - head.len() - calls.len() - spin.len();
    let program = halting(&[&head, &calls, &spin, &nops(pad), &[asm::ECALL]]);
    let mut machine = finished(&program, B256::ZERO);
    let mut slow = Machine::new(&program, B256::ZERO);
    while slow.step(&mut ()).unwrap().is_some() {}
    assert_eq!(slow.statistics(), machine.statistics());
    assert_eq!((machine.statistics().ecalls, machine.state_hash()), ([1, 0, 1, 0, 0], slow.state_hash()));
}

#[test]
fn the_page_of_a_target_belongs_to_the_next_chunk() {
    // The jump to the second code page ends the chunk.
    let turns = 22_483;
    let head = asm::li(5, turns);
    let spin = [asm::i(Op::Addi, 5, 5, -1), asm::b(Op::Bne, 5, 0, -1)];
    let rest = 256 - head.len() - 2;
    let program = program(&[&head, &spin, &[asm::jal(0, rest as i32)], &nops(rest - 1), &asm::halt()]);
    let (weight, mut machine) = first_chunk(&program);
    assert_eq!((weight, machine.pc(), machine.statistics().code_pages), (45_002, 256, 1));
    machine.run(&mut (), LIMIT).unwrap();
    assert_eq!((machine.statistics().weight, machine.statistics().code_pages), (45_002 + 32 + 2, 2));
}

#[test]
fn pages_end_a_chunk_too() {
    let body = [asm::s(Op::Sd, 5, 5, 0), asm::i(Op::Addi, 5, 5, 512), asm::jal(0, -2)];
    let (weight, machine) = first_chunk(&program(&[&body]));
    assert_eq!((weight, machine.statistics().data_pages), (32 + 106 * 3, 106));
}

#[test]
fn the_19th_page_too_many_faults() {
    for (touched, status) in [(124, Status::Halted(B256::ZERO)), (125, Status::Faulted)] {
        let body = [asm::i(Op::Ld, 6, 5, 0), asm::i(Op::Addi, 5, 5, 512)].repeat(touched);
        let (_, machine) = first_chunk(&halting(&[&body]));
        assert_eq!(machine.status(), status);
        assert_eq!(machine.statistics().data_pages, 124);
    }
}

#[test]
fn final_states_are_constants() {
    let output = B256::repeat_byte(9);
    let run = trace(&halting(&[&nops(1)]), output, &mut (), 1).unwrap();
    assert_eq!((run.outcome, run.checkpoints), (Status::Halted(output), vec![halted_hash(&output)]));
    let run = trace(&program(&[&[0]]), output, &mut (), 1).unwrap();
    assert_eq!((run.outcome, run.checkpoints), (Status::Faulted, vec![faulted_hash()]));

    let mut preimage = b"lux-machine halted".to_vec();
    preimage.resize(32, 0);
    preimage.extend(output);
    assert_eq!(halted_hash(&output), keccak256(preimage));
    let mut machine = finished(&halting(&[]), output);
    assert_eq!(machine.run_chunk(&mut ()).unwrap(), Status::Halted(output));
    assert_eq!((machine.step(&mut ()).unwrap(), machine.statistics().chunks), (None, 1));
}

#[test]
fn runs_are_bounded() {
    let forever = program(&[&[asm::jal(0, 0)]]);
    assert_eq!(trace(&forever, B256::ZERO, &mut (), 3), Err(RunError::TooLong(3)));
    assert_eq!(Machine::new(&forever, B256::ZERO).run(&mut (), 3), Err(RunError::TooLong(3)));
}

/// A program that uses up so many instructions, and then calls.
fn call_after(instructions: u64, arguments: &[u32]) -> Program {
    let turns = (instructions - arguments.len() as u64 - 10) / 2;
    let head = asm::li(5, turns);
    let rest = instructions - arguments.len() as u64 - head.len() as u64 - 2 * turns;
    let spin = [asm::i(Op::Addi, 5, 5, -1), asm::b(Op::Bne, 5, 0, -1)];
    halting(&[&head, &spin, &nops(rest as usize), arguments, &[asm::ECALL]])
}

#[test]
fn a_call_that_does_not_fit_belongs_to_the_next_chunk() {
    let keccak = [asm::li(17, 2), asm::li(10, 0), asm::li(11, 1000), asm::li(12, 4096)].concat();
    let precompile = [asm::li(17, 3), asm::li(10, 2), asm::li(12, 1000), asm::li(13, 4096), asm::li(14, 150)].concat();
    let copy = [asm::li(17, 4), asm::li(10, 4096), asm::li(11, 1), asm::li(12, 1000)].concat();
    for (arguments, weight) in [(keccak, 32 + 3 * 32), (precompile, 64 + 3 * 32 + 2), (copy, 16 + 32)] {
        let most = 45_000 - 32 - weight;
        let fits = finished(&call_after(most, &arguments), B256::ZERO);
        assert_eq!((fits.statistics().chunks, fits.statistics().weight), (1, 32 + most + weight + 3));

        let deferred = call_after(most + 1, &arguments);
        let (first, mut machine) = first_chunk(&deferred);
        assert_eq!(first, 32 + most + 1);
        assert_eq!(deferred.text()[machine.pc() as usize], asm::ECALL);
        machine.run(&mut (), LIMIT).unwrap();
        assert_eq!((machine.statistics().chunks, machine.statistics().weight), (2, 32 + most + 1 + 32 + weight + 3));
    }
}

#[test]
fn a_preimage_weighs_its_length_and_counts_its_pages() {
    let data = Bytes::from(vec![7; 24_000]);
    let hash = keccak256(&data);
    let mut host = BTreeMap::from([(hash, data)]);
    // Of 106 pages the first one counts 47 and touches as many, so that another does not fit.
    let set = [asm::li(17, 1), asm::li(14, 0), asm::li(15, 24_000)].concat();
    let again = asm::li(10, u64::from_le_bytes(hash[..8].try_into().unwrap()));
    let program = halting(&[&set, &[asm::ECALL], &again, &[asm::ECALL]]);
    let mut machine = Machine::new(&program, hash);
    machine.run_chunk(&mut host).unwrap();
    assert_eq!((machine.status(), machine.statistics().ecalls), (Status::Running, [0, 1, 0, 0, 0]));
    let instructions = u64::from(machine.pc());
    assert_eq!(machine.statistics().weight, 32 + instructions + 64 + 7 * 750);
    machine.run(&mut host, LIMIT).unwrap();
    assert_eq!(machine.statistics().data_pages, 2 * 47);
    assert_eq!(x(&machine, 10), 24_000);
}

#[test]
fn a_chunk_ends_after_a_preimage_longer_than_its_capacity() {
    let data = Bytes::from(vec![7; 24_576]);
    let hash = keccak256(&data);
    let mut host = BTreeMap::from([(hash, data)]);
    for (capacity, chunks) in [(0, 2), (24_575, 2), (24_576, 1)] {
        for nops_before in [0, 246] {
            let set = [nops(nops_before), asm::li(17, 1), asm::li(15, capacity)].concat();
            let program = halting(&[&set, &[asm::ECALL], &nops(2)]);
            let mut machine = Machine::new(&program, hash);
            machine.run_chunk(&mut host).unwrap();
            assert_eq!(x(&machine, 10), 24_576);
            if chunks == 2 {
                assert_eq!((machine.status(), machine.pc() as usize), (Status::Running, set.len() + 1));
            }
            machine.run(&mut host, LIMIT).unwrap();
            assert_eq!(machine.statistics().chunks, chunks, "{capacity}");
        }
    }
}

#[test]
fn the_reserve_of_a_preimage_is_exact() {
    let data = Bytes::from(vec![7; 24_000]);
    let hash = keccak256(&data);
    let short = Bytes::from_static(b"short");
    let mut host = BTreeMap::from([(hash, data), (keccak256(&short), short.clone())]);
    let set = |hash: B256| {
        let words = hash.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap()));
        words.zip(10..).flat_map(|(word, register)| asm::li(register, word)).collect::<Vec<_>>()
    };
    // 94 pages are used, and one is touched besides: 11 of 106 are left, the reserve of a page's capacity.
    let touch = [asm::li(5, 1 << 20), vec![asm::i(Op::Ld, 6, 5, 0)]].concat();
    for (capacity, chunks) in [(512, 1), (2 * 512 - 1, 1), (2 * 512, 2)] {
        let first = [asm::li(17, 1), asm::li(15, 24_000), vec![asm::ECALL], touch.clone()].concat();
        let last = [set(keccak256(&short)), asm::li(15, capacity), vec![asm::ECALL]].concat();
        let mut machine = Machine::new(&halting(&[&first, &last]), hash);
        machine.run(&mut host, LIMIT).unwrap();
        assert_eq!(machine.statistics().chunks, chunks, "{capacity}");
    }
    let mut host = BTreeMap::from([(keccak256([]), Bytes::new())]);
    for (capacity, reserve) in [(0, 64), (1000, 64 + 7 * 32)] {
        let arguments = [asm::li(17, 1), asm::li(15, capacity)].concat();
        for (spare, chunks) in [(0, 1), (1, 2)] {
            let program = call_after(45_000 - 32 - reserve + spare, &arguments);
            let mut machine = Machine::new(&program, keccak256([]));
            machine.run(&mut host, LIMIT).unwrap();
            assert_eq!(machine.statistics().chunks, chunks, "{capacity}");
        }
    }
}

#[test]
fn calls_that_fault_do_so_before_they_are_deferred() {
    let arguments = [asm::li(17, 2), asm::li(11, 24_577)].concat();
    let (_, machine) = first_chunk(&call_after(44_752, &arguments));
    assert_eq!(machine.status(), Status::Faulted);
    // And HALT has no reserve.
    let (_, machine) = first_chunk(&call_after(44_852, &[]));
    assert!(matches!(machine.status(), Status::Halted(_)));
}

#[test]
fn steps_are_the_run_in_slow_motion() {
    let arguments = [asm::li(17, 2), asm::li(10, 0), asm::li(11, 1000), asm::li(12, 4096)].concat();
    for program in [call_after(49_700, &arguments), call_after(1000, &[])] {
        let run = trace(&program, B256::ZERO, &mut (), LIMIT).unwrap();
        let mut machine = Machine::new(&program, B256::ZERO);
        let mut steps = Vec::new();
        while let Some(step) = machine.step(&mut ()).unwrap() {
            steps.push(step);
        }
        assert_eq!(machine.statistics(), &run.statistics);
        assert_eq!(steps.len() as u64, run.instructions);
        assert_eq!(steps.last().unwrap().chunk + 1, run.statistics.chunks);
        assert_eq!(
            steps[0].to_string().trim_end(),
            format!("    0      0 {:<28} x5={:#x}", steps[0].instruction.to_string(), steps[0].changes[0].1)
        );
    }
}
