//! Blocks and transactions at the limits of the machine (`docs/protocol.md`, "Limits"): natively and on the machine alike.

use crate::guest::{PROGRAM, host};
use crate::transactions::Wallets;
use crate::world::{Report, World, signer};
use alloy_primitives::{Address, Bytes, U256};
use lux_chain::GenesisAccount;
use lux_machine::{Machine, PAGES, Status};
use lux_protocol::UnsignedTx;
use lux_stf::{MAX_TRANSACTION_CODE, MAX_TRANSACTION_MEMORY, MAX_TRANSACTION_WRITES};
use revm::bytecode::opcode::*;

/// The most a transaction may ask for (EIP-7825).
const TRANSACTION_GAS: u64 = 1 << 24;
const CONTRACT: Address = Address::repeat_byte(0xc0);
/// Largest contract (EIP-170).
const CODE_BYTES: usize = 24_576;

/// Loads the one of `large_contracts` that the number of runs left names.
const LOAD_LARGE: [u8; 10] = [DUP1, PUSH5, 1, 0, 0, 0, 0, ADD, EXTCODESIZE, POP];

/// Different contracts of the largest size, at the addresses 2^32 + 1, …
fn large_contracts(count: usize) -> impl Iterator<Item = (Address, GenesisAccount)> {
    (1..=count as u64).map(|number| {
        let mut code = vec![STOP; CODE_BYTES];
        code[..8].copy_from_slice(&number.to_be_bytes());
        (Address::from_word(U256::from((1u64 << 32) + number).into()), contract(code))
    })
}

fn contract(code: Vec<u8>) -> GenesisAccount {
    GenesisAccount { nonce: 1, code: code.into(), ..Default::default() }
}

fn push(number: u32) -> Vec<u8> {
    [&[PUSH4][..], &number.to_be_bytes()].concat()
}

/// Runs `body` as often as the first word of the data says, with the number of runs left on top of the stack, which it
/// leaves there.
fn repeat(body: &[u8]) -> Vec<u8> {
    let start = &[PUSH0, CALLDATALOAD, JUMPDEST];
    [&start[..], body, &[PUSH1, 1, SWAP1, SUB, DUP1, PUSH1, 2, JUMPI]].concat()
}

fn call(world: &World, wallets: &mut Wallets, runs: usize) -> UnsignedTx {
    let data = U256::from(runs).to_be_bytes::<32>();
    wallets.send(world, 0, CONTRACT.into(), 0, Bytes::copy_from_slice(&data), TRANSACTION_GAS)
}

/// Success and gas used, transaction by transaction.
fn outcomes(report: &Report) -> Vec<(bool, u64)> {
    let mut outcomes = Vec::new();
    for block in &report.receipts {
        let mut before = 0;
        for receipt in block {
            outcomes.push((receipt.success, receipt.cumulative_gas_used - before));
            before = receipt.cumulative_gas_used;
        }
    }
    outcomes
}

#[test]
fn writes_of_a_transaction_are_bounded() {
    for write in [[DUP1, DUP1, TSTORE], [DUP1, PUSH0, SSTORE]] {
        let mut world = World::new(1, vec![(CONTRACT, contract(repeat(&write)))]);
        let mut wallets = Wallets::default();
        let fits = call(&world, &mut wallets, MAX_TRANSACTION_WRITES - 100);
        let too_many = call(&world, &mut wallets, MAX_TRANSACTION_WRITES + 1);
        let outcomes = outcomes(&world.batch(vec![vec![fits, too_many]], vec![]));
        assert!(outcomes[0].0 && outcomes[0].1 < TRANSACTION_GAS, "{outcomes:?}");
        assert_eq!(outcomes[1], (false, TRANSACTION_GAS));
    }
}

