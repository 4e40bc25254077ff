//! Transaction tests: decoding, signatures, and what the EVM asks of a transaction before it runs it.

use crate::archive::Folder;
use crate::world::{Account, Prepared, build_state};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, B256, Bytes, U256};
use lux_protocol::Transaction;
use lux_statetest::{Case, Fork, execute_case};
use lux_stf::recover_sender;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Test {
    txbytes: String,
    result: BTreeMap<String, Verdict>,
}

#[derive(Deserialize)]
struct Verdict {
    hash: Option<B256>,
    sender: Option<Address>,
}

/// The reference has no state here, so it accepts what nobody can pay: fees of 2^128 and more, which we do not decode, and
/// a value that leaves nothing for gas.
const UNPAYABLE: [&str; 4] =
    ["GasLimitPriceProductOverflowtMinusOne", "TransactionWithHighGasPrice", "TransactionWithHighValue", "V_equals38"];

/// Hash and sender of a transaction that a sender with all the money there is may send.
fn accept(bytes: &[u8]) -> Option<(B256, Address)> {
    let tx = Transaction::decode_ethereum(bytes).ok()?;
    let sender = recover_sender(&tx)?;
    let rich = Account { balance: U256::MAX, nonce: U256::from(tx.nonce()), ..Default::default() };
    let (state_root, state) = build_state(&BTreeMap::from([(sender, rich)]));
    let case = Case {
        fork: Fork::Cancun,
        number: 1,
        timestamp: 1,
        beneficiary: Address::ZERO,
        gas_limit: u64::MAX,
        base_fee: 0,
        prev_randao: B256::ZERO,
        excess_blob_gas: 0,
        state_root,
        transaction: Vec::new(),
    };
    let prepared = Prepared::new(case, bytes, state);
    let outcome = execute_case(prepared.input, &prepared.preimages).unwrap();
    outcome.valid.then(|| (*tx.hash(), sender))
}

#[test]
fn every_transaction_is_accepted_or_refused_as_the_reference_says() {
    let Some(folder) = Folder::open("TransactionTests") else { return };
    let (mut accepted, mut refused) = (0, 0);
    for file in folder.files() {
        let tests: BTreeMap<String, Test> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for (name, test) in tests {
            // The newest rules that the test knows.
            let forks = ["Cancun", "Shanghai", "London"];
            let verdict = forks.iter().find_map(|fork| test.result.get(*fork)).unwrap();
            // One of them is no hexadecimal number at all.
            let ours = test.txbytes.parse::<Bytes>().ok().and_then(|bytes| accept(&bytes));
            let expected = verdict.hash.zip(verdict.sender).filter(|_| !UNPAYABLE.contains(&name.as_str()));
            assert_eq!(ours, expected, "{name}");
            *if ours.is_some() { &mut accepted } else { &mut refused } += 1;
        }
    }
    println!("{accepted} transactions accepted, {refused} refused");
}
