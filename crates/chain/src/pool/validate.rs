//! Rules that need no state, in the order in which geth checks them.

use super::{PoolConfig, PoolError, PooledTx};
use alloy_consensus::{Transaction as _, Typed2718 as _};
use lux_protocol::EthTransaction;
use revm::{context_interface::cfg::GasParams, primitives::hardfork::SpecId};

pub(super) fn validate(pooled: &PooledTx, config: &PoolConfig) -> Result<(), PoolError> {
    let tx = &pooled.tx;
    let gas = pooled.gas_limit;
    if let EthTransaction::Eip4844(_) = tx {
        return Err(PoolError::TypeNotSupported(tx.ty()));
    }
    if pooled.encoded_len > config.max_tx_bytes {
        return Err(PoolError::OversizedData { size: pooled.encoded_len, limit: config.max_tx_bytes });
    }
    if tx.is_create() && tx.input().len() > config.max_init_code {
        return Err(PoolError::MaxInitCodeSize { size: tx.input().len(), limit: config.max_init_code });
    }
    if gas > config.tx_gas_cap {
        return Err(PoolError::GasLimitTooHigh { cap: config.tx_gas_cap, gas });
    }
    if gas > config.block_gas_limit {
        return Err(PoolError::ExceedsBlockGasLimit);
    }
    if pooled.max_tip > pooled.max_fee {
        return Err(PoolError::TipAboveFeeCap);
    }
    // Without a chain id a legacy transaction is valid on every chain; some deployers rely on that.
    if let Some(have) = tx.chain_id().filter(|have| *have != config.chain_id) {
        return Err(PoolError::InvalidChainId { have, want: config.chain_id });
    }
    if pooled.nonce == u64::MAX {
        return Err(PoolError::NonceMax);
    }
    validate_gas(tx, gas)?;
    if pooled.max_tip < config.min_tip {
        return Err(PoolError::TipTooLow { tip: pooled.max_tip, needed: config.min_tip });
    }
    if pooled.max_fee < u128::from(config.min_base_fee) {
        return Err(PoolError::FeeCapTooLow { fee_cap: pooled.max_fee, needed: config.min_base_fee.into() });
    }
    if tx.authorization_list().is_some_and(|list| list.is_empty()) {
        return Err(PoolError::EmptyAuthorizationList);
    }
    Ok(())
}

/// The gas that is due before the first opcode, and the floor of EIP-7623.
fn validate_gas(tx: &EthTransaction, gas: u64) -> Result<(), PoolError> {
    let access = tx.access_list();
    let initial = GasParams::new_spec(SpecId::OSAKA).initial_tx_gas(
        tx.input(),
        tx.is_create(),
        access.map_or(0, |list| list.len() as u64),
        access.map_or(0, |list| list.storage_keys_count() as u64),
        tx.authorization_count().unwrap_or(0),
        None,
    );
    if gas < initial.initial_total_gas() {
        return Err(PoolError::IntrinsicGas { gas, needed: initial.initial_total_gas() });
    }
    if gas < initial.floor_gas() {
        return Err(PoolError::FloorDataGas { gas, needed: initial.floor_gas() });
    }
    Ok(())
}
