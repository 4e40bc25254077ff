//! States and cases as preimages.

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use lux_oracle::{MAX_PREIMAGE_BYTES, Preimages};
use lux_statetest::Case;
use lux_stf::{AccountChange, Changes, StateSource, StateTrie};
use lux_trie::{EMPTY_ROOT_HASH, NodeSource};
use revm::state::AccountInfo;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// An account of a state.
#[derive(Deserialize, Default)]
pub struct Account {
    pub balance: U256,
    pub code: Bytes,
    pub nonce: U256,
    pub storage: BTreeMap<U256, U256>,
}

/// A case with everything it reads.
pub struct Prepared {
    pub input: B256,
    pub preimages: Preimages,
}

impl Prepared {
    /// The case with this transaction, on a state that [`build_state`] made.
    pub fn new(mut case: Case, transaction: &[u8], mut preimages: Preimages) -> Self {
        let pieces = transaction.chunks(MAX_PREIMAGE_BYTES);
        case.transaction = pieces.map(|piece| preimages.insert(piece.to_vec())).collect();
        Self { input: preimages.insert(alloy_rlp::encode(&case)), preimages }
    }
}

/// The state before anything is in it.
struct Nothing;

impl NodeSource for Nothing {
    type Error = Infallible;

    fn node(&self, hash: &B256) -> Result<Bytes, Infallible> {
        unreachable!("node {hash} of an empty trie")
    }
}

impl StateSource for Nothing {
    fn code(&self, hash: &B256) -> Result<Bytes, Infallible> {
        unreachable!("code {hash} of no account")
    }
}

/// Root, nodes and code of a state.
pub fn build_state(accounts: &BTreeMap<Address, Account>) -> (B256, Preimages) {
    let mut preimages = Preimages::default();
    let mut changes = Changes::default();
    for (address, account) in accounts {
        let code_hash = if account.code.is_empty() { KECCAK256_EMPTY } else { preimages.insert(account.code.clone()) };
        let info = AccountInfo { balance: account.balance, nonce: account.nonce.to(), code_hash, ..Default::default() };
        let storage = account.storage.iter().map(|(slot, value)| (*slot, *value)).collect();
        changes.accounts.push(AccountChange { address: *address, info: Some(info), storage_wiped: true, storage });
    }
    let mut state = StateTrie::new(Nothing, EMPTY_ROOT_HASH);
    state.apply(&changes).unwrap();
    let root = state.commit(&mut |hash, node| assert_eq!(preimages.insert(node), hash));
    (root, preimages)
}
