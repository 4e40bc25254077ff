use crate::{
    blocks::Blocks,
    elf::{Elf, TEXT_BASE},
    encode::{encode, is_same_program, move_addresses},
    order::Order,
    place::{Placed, place},
};
use lux_machine::{Machine, Op, Program, Status, asm};
use std::collections::HashSet;

const ADD: usize = 14;

/// A loop that calls a function in two ways, with thousands of words between them, some of which it runs.
fn program() -> Elf {
    let function = 3_000;
    let mut text = vec![
        asm::i(Op::Addi, 6, 0, 20),
        asm::b(Op::Beq, 6, 0, 11),
        asm::i(Op::Andi, 7, 6, 1),
        asm::b(Op::Bne, 7, 0, 5),
        // An address in a register.
        asm::u(Op::Lui, 5, 0),
        asm::i(Op::Addi, 5, 5, 0),
        asm::i(Op::Jalr, 1, 5, 0),
        asm::jal(0, 3),
        // A call.
        asm::u(Op::Auipc, 1, 3 << 12),
        asm::i(Op::Jalr, 1, 1, 4 * (function - 8) - (3 << 12)),
        asm::i(Op::Addi, 6, 6, -1),
        asm::b(Op::Bge, 6, 0, -10),
        asm::i(Op::Addi, 10, 10, 1_000),
        asm::jal(0, ADD as i32 - 13),
    ];
    text.extend(asm::halt());
    text.resize(function as usize - 1, asm::i(Op::Addi, 11, 11, 1));
    text.push(asm::i(Op::Jalr, 0, 1, 0));
    text.extend([
        asm::b(Op::Bne, 7, 0, 3),
        asm::i(Op::Addi, 10, 10, 3),
        asm::i(Op::Jalr, 0, 1, 0),
        asm::i(Op::Addi, 10, 10, 100),
        asm::b(Op::Beq, 0, 0, -1_000),
        asm::jal(0, -1),
    ]);
    let address = TEXT_BASE + 4 * function as u64;
    text[4] |= ((address + 0x800) >> 12 << 12) as u32;
    text[5] |= (address << 20) as u32;
    let functions = [(0, "main"), (function as usize - 1_001, "between"), (function as usize, "function")];
    Elf::of(text, functions.map(|(index, name)| (index, name.to_owned())).to_vec(), address)
}

fn run(text: Vec<u32>, entry: usize) -> Status {
    let program = Program::new(text, entry as u32, vec![]).unwrap();
    let mut machine = Machine::new(&program, Default::default());
    machine.run(&mut (), 100).unwrap()
}

fn moved(elf: &Elf, runs: impl Fn(usize) -> bool) -> (Blocks, Placed, Vec<u32>) {
    let blocks = Blocks::find(elf).unwrap();
    let runs: HashSet<usize> = (0..elf.text.len()).filter(|&index| runs(index)).collect();
    let functions = vec![3_000..elf.text.len(), 0..1_999];
    let placed = place(&blocks, &Order { functions, runs }).unwrap();
    let text = encode(&blocks, &placed).unwrap();
    (blocks, placed, text)
}

#[test]
fn moved_programs_do_the_same() {
    let elf = program();
    let expected = run(elf.text.clone(), 0);
    assert!(matches!(expected, Status::Halted(_)), "{expected:?}");
    for seed in 0..200_u64 {
        let (blocks, placed, text) = moved(&elf, |index| ((seed * 0x9e37_79b9) >> (index * 7 % 31)) & 1 == 1);
        assert!(is_same_program(&blocks, &placed, &text), "{seed}");
        assert_eq!(run(text, placed.new_index(0).unwrap()), expected, "{seed}");
    }
}

#[test]
fn any_changed_word_is_noticed() {
    let (blocks, placed, text) = moved(&program(), |index| index % 3 == 0);
    for index in (0..100).chain(text.len() - 100..text.len()) {
        for bit in [9, 13, 22] {
            let mut changed = text.clone();
            changed[index] ^= 1 << bit;
            assert!(!is_same_program(&blocks, &placed, &changed), "word {index}, bit {bit}");
        }
    }
}

#[test]
fn addresses_in_data_move() {
    let mut elf = program();
    let (_, placed, _) = moved(&elf, |_| true);
    move_addresses(&mut elf, &placed).unwrap();
    let file = elf.replace_text(&[], 0).unwrap();
    assert_eq!(file[..8], TEXT_BASE.to_le_bytes(), "the function comes first");
}

#[test]
fn what_runs_is_close_together() {
    let hot = |index| index < 14 || (3_000..3_003).contains(&index);
    let (blocks, placed, _) = moved(&program(), hot);
    let last = (0..blocks.text.len()).filter(|&index| hot(index)).map(|index| placed.new_index(index).unwrap()).max();
    assert!(last < Some(25), "{last:?}");
}
