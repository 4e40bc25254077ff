//! Random programs against qemu: another implementation of RV64IM, by people who did not read our code.
#![allow(clippy::unwrap_used)]

mod common;

use common::{alu, elf::link, generate::Random, *};
use lux_machine::{Instruction, Op, Program, Status, asm};
use std::{io::Write, os::unix::fs::OpenOptionsExt, path::Path, process::Command};

/// Where loads, stores and the registers in the end go: 4 KiB each.
const DATA: u64 = 0x0010_0000;
const DATA_BYTES: usize = 8192;
const PROGRAMS: u64 = 60;
const INSTRUCTIONS: usize = 300;

/// Registers with a purpose: the counter of the loop, a jump's target, the middle of the data.
const COUNTER: u8 = 29;
const TARGET: u8 = 30;
const BASE: u8 = 31;

#[test]
fn random_programs_do_what_they_do_on_qemu() {
    let Some(qemu) = find("qemu-riscv64") else {
        assert!(std::env::var_os("CI").is_none(), "CI has qemu-riscv64");
        eprintln!("skipped: no qemu-riscv64 in PATH");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    for seed in 0..PROGRAMS {
        let mut random = Random(seed);
        let body = body(&mut random);
        let data: Vec<u8> = (0..4096).map(|_| random.next() as u8).collect();
        let program = |end: Vec<u32>| link(&[body.clone(), end].concat(), 0, DATA, &data, DATA_BYTES as u64);

        let file = directory.path().join(format!("{seed}.elf"));
        let mut options = std::fs::OpenOptions::new();
        let mut handle = options.write(true).create_new(true).mode(0o755).open(&file).unwrap();
        handle.write_all(&program(write_and_exit())).unwrap();
        drop(handle);
        let output = Command::new(&qemu).arg(&file).output().unwrap();
        assert!(output.status.success(), "seed {seed}: {output:?}");
        assert_eq!(output.stdout.len(), DATA_BYTES, "seed {seed}");

        let ours = finished(&Program::from_elf(&program(asm::halt())).unwrap(), input([0; 4]));
        assert!(matches!(ours.status(), Status::Halted(_)), "seed {seed}");
        assert!(ours.statistics().instructions > 1000, "seed {seed}");
        let memory: Vec<u8> = (0..DATA_BYTES / 512).flat_map(|k| *ours.page((DATA / 512) as u32 + k as u32)).collect();
        for register in 1..29 {
            let value = |memory: &[u8]| u64::from_le_bytes(memory[4096 + 8 * register..][..8].try_into().unwrap());
            assert_eq!(value(&memory), value(&output.stdout), "seed {seed}, x{register}");
        }
        assert!(memory == output.stdout, "seed {seed}: memory");
    }
}

/// Sets the registers, runs random instructions a few times over, and writes the registers to memory.
fn body(random: &mut Random) -> Vec<u32> {
    let mut text: Vec<u32> = (1..COUNTER).flat_map(|register| asm::li(register, random.value())).collect();
    text.extend(asm::li(BASE, DATA + 2048));
    text.extend(asm::li(COUNTER, 10));
    let start = text.len();
    // A branch skips whole items.
    let items: Vec<Vec<u32>> = (0..INSTRUCTIONS).map(|_| item(random)).collect();
    for (position, words) in items.iter().enumerate() {
        let skipped = items[position + 1..].iter().take(1 + random.below(6) as usize);
        let offset = 1 + skipped.map(Vec::len).sum::<usize>() as i32;
        let [rd, rs1, rs2] = [0; 3].map(|_: i32| random.below(29) as u8);
        match words.as_slice() {
            [0] => text.push(asm::b(branch(random), rs1, rs2, offset)),
            [1] => text.push(asm::jal(rd, offset)),
            [0, 0] => text.extend([asm::u(Op::Auipc, TARGET, 0), asm::i(Op::Jalr, rd, TARGET, 4 * offset + 4)]),
            words => text.extend(words),
        }
    }
    text.extend([asm::i(Op::Addi, COUNTER, COUNTER, -1), asm::b(Op::Beq, COUNTER, 0, 2)]);
    text.push(asm::jal(0, start as i32 - text.len() as i32));
    text.extend([asm::i(Op::Addi, BASE, BASE, 2047), asm::i(Op::Addi, BASE, BASE, 1)]);
    text.extend((1..32).map(|register| asm::s(Op::Sd, register, BASE, 8 * i32::from(register))));
    text
}

fn branch(random: &mut Random) -> Op {
    random.pick(&[Op::Beq, Op::Bne, Op::Blt, Op::Bge, Op::Bltu, Op::Bgeu])
}

/// Words of an instruction; of jumps, placeholders of the right length.
fn item(random: &mut Random) -> Vec<u32> {
    loop {
        let Instruction { op, rd, rs1, rs2, imm } = random.instruction();
        // Registers with a purpose can be read, not written.
        let rd = if rd < COUNTER { rd } else { rd - 8 };
        return match op {
            Op::Ecall | Op::Illegal => continue,
            Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => vec![0],
            Op::Jal => vec![1],
            Op::Jalr => vec![0, 0],
            Op::Lb | Op::Lbu => vec![asm::i(op, rd, BASE, imm)],
            Op::Lh | Op::Lhu => vec![asm::i(op, rd, BASE, imm & !1)],
            Op::Lw | Op::Lwu => vec![asm::i(op, rd, BASE, imm & !3)],
            Op::Ld => vec![asm::i(op, rd, BASE, imm & !7)],
            Op::Sb => vec![asm::s(op, rs2, BASE, imm)],
            Op::Sh => vec![asm::s(op, rs2, BASE, imm & !1)],
            Op::Sw => vec![asm::s(op, rs2, BASE, imm & !3)],
            Op::Sd => vec![asm::s(op, rs2, BASE, imm & !7)],
            _ => {
                assert!(alu::result(op, 0, 0).is_some() || matches!(op, Op::Lui | Op::Auipc | Op::Fence | Op::FenceI));
                vec![asm::encode(Instruction { op, rd, rs1, rs2, imm })]
            }
        };
    }
}

/// `write(1, DATA, DATA_BYTES)`, `exit(0)`.
fn write_and_exit() -> Vec<u32> {
    let write = [asm::li(10, 1), asm::li(11, DATA), asm::li(12, DATA_BYTES as u64), asm::li(17, 64), vec![asm::ECALL]];
    let exit = [asm::li(10, 0), asm::li(17, 93), vec![asm::ECALL]];
    [write.concat(), exit.concat()].concat()
}

fn find(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| Path::new(&directory).join(name)).find(|file| file.is_file())
}