#[test]
fn memory_of_all_frames_is_bounded() {
    // Takes 2^19 bytes, and calls itself with one run less; a call that fails makes it fail.
    const FRAME: u32 = 1 << 19;
    let mut code = [&push(1)[..], &push(FRAME - 1), &[MSTORE8]].concat();
    code.extend([PUSH1, 1, PUSH0, CALLDATALOAD, SUB, DUP1, PUSH0, MSTORE, ISZERO, PUSH1]);
    let end_at = code.len();
    code.extend([0, JUMPI, PUSH0, PUSH0, PUSH1, 32, PUSH0, PUSH0, ADDRESS, GAS, CALL, PUSH1, 0, JUMPI, INVALID]);
    let end = code.len() as u8;
    (code[end_at], code[end as usize - 3]) = (end, end);
    code.push(JUMPDEST);
    let mut world = World::new(1, vec![(CONTRACT, contract(code))]);
    let mut wallets = Wallets::default();
    let most = (MAX_TRANSACTION_MEMORY / u64::from(FRAME)) as usize;
    let fits = call(&world, &mut wallets, most);
    let too_deep = call(&world, &mut wallets, most + 1);
    let outcomes = outcomes(&world.batch(vec![vec![fits, too_deep]], vec![]));
    assert!(outcomes[0].0 && outcomes[0].1 < TRANSACTION_GAS, "{outcomes:?}");
    assert_eq!(outcomes[1], (false, TRANSACTION_GAS));
}

#[test]
fn code_that_a_transaction_loads_is_bounded() {
    let most = MAX_TRANSACTION_CODE / CODE_BYTES - 1;
    let mut world =
        World::new(1, large_contracts(most + 2).chain([(CONTRACT, contract(repeat(&LOAD_LARGE)))]).collect());
    let mut wallets = Wallets::default();
    let fits = call(&world, &mut wallets, most);
    let too_much = call(&world, &mut wallets, most + 2);
    let next = call(&world, &mut wallets, most);
    let sender = signer(0).address();
    let before = world.balance(sender);
    let report = world.batch(vec![vec![fits], vec![too_much, next]], vec![]);
    let outcomes = outcomes(&report);
    assert_eq!([outcomes[0].0, outcomes[1].0, outcomes[2].0], [true, false, true]);
    assert_eq!(outcomes[1].1, TRANSACTION_GAS, "it costs its gas limit");
    let fees: U256 = (1..=2)
        .map(|number| world.chain.block(number).unwrap().unwrap().header.base_fee_per_gas.unwrap())
        .zip([outcomes[0].1, outcomes[1].1 + outcomes[2].1])
        .map(|(base_fee, gas)| U256::from(base_fee + 1) * U256::from(gas))
        .sum();
    assert_eq!(before - world.balance(sender), fees);
}

#[test]
fn blocks_are_bounded_by_their_footprint() {
    // LOG0 without data: 375 gas, 256 bytes of footprint.
    let mut world = World::new(1, vec![(CONTRACT, contract(repeat(&[PUSH0, PUSH0, LOG0])))]);
    let mut wallets = Wallets::default();
    let block: Vec<_> = (0..4).map(|_| call(&world, &mut wallets, 40_000)).collect();
    let report = world.batch(vec![block.clone(), block], vec![]);
    let included: Vec<_> = report.receipts.iter().map(Vec::len).collect();
    assert_eq!(included, [3, 1], "the fourth finds the first block full");
    assert!(outcomes(&report).iter().all(|(success, _)| *success));
}

#[test]
fn a_block_may_touch_more_than_the_program_holds() {
    // Stores the third word of the data at the slots from the second word on.
    const WRITTEN: usize = 700;
    const TRANSACTIONS: usize = 7;
    let write = [PUSH1, 64, CALLDATALOAD, DUP2, PUSH1, 32, CALLDATALOAD, ADD, SSTORE];
    let mut world = World::new(1, vec![(CONTRACT, contract(repeat(&write)))]);
    let mut wallets = Wallets::default();
    let mut block = |world: &World, value: usize| -> Vec<_> {
        let transaction = |from: usize| {
            let words = [WRITTEN, from * WRITTEN, value].map(|word| U256::from(word).to_be_bytes::<32>());
            wallets.send(world, 0, CONTRACT.into(), 0, words.concat().into(), TRANSACTION_GAS)
        };
        (0..TRANSACTIONS).map(transaction).collect()
    };
    let blocks = vec![block(&world, 1), block(&world, 2), block(&world, 0)];
    let report = world.batch(blocks, vec![]);
    assert_eq!(outcomes(&report).iter().filter(|(success, _)| *success).count(), 3 * TRANSACTIONS);
}

