//! Batches of different kinds of work, for measuring and for choosing the executor's handlers.

use crate::batches::{Batch, Rollup};
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use alloy_sol_types::{SolCall, SolValue, sol};
use lux_protocol::UnsignedTx;
use lux_protocol::contracts::IERC20::transferCall;
use serde::Deserialize;

sol! {
    function mint(address to, uint256 amount);
    function approve(address spender, uint256 amount) returns (bool);
    function transferFrom(address from, address to, uint256 amount) returns (bool);
}

/// Accounts that batches here are made for.
pub const ACCOUNTS: u64 = 400;
const BLOCK: usize = 200;

/// Sixteen writes to storage at hashed places.
const STORE: [u8; 26] = hex!("5f5b805f52336020524360405f20556001018060101160015700");
/// Three hundred rounds of hashing, multiplying and comparing.
const COMPUTE: [u8; 37] = hex!("5f5b805f5260405f205f196020518209186020526001018061012c116001576020515f5500");
/// Calls the precompile that the first word of the input names with the rest.
const CALL_PRECOMPILE: [u8; 18] = hex!("602036038060205f375f5f825f5f355afa00");

/// A token that everybody has.
pub struct Token(Address);

impl Token {
    /// Deploys it and mints, in batches of their own.
    pub fn launch(rollup: &mut Rollup) -> eyre::Result<Self> {
        let (token, deploy) = rollup.deploy(0, dev_token()?)?;
        let mut setup = vec![deploy];
        for index in 0..ACCOUNTS as usize {
            let to = rollup.account(index);
            setup.push(rollup.call(0, token, mintCall { to, amount: U256::from(1_000_000) }.abi_encode())?);
        }
        for block in setup.chunks(BLOCK) {
            rollup.batch(vec![block.to_vec()])?;
        }
        Ok(Self(token))
    }

    /// A transfer of an account to one that has the token too.
    pub fn transfer(&self, rollup: &mut Rollup, from: usize) -> eyre::Result<UnsignedTx> {
        let to = rollup.account(from + BLOCK);
        rollup.call(from, self.0, transferCall { to, amount: U256::from(5) }.abi_encode())
    }
}

/// `count` transfers of a token, in blocks of 200.
pub fn token_transfers(rollup: &mut Rollup, token: &Token, count: usize) -> eyre::Result<Batch> {
    let transfers = (0..count).map(|index| token.transfer(rollup, index)).collect::<eyre::Result<Vec<_>>>()?;
    rollup.batch(transfers.chunks(BLOCK).map(<[_]>::to_vec).collect())
}

/// `count` transfers of ether between accounts that have some.
pub fn transfers(rollup: &mut Rollup, count: usize) -> eyre::Result<Batch> {
    let pay = |index| {
        let to = rollup.account(index + BLOCK);
        rollup.pay(index, to, 1)
    };
    let transfers = (0..count).map(pay).collect::<eyre::Result<Vec<_>>>()?;
    rollup.batch(transfers.chunks(BLOCK).map(<[_]>::to_vec).collect())
}

/// Deployments, storage, arithmetic and precompiles.
pub fn contracts(rollup: &mut Rollup) -> eyre::Result<Batch> {
    let mut block = Vec::new();
    let (store, deploy) = rollup.deploy(0, init_code(&STORE))?;
    block.push(deploy);
    let (compute, deploy) = rollup.deploy(1, init_code(&COMPUTE))?;
    block.push(deploy);
    let (precompiles, deploy) = rollup.deploy(2, init_code(&CALL_PRECOMPILE))?;
    block.push(deploy);
    for from in 3..8 {
        block.push(rollup.deploy(from, dev_token()?)?.1);
    }
    for from in 8..48 {
        block.push(rollup.call(from, store, [1])?);
        block.push(rollup.call(from, compute, [1])?);
        let (address, input) = precompile_input(from);
        block.push(rollup.call(from, precompiles, [address.abi_encode(), input].concat())?);
    }
    rollup.batch(vec![block])
}

/// None of the work above alone, and some that is not among it: allowances, new accounts, short blocks.
pub fn everything(rollup: &mut Rollup, token: &Token) -> eyre::Result<Batch> {
    let mut blocks = Vec::new();
    let (store, deploy) = rollup.deploy(390, init_code(&STORE))?;
    blocks.push(vec![deploy]);
    for round in 0..4 {
        let mut block = Vec::new();
        for index in 0..15 {
            let from = 50 + 20 * round + index;
            let fresh = Address::from_slice(&keccak256((from as u64).to_be_bytes())[..20]);
            block.push(rollup.pay(from, fresh, 1)?);
            let (owner, spender) = (rollup.account(from), rollup.account(from + 1));
            block.push(rollup.call(from, token.0, approveCall { spender, amount: U256::from(9) }.abi_encode())?);
            let call = transferFromCall { from: owner, to: fresh, amount: U256::from(2) };
            block.push(rollup.call(from + 1, token.0, call.abi_encode())?);
            block.push(token.transfer(rollup, from + 2)?);
        }
        block.push(rollup.call(round, store, [1])?);
        block.push(rollup.deploy(round, dev_token()?)?.1);
        blocks.push(block);
    }
    rollup.batch(blocks)
}

fn dev_token() -> eyre::Result<Bytes> {
    #[derive(Deserialize)]
    struct Artifact {
        bytecode: Bytes,
    }
    let json = include_str!("../../../contracts/artifacts/DevToken.json");
    Ok(serde_json::from_str::<Artifact>(json)?.bytecode)
}

/// An address of a precompile and an input of the usual length, one after the other.
fn precompile_input(index: usize) -> (U256, Vec<u8>) {
    let word = |byte: u8| B256::with_last_byte(byte).0;
    let (address, input) = match index % 7 {
        0 => (1, [keccak256([1]).0, word(27), keccak256([2]).0, keccak256([3]).0].concat()),
        1 => (2, vec![7; 500]),
        2 => (3, vec![7; 200]),
        3 => (5, [word(32), word(32), word(32), [3; 32], [0xff; 32], [0xfd; 32]].concat()),
        4 => (6, [word(1), word(2), word(1), word(2)].concat()),
        5 => (7, [word(1), word(2), [0x11; 32]].concat()),
        _ => (256, vec![1; 160]),
    };
    (U256::from(address), input)
}

/// Init code of a contract with this code, of less than 256 bytes.
fn init_code(code: &[u8]) -> Vec<u8> {
    // PUSH1 length, DUP1, PUSH1 9, PUSH0, CODECOPY, PUSH0, RETURN
    [&[0x60, code.len() as u8, 0x80, 0x60, 9, 0x5f, 0x39, 0x5f, 0xf3][..], code].concat()
}
