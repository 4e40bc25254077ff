//! `ProgramRom`.

use crate::common::{L1, program, registerCall};
use alloy_primitives::{Address, U256};
use lux_executor::{init_code, program_id, rom_contracts};

#[test]
fn only_whole_programs_are_registered() {
    let mut l1 = L1::new();
    let program = program([0x13, 0x6f].repeat(12 * 128));
    let codes = rom_contracts(&program);
    assert_eq!(codes.iter().map(|code| code.len()).collect::<Vec<_>>(), [1 + 11 * 2048, 1 + 2048]);
    let roms: Vec<Address> = codes.iter().map(|code| l1.create(init_code(code).to_vec())).collect();
    let right = registerCall {
        entry: U256::ZERO,
        memoryRoot: program.memory_root(),
        textWords: U256::from(program.text().len()),
        roms: roms.clone(),
    };
    for wrong in [
        registerCall { roms: vec![], ..right.clone() },
        registerCall { roms: vec![roms[0]], ..right.clone() },
        registerCall { roms: vec![roms[1], roms[0]], ..right.clone() },
        registerCall { roms: vec![roms[0], roms[1], roms[1]], ..right.clone() },
        registerCall { roms: vec![roms[0], Address::repeat_byte(9)], ..right.clone() },
        registerCall { textWords: U256::ZERO, ..right.clone() },
        registerCall { textWords: U256::MAX, ..right.clone() },
        registerCall { entry: right.textWords, ..right.clone() },
    ] {
        assert_eq!(l1.try_register(&wrong), None);
    }
    for _ in 0..2 {
        assert_eq!(l1.try_register(&right), Some(program_id(&program)));
    }
    let other = l1.try_register(&registerCall { entry: U256::from(1), ..right });
    assert!(other.is_some() && other != Some(program_id(&program)));
}
