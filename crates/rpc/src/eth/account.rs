//! The state of accounts at a block.

use crate::args::Args;
use crate::error::{self, RpcResult};
use crate::register::Registrar;
use crate::rpc::Rpc;
use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_serde::JsonStorageKey;
use lux_chain::NodeDb;
use lux_stf::StateTrie;
use revm::Database;

pub(crate) fn register(methods: &mut Registrar) {
    methods.light("eth_getBalance", 2, balance);
    methods.light("eth_getTransactionCount", 2, nonce);
    methods.light("eth_getCode", 2, code);
    methods.light("eth_getStorageAt", 3, storage);
}

/// State after the block that argument `index` names; the head's where it names none.
fn state_at(rpc: &Rpc, args: &Args<'_>, index: usize) -> RpcResult<StateTrie<NodeDb>> {
    let id = args.optional::<BlockId>(index)?.unwrap_or_default();
    Ok(rpc.state(rpc.require_header(id)?.header.state_root))
}

fn balance(rpc: &Rpc, args: &Args<'_>) -> RpcResult<U256> {
    let address = args.required::<Address>(0)?;
    let account = state_at(rpc, args, 1)?.account(address).map_err(error::state)?;
    Ok(account.map_or(U256::ZERO, |account| account.balance))
}

fn nonce(rpc: &Rpc, args: &Args<'_>) -> RpcResult<U64> {
    let address = args.required::<Address>(0)?;
    if args.optional::<BlockId>(1)?.is_some_and(|id| id.is_pending())
        && let Some(nonce) = rpc.chain().pool().pending_nonce(address)
    {
        return Ok(U64::from(nonce));
    }
    let account = state_at(rpc, args, 1)?.account(address).map_err(error::state)?;
    Ok(U64::from(account.map_or(0, |account| account.nonce)))
}

fn code(rpc: &Rpc, args: &Args<'_>) -> RpcResult<Bytes> {
    let address = args.required::<Address>(0)?;
    let mut state = state_at(rpc, args, 1)?;
    let Some(account) = state.account(address).map_err(error::state)? else { return Ok(Bytes::new()) };
    Ok(state.code_by_hash(account.code_hash).map_err(error::state)?.original_bytes())
}

fn storage(rpc: &Rpc, args: &Args<'_>) -> RpcResult<B256> {
    let (address, key) = (args.required::<Address>(0)?, args.required::<JsonStorageKey>(1)?);
    let slot = U256::from_be_bytes(key.as_b256().0);
    let value = state_at(rpc, args, 2)?.storage(address, slot).map_err(error::state)?;
    Ok(B256::from(value))
}
