//! `eth_getProof` (EIP-1186), at any block.

use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::register::Registrar;
use crate::rpc::Rpc;
use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rpc_types_eth::{EIP1186AccountProofResponse, EIP1186StorageProof};
use alloy_serde::JsonStorageKey;
use lux_chain::NodeDb;
use lux_stf::TrieAccount;
use revm::Database;

pub(crate) fn register(methods: &mut Registrar) {
    methods.read("eth_getProof", 3, proof);
}

fn proof(rpc: &Rpc, args: &Args<'_>) -> RpcResult<EIP1186AccountProofResponse> {
    let (address, keys) = (args.required::<Address>(0)?, args.optional::<Vec<JsonStorageKey>>(1)?.unwrap_or_default());
    if keys.len() > rpc.limits.max_proof_keys {
        return Err(error::invalid_params(format!("too many slots (max {})", rpc.limits.max_proof_keys)));
    }
    let root = rpc.require_header(args.optional::<BlockId>(2)?.unwrap_or_default())?.header.state_root;
    let mut state = rpc.state(root);
    let account = state.account(address).map_err(error::state)?.unwrap_or(TrieAccount::EMPTY);
    let nodes = state.source().clone();
    let account_proof = prove(&nodes, root, keccak256(address))?;
    let mut storage_proof = Vec::with_capacity(keys.len());
    for key in keys {
        let slot = key.as_b256();
        let value = state.storage(address, U256::from_be_bytes(slot.0)).map_err(error::state)?;
        let proof = prove(&nodes, account.storage_root, keccak256(slot))?;
        storage_proof.push(EIP1186StorageProof { key, value, proof });
    }
    Ok(EIP1186AccountProofResponse {
        address,
        balance: account.balance,
        code_hash: account.code_hash,
        nonce: account.nonce,
        storage_hash: account.storage_root,
        account_proof,
        storage_proof,
    })
}

fn prove(nodes: &NodeDb, root: B256, key: B256) -> RpcResult<Vec<Bytes>> {
    lux_trie::prove(nodes, root, key.as_slice()).map_err(error::internal)
}
