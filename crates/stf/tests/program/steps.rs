//! What a unit of L2 gas can cost on the machine: with the gas of a batch it bounds the length of a run.

use crate::guest::{PROGRAM, host};
use crate::transactions::Wallets;
use crate::world::{Report, World};
use alloy_primitives::{Address, Bytes};
use lux_chain::GenesisAccount;
use lux_machine::Machine;
use revm::bytecode::opcode::*;

/// Weight per unit of gas; `docs/protocol.md`, "Limits".
const MAX_WEIGHT_PER_GAS: u64 = 150;
const GAS: u64 = 400_000;
const CONTRACT: Address = Address::repeat_byte(0xc0);
const LARGE: Address = Address::repeat_byte(0xc1);

/// An odd number with all 256 bits, which no shortcut applies to.
fn wide() -> Vec<u8> {
    [&[PUSH32][..], &[0xd7; 32]].concat()
}

/// One below `wide` in its upper half: a quotient needs every step.
fn half() -> Vec<u8> {
    [&[PUSH17][..], &[0xb9; 17]].concat()
}

/// Instructions to be repeated: what is on the stack afterwards is what was there before.
fn units() -> Vec<(&'static str, Vec<u8>)> {
    let two = |op: u8| [half(), wide(), vec![op, POP]].concat();
    let three = |op: u8| [half(), wide(), wide(), vec![op, POP]].concat();
    let copy = |op: u8| [&[PUSH2, 0x10, 0, PUSH0, PUSH0, op][..]].concat();
    let call = |gas: u8, to: Vec<u8>, op: u8| {
        let mut code = vec![PUSH0, PUSH0, PUSH0, PUSH0];
        if op == CALL {
            code.push(PUSH0);
        }
        [code, to, vec![gas, op, POP]].concat()
    };
    let address = |byte: u8| [&[PUSH20][..], &[byte; 20]].concat();
    let mut units = vec![
        ("nothing", vec![]),
        ("JUMPDEST", vec![JUMPDEST]),
        ("PUSH0 POP", vec![PUSH0, POP]),
        ("ADD", two(ADD)),
        ("MUL", two(MUL)),
        ("DIV", two(DIV)),
        ("SDIV", two(SDIV)),
        ("MOD", two(MOD)),
        ("SMOD", two(SMOD)),
        ("ADDMOD", three(ADDMOD)),
        ("MULMOD", three(MULMOD)),
        ("EXP", two(EXP)),
        ("BYTE", two(BYTE)),
        ("SAR", two(SAR)),
        ("CLZ", [wide(), vec![CLZ, POP]].concat()),
        ("MSTORE", [wide(), vec![PUSH0, MSTORE]].concat()),
        ("KECCAK256 of nothing", vec![PUSH0, PUSH0, KECCAK256, POP]),
        ("KECCAK256 of 4 KiB", vec![PUSH2, 0x10, 0, PUSH0, KECCAK256, POP]),
        ("MCOPY", copy(MCOPY)),
        ("CALLDATACOPY", copy(CALLDATACOPY)),
        ("CODECOPY", copy(CODECOPY)),
        ("EXTCODECOPY", [&[PUSH2, 0x10, 0, PUSH0, PUSH0][..], &address(0xc1), &[EXTCODECOPY]].concat()),
        ("EXTCODEHASH", [address(0xc1), vec![EXTCODEHASH, POP]].concat()),
        ("BALANCE of new accounts", vec![GAS_OPCODE, BALANCE, POP]),
        ("SLOAD of one slot", vec![PUSH0, SLOAD, POP]),
        ("SLOAD of new slots", vec![GAS_OPCODE, SLOAD, POP]),
        ("SSTORE of one slot", vec![GAS_OPCODE, PUSH0, SSTORE]),
        ("SSTORE of new slots", vec![PUSH1, 1, GAS_OPCODE, SSTORE]),
        ("TLOAD", vec![PUSH0, TLOAD, POP]),
        ("TSTORE", vec![GAS_OPCODE, PUSH0, TSTORE]),
        ("LOG0", vec![PUSH0, PUSH0, LOG0]),
        ("BLOCKHASH", vec![PUSH0, BLOCKHASH, POP]),
        ("SELFBALANCE", vec![SELFBALANCE, POP]),
        ("CALL of no code", call(PUSH0, address(0xc2), CALL)),
        ("STATICCALL of large code", call(GAS_OPCODE, address(0xc1), STATICCALL)),
        ("CREATE of nothing", vec![PUSH0, PUSH0, PUSH0, CREATE, POP]),
        ("CREATE with 32 KiB that stop", vec![PUSH2, 0x80, 0, PUSH0, PUSH0, CREATE, POP]),
    ];
    for number in 1..=17u8 {
        units.push(("precompile", call(GAS_OPCODE, vec![PUSH1, number], STATICCALL)));
    }
    units
}

const GAS_OPCODE: u8 = revm::bytecode::opcode::GAS;

/// Runs units until the gas is used up.
fn program(unit: &[u8]) -> Bytes {
    let copies = unit.repeat(64.min(20_000 / unit.len().max(1)));
    [&[JUMPDEST][..], &copies, &[PUSH0, JUMP]].concat().into()
}

fn measure(report: &Report) -> u64 {
    let mut machine = Machine::new(&PROGRAM, report.witness.input);
    machine.run(&mut host(&report.witness), u64::MAX).unwrap();
    machine.statistics().weight
}

/// Run with `--nocapture` to see the figures.
#[test]
fn no_instruction_costs_more_than_the_limit() {
    let mut worst = (0, "");
    for (name, unit) in units() {
        let account = |code: Bytes| GenesisAccount { nonce: 1, code, ..Default::default() };
        let large = account(vec![0; 24_576].into());
        let extra = vec![(CONTRACT, account(program(&unit))), (LARGE, large)];
        let mut world = World::new(1, extra).native_only();
        let mut wallets = Wallets::default();
        let mut run = |gas: u64| {
            let tx = wallets.send(&world, 0, CONTRACT.into(), 0, Bytes::new(), gas);
            measure(&world.batch(vec![vec![tx]], vec![]))
        };
        let base = run(60_000);
        let weight = run(60_000 + GAS).saturating_sub(base) / GAS;
        println!("{name}: {weight}");
        worst = worst.max((weight, name));
    }
    assert!(worst.0 <= MAX_WEIGHT_PER_GAS, "{worst:?}");
}
