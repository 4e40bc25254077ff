//! Whatever the image, the file and the input are: a typed error or a defined state.
#![allow(clippy::unwrap_used)]

mod common;

use common::{elf::link, generate::Random, *};
use lux_machine::{ElfError, ImageError, MAX_TEXT_WORDS, Machine, PAGES, Program, Status, asm};
use proptest::prelude::*;

/// Words that are anything, mostly instructions.
fn words() -> impl Strategy<Value = Vec<u32>> {
    let instruction = any::<u64>().prop_map(|seed| asm::encode(Random(seed).instruction()));
    prop::collection::vec(prop_oneof![20 => instruction, 1 => any::<u32>(), 1 => Just(asm::ECALL)], 1..600)
}

fn page() -> impl Strategy<Value = (u32, Box<[u8; 512]>)> {
    (any::<u32>(), any::<u8>()).prop_map(|(index, byte)| (index % (PAGES as u32 + 10), Box::new([byte; 512])))
}

fn image_error(text: Vec<u32>, entry: u32, data: Vec<(u32, Box<[u8; 512]>)>) -> ImageError {
    Program::new(text, entry, data).unwrap_err()
}

proptest! {
    #[test]
    fn random_images_run(
        text in words(),
        entry in 0..700u32,
        data in prop::collection::vec(page(), 0..4),
        registers in any::<[u64; 4]>(),
    ) {
        let Ok(program) = Program::new(text, entry, data) else { return Ok(()) };
        let mut machine = Machine::new(&program, input(registers));
        let mut steps = machine.clone();
        for _ in 0..3 {
            if machine.run_chunk(&mut ()).is_err() {
                break;
            }
            prop_assert!(machine.statistics().weight < machine.statistics().chunks * 130_000);
        }
        // The same, a bit of it, in steps.
        for _ in 0..500 {
            let Ok(Some(step)) = steps.step(&mut ()) else { break };
            prop_assert!(!step.to_string().is_empty());
        }
        if steps.status() != Status::Running {
            prop_assert_eq!(steps.state_hash(), machine.state_hash());
        }
    }

    #[test]
    fn random_files_are_refused_or_run(mut file in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Program::from_elf(&file);
        file.splice(0..file.len().min(7), *b"\x7fELF\x02\x01\x01");
        let _ = Program::from_elf(&file);
    }

    #[test]
    fn damaged_files_are_refused_or_run(
        damage in prop::collection::vec((0..0x1020usize, any::<u8>()), 1..4),
        header in 0..176usize,
        byte in any::<u8>(),
        length in 0..0x3000usize,
    ) {
        let mut file = link(&[asm::jal(0, 0); 4], 1, 0x1f0, &[1; 100], 200);
        for (position, byte) in damage {
            file[position] = byte;
        }
        file[header] = byte;
        let _ = Program::from_elf(&file);
        file.truncate(length);
        let _ = Program::from_elf(&file);
    }
}

#[test]
fn images_obey_the_rules() {
    let jump = asm::jal(0, 0);
    let page = || Box::new([1; 512]);
    assert_eq!(image_error(vec![], 0, vec![]), ImageError::TextLength(0));
    assert_eq!(image_error(vec![jump; MAX_TEXT_WORDS + 1], 0, vec![]), ImageError::TextLength(MAX_TEXT_WORDS + 1));
    assert_eq!(image_error(vec![jump; 3], 3, vec![]), ImageError::Entry(3));
    assert_eq!(image_error(vec![jump], 0, vec![(PAGES as u32, page())]), ImageError::PageIndex(PAGES as u32));
    assert_eq!(image_error(vec![jump], 0, vec![(5, page()), (5, page())]), ImageError::DuplicatePage(5));

    // The longest text, and from its last word past the end.
    let longest =
        Program::new([vec![jump; MAX_TEXT_WORDS - 1], vec![0x13]].concat(), MAX_TEXT_WORDS as u32 - 1, vec![]);
    assert_eq!(finished(&longest.unwrap(), input([0; 4])).status(), Status::Faulted);
}

