//! State tests as they are written, and as cases.

use crate::world::{Account, Prepared, build_state};
use alloy_primitives::{Address, B256, Bytes, U256};
use lux_oracle::{FnOracle, MissingPreimage};
use lux_statetest::{Case, Fork, Outcome, execute_case};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Deserialize)]
struct Test {
    env: Env,
    pre: BTreeMap<Address, Account>,
    post: BTreeMap<String, Vec<Post>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Env {
    current_coinbase: Address,
    current_gas_limit: U256,
    current_number: U256,
    current_timestamp: U256,
    current_base_fee: Option<U256>,
    current_random: Option<B256>,
    current_excess_blob_gas: Option<U256>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Post {
    hash: B256,
    logs: B256,
    txbytes: Bytes,
    indexes: Indexes,
    expect_exception: Option<String>,
}

#[derive(Deserialize)]
struct Indexes {
    data: usize,
    gas: usize,
    value: usize,
}

/// Contracts are created here at addresses that have storage, but no code and no nonce. EIP-7610 lets that fail, revm does
/// not know it: since EIP-161 no state leads to such an address.
const COLLISIONS: [&str; 5] = [
    "InitCollisionParis",
    "RevertInCreateInInitCreate2Paris",
    "RevertInCreateInInit_Paris",
    "create2collisionStorageParis",
    "dynamicAccountOverwriteEmpty_Paris",
];

/// A case, and what must come out.
pub struct StateCase {
    pub name: String,
    pub fork: Fork,
    pub prepared: Prepared,
    pub expected: Outcome,
    /// Whether it is one of those where we differ from the reference.
    pub collides: bool,
}

impl StateCase {
    /// What comes out natively. Some accounts of the reference have longer code than the machine would serve.
    pub fn native(&self) -> Outcome {
        let preimages = &self.prepared.preimages;
        let oracle = FnOracle(|hash: &B256| preimages.get(hash).cloned().ok_or(MissingPreimage(*hash)));
        execute_case(self.prepared.input, &oracle).unwrap()
    }
}

/// The cases of a file that have the rules of a [`Fork`].
pub fn cases(file: &Path) -> Vec<StateCase> {
    let tests: BTreeMap<String, Test> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut cases = Vec::new();
    for (name, test) in &tests {
        let (state_root, state) = build_state(&test.pre);
        for (fork, posts) in &test.post {
            let fork = match fork.as_str() {
                "Cancun" => Fork::Cancun,
                "Shanghai" => Fork::Shanghai,
                _ => continue,
            };
            for post in posts {
                let case = case(fork, &test.env, state_root);
                let Indexes { data, gas, value } = post.indexes;
                cases.push(StateCase {
                    name: format!("{name} {fork:?} d{data} g{gas} v{value}"),
                    fork,
                    collides: COLLISIONS.contains(&name.as_str()),
                    prepared: Prepared::new(case, &post.txbytes, state.clone()),
                    expected: Outcome {
                        state_root: post.hash,
                        logs_hash: post.logs,
                        valid: post.expect_exception.is_none(),
                    },
                });
            }
        }
    }
    cases
}

fn case(fork: Fork, env: &Env, state_root: B256) -> Case {
    Case {
        fork,
        number: env.current_number.to(),
        timestamp: env.current_timestamp.to(),
        beneficiary: env.current_coinbase,
        gas_limit: env.current_gas_limit.to(),
        base_fee: env.current_base_fee.unwrap_or_default().to(),
        prev_randao: env.current_random.unwrap_or_default(),
        excess_blob_gas: env.current_excess_blob_gas.unwrap_or_default().to(),
        state_root,
        transaction: Vec::new(),
    }
}
