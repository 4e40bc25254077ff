//! What is deployed.

use crate::{assemble::EXECUTOR, layout::*, translate::rom_words};
use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use lux_machine::Program;

/// Runtime code of the executor. It is the same on every machine, and programs are bound to it.
pub fn executor_code() -> Vec<u8> {
    EXECUTOR.code.clone()
}

/// Runtime codes of the ROM contracts of a program, in order: a `STOP`, then up to eleven code pages.
pub fn rom_contracts(program: &Program) -> Vec<Bytes> {
    let words = rom_words(&EXECUTOR, program.text());
    let contract = |words: &[u64]| {
        let mut code = vec![0];
        code.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        code.into()
    };
    words.chunks(PAGES_PER_ROM as usize * CODE_PAGE_WORDS).map(contract).collect()
}

/// Init code of a contract with this runtime code.
///
/// # Panics
///
/// If the code is longer than 65,535 bytes, which no contract is.
pub fn init_code(runtime: &[u8]) -> Bytes {
    let length = u16::try_from(runtime.len()).expect("code of a contract").to_be_bytes();
    // PUSH2 length, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN, and a STOP so that it is 11 bytes
    let mut code = vec![0x61, length[0], length[1], 0x80, 0x60, 11, 0x5f, 0x39, 0x5f, 0xf3, 0];
    code.extend(runtime);
    code.into()
}

/// Identity of a program on L1, as `ProgramRom.register` computes it.
pub fn program_id(program: &Program) -> B256 {
    let hashes: Vec<u8> = rom_contracts(program).iter().flat_map(|code| keccak256(code).0).collect();
    let values = (
        keccak256(&EXECUTOR.code),
        keccak256(hashes),
        U256::from(program.text().len()),
        U256::from(program.entry()),
        program.memory_root(),
    );
    keccak256(values.abi_encode_sequence())
}
