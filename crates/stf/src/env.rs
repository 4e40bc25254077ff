//! From our types to revm's.

use crate::signature::recover_authorizations;
use crate::{BlockAttributes, ChainKind, MAX_TRANSACTION_MEMORY, Overlay, Rules, StateError};
use alloy_consensus::{Transaction as _, Typed2718};
use alloy_primitives::{Address, U256};
use lux_protocol::{Deposit, EthTransaction};
use revm::Database;
use revm::context::{BlockEnv, CfgEnv, TxEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::primitives::hardfork::SpecId;

/// EVM configuration of a chain: Osaka.
pub fn cfg_env(rules: &Rules) -> CfgEnv {
    let mut cfg = CfgEnv::new_with_spec(SpecId::OSAKA);
    cfg.chain_id = rules.chain_id;
    if rules.kind == ChainKind::Rollup {
        cfg.memory_limit = MAX_TRANSACTION_MEMORY;
    }
    cfg
}

/// What the EVM sees of a block.
pub fn block_env(attributes: &BlockAttributes) -> BlockEnv {
    BlockEnv {
        number: U256::from(attributes.number),
        beneficiary: attributes.beneficiary,
        timestamp: U256::from(attributes.timestamp),
        gas_limit: attributes.gas_limit,
        basefee: attributes.base_fee,
        difficulty: U256::ZERO,
        prevrandao: Some(attributes.prev_randao),
        // No blobs: BLOBBASEFEE is the minimum of one wei.
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice { excess_blob_gas: 0, blob_gasprice: 1 }),
        ..Default::default()
    }
}

/// What the EVM sees of a transaction from `caller`.
pub fn tx_env(tx: &EthTransaction, caller: Address) -> TxEnv {
    TxEnv {
        tx_type: tx.ty(),
        caller,
        gas_limit: tx.gas_limit(),
        gas_price: tx.max_fee_per_gas(),
        kind: tx.kind(),
        value: tx.value(),
        data: tx.input().clone(),
        nonce: tx.nonce(),
        chain_id: tx.chain_id(),
        access_list: tx.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: tx.max_priority_fee_per_gas(),
        authorization_list: recover_authorizations(tx),
        ..Default::default()
    }
}

/// Creates what a deposit mints on its sender and returns what the EVM then runs, under [`set_deposit_checks`].
pub fn prepare_deposit<D: Database<Error = StateError>>(
    overlay: &mut Overlay<D>,
    deposit: &Deposit,
    chain_id: u64,
) -> Result<TxEnv, D::Error> {
    overlay.modify(deposit.from, |account| account.balance = account.balance.saturating_add(deposit.mint))?;
    let nonce = overlay.basic(deposit.from)?.map_or(0, |account| account.nonce);
    Ok(TxEnv {
        caller: deposit.from,
        gas_limit: deposit.gas_limit,
        kind: deposit.to.into(),
        value: deposit.value,
        data: deposit.data.clone(),
        nonce,
        chain_id: Some(chain_id),
        ..Default::default()
    })
}

/// Switches to the checks of a deposit and back. Its sender paid on L1, and its rights were checked there: no fee, and a
/// contract's alias may send.
pub fn set_deposit_checks(cfg: &mut CfgEnv, on: bool) {
    cfg.disable_base_fee = on;
    cfg.disable_eip3607 = on;
}
