//! What batches cost on the machine: `cargo test --release -p lux-stf --test program -- --ignored --nocapture measure`.

use crate::guest::{PROGRAM, host};
use crate::transactions::Wallets;
use crate::world::{Report, World, artifact, signer};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, sol};
use lux_machine::Machine;

sol! {
    function mint(address to, uint256 amount);
    function transfer(address to, uint256 amount) returns (bool);
}

const ACCOUNTS: u64 = 400;

fn measure(name: &str, report: &Report) {
    let mut machine = Machine::new(&PROGRAM, report.witness.input);
    let start = std::time::Instant::now();
    machine.run(&mut host(&report.witness), u64::MAX).unwrap();
    let transactions = report.receipts.iter().flatten().count();
    println!(
        "{name}: {transactions} transactions, {} preimages of {} bytes, {:?} {:?}",
        report.witness.preimages.len(),
        report.witness.preimages.total_bytes(),
        machine.statistics(),
        start.elapsed(),
    );
    if let Ok(path) = std::env::var("LUX_WITNESS") {
        let mut out = report.witness.input.to_vec();
        for (_, bytes) in report.witness.preimages.iter() {
            out.extend((bytes.len() as u32).to_le_bytes());
            out.extend_from_slice(bytes);
        }
        std::fs::write(format!("{path}/{}.witness", name.replace(' ', "-")), out).unwrap();
    }
}

#[test]
#[ignore = "prints figures"]
fn measure_batches() {
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
    let empty = world.batch(vec![vec![]], vec![]);
    measure("one empty block", &empty);
    measure("ten empty blocks", &world.batch(vec![vec![]; 10], vec![]));
    let pay = |wallets: &mut Wallets, n: u64| {
        (0..n).map(|i| wallets.pay(&world, i, signer(200 + i).address(), 1)).collect::<Vec<_>>()
    };
    let payments = pay(&mut wallets, 200);
    measure("transfers 200", &world.batch(vec![payments], vec![]));
    let fresh =
        (0..200).map(|i| wallets.pay(&world, i, Address::from_word(U256::from(i + 1_000_000).into()), 1)).collect();
    measure("transfers to new accounts 200", &world.batch(vec![fresh], vec![]));
    let tokens = (0..200)
        .map(|i| {
            let data = transferCall { to: signer(200 + i).address(), amount: U256::from(5) }.abi_encode();
            wallets.call(&world, i, token, data)
        })
        .collect();
    measure("erc20 transfers 200", &world.batch(vec![tokens], vec![]));
    let tokens: Vec<_> = (0..200)
        .map(|i| {
            let data = transferCall { to: signer(200 + i).address(), amount: U256::from(5) }.abi_encode();
            wallets.call(&world, i, token, data)
        })
        .collect();
    measure("erc20 transfers in 20 blocks", &world.batch(tokens.chunks(10).map(<[_]>::to_vec).collect(), vec![]));
}

/// Counts instructions by address of the run in LUX_WITNESS_FILE, one line each: with the symbols of the ELF that is not
/// stripped (/tmp/lux-guests/target), a profile.
#[test]
#[ignore = "writes a profile"]
fn profile() {
    let file = std::fs::read(std::env::var("LUX_WITNESS_FILE").unwrap()).unwrap();
    let (input, mut rest) = file.split_at(32);
    let mut preimages = std::collections::HashMap::new();
    while let Some((length, bytes)) = rest.split_first_chunk::<4>() {
        let (bytes, after) = bytes.split_at(u32::from_le_bytes(*length) as usize);
        preimages.insert(alloy_primitives::keccak256(bytes), alloy_primitives::Bytes::copy_from_slice(bytes));
        rest = after;
    }
    let mut counts = vec![0u64; PROGRAM.text().len()];
    let mut machine = Machine::new(&PROGRAM, alloy_primitives::B256::from_slice(input));
    while let Some(step) = machine.step(&mut preimages).unwrap() {
        counts[step.pc as usize] += 1;
    }
    let lines: Vec<String> = counts.iter().enumerate().map(|(pc, count)| format!("{pc} {count}")).collect();
    std::fs::write(std::env::var("LUX_PROFILE").unwrap(), lines.join("\n")).unwrap();
}
