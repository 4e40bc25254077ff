//! State and block overrides of a call.

use crate::error::{self, RpcResult};
use alloy_primitives::{Address, U256};
use alloy_rpc_types_eth::state::AccountOverride;
use lux_chain::NodeDb;
use lux_stf::{Overlay, StateTrie};
use revm::bytecode::Bytecode;
use revm::context::BlockEnv;
use revm::primitives::AddressMap;
use revm::state::{Account, EvmStorageSlot, TransactionId};
use revm::{Database, DatabaseCommit};

pub(super) type State = Overlay<StateTrie<NodeDb>>;

/// Puts `change` over the account at `address`.
pub(super) fn override_account(state: &mut State, address: Address, change: AccountOverride) -> RpcResult<()> {
    if change.move_precompile_to.is_some() {
        return Err(error::server("moving precompiles is not supported"));
    }
    let (slots, wiped) = match (change.state, change.state_diff) {
        (Some(_), Some(_)) => {
            return Err(error::server(format!("account {address} has both 'state' and 'stateDiff'")));
        }
        (Some(slots), None) => (Some(slots), true),
        (None, slots) => (slots, false),
    };
    let mut info = state.basic(address).map_err(error::state)?.unwrap_or_default();
    info.balance = change.balance.unwrap_or(info.balance);
    info.nonce = change.nonce.unwrap_or(info.nonce);
    if let Some(code) = change.code {
        let code = Bytecode::new_raw_checked(code).map_err(|error| error::server(format!("invalid code: {error}")))?;
        info.set_code(code);
    }
    let mut account = Account::default();
    account.info = info;
    account.mark_touch();
    if wiped {
        account.mark_created();
    }
    for (slot, value) in slots.into_iter().flatten() {
        let value = U256::from_be_bytes(value.0);
        // Any other original value marks the slot as written.
        let slot_change = EvmStorageSlot::new_changed(!value, value, TransactionId::default());
        account.storage.insert(U256::from_be_bytes(slot.0), slot_change);
    }
    let mut changes = AddressMap::default();
    changes.insert(address, account);
    state.commit(changes);
    Ok(())
}

pub(super) fn override_block(block: &mut BlockEnv, change: alloy_rpc_types_eth::BlockOverrides) -> RpcResult<()> {
    if change.block_hash.is_some() || change.beacon_root.is_some() {
        return Err(error::server("overriding block hashes or the beacon root is not supported"));
    }
    if let Some(base_fee) = change.base_fee {
        block.basefee = base_fee.try_into().map_err(|_| error::server("base fee override exceeds 64 bits"))?;
    }
    block.number = change.number.unwrap_or(block.number);
    block.timestamp = change.time.map_or(block.timestamp, U256::from);
    block.gas_limit = change.gas_limit.unwrap_or(block.gas_limit);
    block.beneficiary = change.coinbase.unwrap_or(block.beneficiary);
    block.prevrandao = change.random.or(block.prevrandao);
    Ok(())
}