#[test]
fn files_become_images() {
    let text = [asm::jal(0, 0), asm::ECALL];
    let program = Program::from_elf(&link(&text, 1, 0x1f0, &[1; 100], 5000)).unwrap();
    assert_eq!((program.text(), program.entry()), (text.as_slice(), 1));
    let pages: Vec<_> = program.data().iter().map(|(index, _)| *index).collect();
    assert_eq!(pages, [0, 1]);
    let mut memory = vec![0; 1024];
    memory[0x1f0..0x1f0 + 100].fill(1);
    assert_eq!([program.data()[0].1.as_slice(), program.data()[1].1.as_slice()].concat(), memory);
    assert_eq!(Machine::new(&program, input([0; 4])).memory_root(), program.memory_root());
}

#[test]
fn files_obey_the_rules() {
    let good = link(&[asm::jal(0, 0); 4], 0, 0x1000, &[1; 100], 200);
    Program::from_elf(&good).unwrap();
    let error = |position: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[position..position + bytes.len()].copy_from_slice(bytes);
        match Program::from_elf(&file) {
            Err(ImageError::Elf(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    // Offsets into the two program headers.
    let (text, data) = (64, 64 + 56);
    assert_eq!(error(4, &[1]), ElfError::Kind("identification"));
    assert_eq!(error(16, &[3]), ElfError::Kind("type"));
    assert_eq!(error(18, &[62]), ElfError::Kind("machine"));
    assert_eq!(error(48, &[1]), ElfError::Kind("compressed instructions"));
    assert_eq!(error(54, &[55]), ElfError::Kind("program header size"));
    assert_eq!(error(56, &[65]), ElfError::TooManySegments(65));
    assert_eq!(error(32, &[0xff; 8]), ElfError::Truncated);
    assert_eq!(error(32, &[0]), ElfError::Kind("program header offset"));
    assert_eq!(error(24, &2u64.to_le_bytes()), ElfError::Entry(2));
    assert_eq!(error(24, &0x0800_0002u64.to_le_bytes()), ElfError::Entry(0x0800_0002));
    assert_eq!(error(24, &0x0800_0010u64.to_le_bytes()), ElfError::Entry(0x0800_0010));
    assert_eq!(error(text + 4, &[7]), ElfError::Text("writable"));
    assert_eq!(error(text + 4, &[4]), ElfError::Text("not exactly one"));
    assert_eq!(error(data + 4, &[5]), ElfError::Text("not exactly one"));
    assert_eq!(error(text + 16, &[4]), ElfError::Text("misplaced"));
    assert_eq!(error(text + 40, &[17]), ElfError::Text("not whole words of the file"));
    assert_eq!(error(text + 32, &[18]), ElfError::Text("not whole words of the file"));
    assert_eq!(error(text + 32, &[0xff; 8]), ElfError::Truncated);
    assert_eq!(error(text + 8, &[0xff; 8]), ElfError::Truncated);
    assert_eq!(error(data + 16, &(1u64 << 27).to_le_bytes()), ElfError::Segment(1 << 27));
    assert_eq!(error(data + 16, &u64::MAX.to_le_bytes()), ElfError::Segment(u64::MAX));
    assert_eq!(error(data + 40, &[1]), ElfError::Segment(0x1000));
    assert_eq!(error(data + 40, &[0xff; 8]), ElfError::Segment(0x1000));
    let truncated = &good[..good.len() - 1];
    assert_eq!(Program::from_elf(truncated).unwrap_err(), ImageError::Elf(ElfError::Truncated));
    assert!(Program::from_elf(&[]).is_err());

    // A third segment within the second one.
    let mut three = good.clone();
    three.copy_within(data..data + 56, data + 56);
    three[56] = 3;
    three[data + 56 + 16..data + 56 + 24].copy_from_slice(&0x10c7u64.to_le_bytes());
    assert_eq!(Program::from_elf(&three).unwrap_err(), ImageError::Elf(ElfError::Overlap(0x10c7)));
}
