//! State hashes by the letter of the specification.
#![allow(clippy::unwrap_used)]

mod common;

use alloy_primitives::{I256, U256, keccak256};
use common::*;
use lux_machine::{Machine, Op, PAGES, Program, asm, faulted_hash, running_hash};

#[test]
fn a_running_state_is_its_index_its_registers_and_its_memory() {
    let data = [(3, Box::new(std::array::from_fn(|k| k as u8))), (131_071, Box::new([0xff; 512]))];
    let text = [asm::li(5, u64::MAX - 4), vec![asm::s(Op::Sb, 5, 0, 511), asm::jal(31, 1), asm::jal(0, 0)]].concat();
    let program = Program::new(text, 0, data.to_vec()).unwrap();
    let mut machine = Machine::new(&program, input([1, 2, 1 << 63, u64::MAX]));
    let initial = machine.state_hash();
    machine.run_chunk(&mut ()).unwrap();

    let expected = |pc: u32, registers: [u64; 31], first: u8| {
        let mut preimage = U256::from(pc).to_be_bytes::<32>().to_vec();
        for register in registers {
            preimage.extend(I256::try_from(register as i64).unwrap().to_be_bytes::<32>());
        }
        let mut pages = vec![[0; 512]; PAGES];
        pages[0][511] = first;
        (pages[3], pages[131_071]) = (*data[0].1, *data[1].1);
        let reverse = |page: &[u8; 512]| page.iter().rev().copied().collect::<Vec<_>>();
        let zeros = keccak256([0; 512]);
        let hash = |page: &[u8; 512]| if page == &[0; 512] { zeros } else { keccak256(reverse(page)) };
        let mut level: Vec<_> = pages.iter().map(hash).collect();
        while level.len() > 1 {
            level = level.chunks(2).map(|pair| keccak256([pair[0], pair[1]].concat())).collect();
        }
        preimage.extend(level[0]);
        assert_eq!(preimage.len(), 1056);
        (keccak256(preimage), level[0])
    };
    let mut registers = [0; 31];
    registers[9..13].copy_from_slice(&[1, 2, 1 << 63, u64::MAX]);
    assert_eq!((initial, program.memory_root()), expected(0, registers, 0));
    registers[4] = u64::MAX - 4;
    registers[30] = 0x0800_000c;
    let (hash, root) = expected(3, registers, 0xfb);
    assert_eq!((machine.state_hash(), machine.memory_root()), (hash, root));
    assert_eq!(running_hash(3, &registers, &root), hash);
    assert_eq!(faulted_hash(), keccak256("lux-machine faulted"));
}
