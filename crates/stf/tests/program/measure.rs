//! What batches cost on the machine, in counts: they are the same everywhere.

use crate::guest::{PROGRAM, host};
use crate::transactions::Wallets;
use crate::world::{Report, World, artifact, signer};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, sol};
use lux_machine::{Machine, Statistics};

sol! {
    function mint(address to, uint256 amount);
    function transfer(address to, uint256 amount) returns (bool);
}

const ACCOUNTS: u64 = 400;
const TRANSACTIONS: u64 = 200;
/// Instructions that a transaction of a full block may take.
const TRANSFER_LIMIT: u64 = 80_000;
const TOKEN_TRANSFER_LIMIT: u64 = 120_000;

/// Run with `--nocapture` to see the figures.
fn measure(name: &str, report: &Report) -> Statistics {
    let mut machine = Machine::new(&PROGRAM, report.witness.input);
    machine.run(&mut host(&report.witness), u64::MAX).unwrap();
    let statistics = *machine.statistics();
    println!("{name}: {} preimages, {statistics:?}", report.witness.preimages.len());
    statistics
}

#[test]
fn steps_of_transactions_in_a_block_of_200() {
    let mut world = World::new(ACCOUNTS, vec![]).native_only();
    let mut wallets = Wallets::default();
    let (token, deploy) = wallets.deploy(&world, 0, artifact("DevToken").0);
    let mut setup = vec![deploy];
    for index in 0..ACCOUNTS {
        let data = mintCall { to: signer(index).address(), amount: U256::from(1_000_000) }.abi_encode();
        setup.push(wallets.call(&world, 0, token, data));
    }
    for chunk in setup.chunks(200) {
        world.batch(vec![chunk.to_vec()], vec![]);
    }
    let empty = measure("one empty block", &world.batch(vec![vec![]], vec![])).instructions;
    let each = |statistics: Statistics| (statistics.instructions - empty) / TRANSACTIONS;

    let payments = (0..TRANSACTIONS).map(|i| wallets.pay(&world, i, signer(200 + i).address(), 1)).collect();
    let transfer = each(measure("transfers", &world.batch(vec![payments], vec![])));
    let fresh = |i: u64| Address::from_word(U256::from(i + 1_000_000).into());
    let payments = (0..TRANSACTIONS).map(|i| wallets.pay(&world, i, fresh(i), 1)).collect();
    let creation = each(measure("transfers to new accounts", &world.batch(vec![payments], vec![])));
    let tokens = (0..TRANSACTIONS)
        .map(|i| {
            let data = transferCall { to: signer(200 + i).address(), amount: U256::from(5) }.abi_encode();
            wallets.call(&world, i, token, data)
        })
        .collect();
    let token_transfer = each(measure("ERC-20 transfers", &world.batch(vec![tokens], vec![])));
    println!("instructions each: transfer {transfer}, to a new account {creation}, ERC-20 transfer {token_transfer}");
    assert!(transfer <= TRANSFER_LIMIT && creation <= TRANSFER_LIMIT && token_transfer <= TOKEN_TRANSFER_LIMIT);
}
