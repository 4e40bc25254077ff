//! Block 0.

use crate::{Block, ChainError, NodeDb, Store};
use alloy_consensus::constants::EMPTY_OMMER_ROOT_HASH;
use alloy_consensus::{EMPTY_ROOT_HASH, Header};
use alloy_eips::eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use lux_protocol::constants::FEE_VAULT;
use lux_stf::{ChainKind, L1Origin, Overlay, Rules, StateTrie};
use lux_trie::EMPTY_ROOT_HASH as EMPTY_TRIE;
use revm::bytecode::Bytecode;

/// An account that exists from the start.
#[derive(Clone, Debug, Default)]
pub struct GenesisAccount {
    pub balance: U256,
    pub nonce: u64,
    pub code: Bytes,
    /// Slots and what they hold.
    pub storage: Vec<(U256, U256)>,
}

/// Slots of a contract that hold `bytes` where Solidity keeps a variable of type `bytes`, which begins at `slot`.
pub fn stored_bytes(slot: u64, bytes: &[u8]) -> Vec<(U256, U256)> {
    let slot = U256::from(slot);
    let word = |piece: &[u8]| {
        let mut word = [0; 32];
        word[..piece.len()].copy_from_slice(piece);
        U256::from_be_bytes(word)
    };
    if bytes.len() < 32 {
        return vec![(slot, word(bytes) | U256::from(2 * bytes.len()))];
    }
    let first = U256::from_be_bytes(keccak256(slot.to_be_bytes::<32>()).0);
    let pieces =
        bytes.chunks(32).enumerate().map(|(index, piece)| (first.wrapping_add(U256::from(index)), word(piece)));
    [(slot, U256::from(2 * bytes.len() + 1))].into_iter().chain(pieces).collect()
}

/// How a chain begins.
#[derive(Clone, Debug)]
pub struct Genesis {
    pub rules: Rules,
    /// Seconds.
    pub timestamp: u64,
    /// wei
    pub base_fee: u64,
    /// Accounts besides the EIP-2935 contract, which every chain has.
    pub accounts: Vec<(Address, GenesisAccount)>,
}

impl Genesis {
    /// Block 0, its trie nodes and its code.
    pub(crate) fn block(&self) -> Result<GenesisBlock, ChainError> {
        // Nothing is read from it: the state starts empty.
        let source = NodeDb::new(Store::in_memory()?);
        let mut overlay = Overlay::new(StateTrie::new(source, EMPTY_TRIE));
        let mut code = Vec::new();
        let history = GenesisAccount { nonce: 1, code: HISTORY_STORAGE_CODE.clone(), ..Default::default() };
        for (address, account) in self.accounts.iter().chain([&(HISTORY_STORAGE_ADDRESS, history)]) {
            let hash = keccak256(&account.code);
            overlay.modify(*address, |info| {
                info.balance = account.balance;
                info.nonce = account.nonce;
                info.set_code(Bytecode::new_raw(account.code.clone()));
            })?;
            for (slot, value) in &account.storage {
                overlay.set_storage(*address, *slot, *value)?;
            }
            if !account.code.is_empty() {
                code.push((hash, account.code.clone()));
            }
        }
        let (mut state, changes) = overlay.into_changes();
        state.apply(&changes)?;
        let mut nodes = Vec::new();
        let state_root = state.commit(&mut |hash, node| nodes.push((hash, node)));
        let rollup = self.rules.kind == ChainKind::Rollup;
        let header = Header {
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: if rollup { FEE_VAULT } else { Address::ZERO },
            state_root,
            transactions_root: EMPTY_ROOT_HASH,
            receipts_root: EMPTY_ROOT_HASH,
            gas_limit: self.rules.gas_limit,
            timestamp: self.timestamp,
            extra_data: if rollup { L1Origin::default().to_extra_data() } else { Bytes::new() },
            mix_hash: keccak256(B256::ZERO),
            base_fee_per_gas: Some(self.base_fee),
            withdrawals_root: Some(EMPTY_ROOT_HASH),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(B256::ZERO),
            requests_hash: Some(EMPTY_REQUESTS_HASH),
            ..Default::default()
        };
        let hash = header.hash_slow();
        let block = Block { header, hash, transactions: Vec::new(), senders: Vec::new() };
        Ok(GenesisBlock { block, nodes, code })
    }

    /// Hash and state root of block 0.
    pub fn commitment(&self) -> Result<(B256, B256), ChainError> {
        let genesis = self.block()?;
        Ok((genesis.block.hash, genesis.block.header.state_root))
    }
}

pub(crate) struct GenesisBlock {
    pub block: Block,
    pub nodes: Vec<(B256, Bytes)>,
    pub code: Vec<(B256, Bytes)>,
}