#[test]
fn a_batch_runs_out_of_gas() {
    // Burns what it gets: INVALID.
    let mut world = World::new(1, vec![(CONTRACT, contract(vec![INVALID]))]).native_only();
    let mut wallets = Wallets::default();
    let limit = world.chain.rules().gas_limit;
    let per_block = (limit / TRANSACTION_GAS) as usize;
    let mut blocks = || -> Vec<_> { (0..per_block).map(|_| call(&world, &mut wallets, 0)).collect() };
    let blocks = vec![blocks(), blocks(), blocks()];
    let report = world.batch(blocks, vec![]);
    let included: Vec<_> = report.receipts.iter().map(Vec::len).collect();
    assert_eq!(included, [per_block, per_block, 0]);
}

/// Blocks that take as much memory of every kind as the limits allow, one after the other.
#[test]
fn the_largest_blocks_fit_the_memory() {
    // Frames that hold what the identity precompile returned, 16 KiB each, and call themselves as deep as gas lasts.
    let identity = [PUSH0, PUSH0, PUSH2, 0x40, 0, PUSH0, PUSH1, 4, GAS, STATICCALL, POP];
    let deep = [&identity[..], &[PUSH0, PUSH0, PUSH0, PUSH0, PUSH0, ADDRESS, GAS, CALL]].concat();
    let memory = [push(1), push(MAX_TRANSACTION_MEMORY as u32 / 8 * 5), vec![MSTORE8]].concat();
    let codes = MAX_TRANSACTION_CODE / CODE_BYTES - 1;
    let hogs = [
        (MAX_TRANSACTION_WRITES - 10, repeat(&[DUP1, DUP1, TSTORE])),
        (MAX_TRANSACTION_WRITES - 100, repeat(&[DUP1, PUSH0, SSTORE])),
        (0, deep),
        (1, repeat(&memory)),
        (codes, repeat(&LOAD_LARGE)),
        (7_000, repeat(&[DUP1, SLOAD, POP])),
        (40_000, repeat(&[PUSH0, PUSH0, LOG0])),
        (40_000, repeat(&[PUSH0, PUSH0, LOG0])),
    ];
    let address = |hog: usize| Address::repeat_byte(hog as u8 + 16);
    let contracts = hogs.iter().enumerate().map(|(hog, (_, code))| (address(hog), contract(code.clone())));
    let mut world = World::new(1, large_contracts(codes).chain(contracts).collect()).native_only();
    let mut wallets = Wallets::default();
    let mut block = |world: &World| -> Vec<_> {
        let mut send = |hog: usize, data: Bytes| wallets.send(world, 0, address(hog).into(), 0, data, TRANSACTION_GAS);
        let runs = |runs: usize| Bytes::copy_from_slice(&U256::from(runs).to_be_bytes::<32>());
        let mut block: Vec<_> = hogs.iter().enumerate().map(|(hog, (count, _))| send(hog, runs(*count))).collect();
        // To an account without code: 10 gas per byte.
        block.push(send(99, vec![0; 900_000].into()));
        block
    };
    let blocks = vec![block(&world), block(&world)];
    let report = world.batch(blocks, vec![]);
    assert!(outcomes(&report).iter().all(|(success, _)| *success), "{:?}", outcomes(&report));

    let mut machine = Machine::new(&PROGRAM, report.witness.input);
    let mut host = host(&report.witness);
    let (mut used, mut status) = (0, Status::Running);
    while status == Status::Running {
        for _ in 0..1_000 {
            status = machine.run_chunk(&mut host).unwrap();
        }
        // What is freed keeps its bytes: pages in use at any time so far, but for some that were written with zeros.
        let written = |index: &u32| machine.page(*index).iter().any(|byte| *byte != 0);
        used = used.max((0..PAGES as u32).filter(written).count());
    }
    assert_eq!(status, Status::Halted(report.witness.output.hash()));
    println!("pages used: {used} of {PAGES}");
    assert!(used < PAGES * 3 / 4, "the limits leave no margin");
}
