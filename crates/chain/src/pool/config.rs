//! Limits of the pool.

use std::time::Duration;

/// What a [`super::Pool`] accepts and how much it holds.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    pub chain_id: u64,
    pub block_gas_limit: u64,
    /// Most gas one transaction may ask for (EIP-7825).
    pub tx_gas_cap: u64,
    /// Most transactions, pending and queued together.
    pub max_transactions: usize,
    /// Most bytes of all encoded transactions together.
    pub max_bytes: usize,
    /// Most executable transactions of one account.
    pub max_per_account: usize,
    /// Most transactions of one account that wait for an earlier nonce.
    pub max_queued_per_account: usize,
    /// Largest encoded transaction.
    pub max_tx_bytes: usize,
    /// Largest init code (EIP-3860).
    pub max_init_code: usize,
    /// How much more a replacement has to offer, in both fee cap and tip, percent.
    pub price_bump_percent: u8,
    /// Smallest tip cap, wei per gas.
    pub min_tip: u128,
    /// The chain's base fee never falls below this, so a smaller fee cap could never be included. Wei per gas.
    pub min_base_fee: u64,
    /// How long an account's queued transactions stay after the account's last accepted transaction.
    pub queued_lifetime: Duration,
}

impl PoolConfig {
    pub fn new(chain_id: u64, block_gas_limit: u64) -> Self {
        Self {
            chain_id,
            block_gas_limit,
            tx_gas_cap: 16_777_216,
            max_transactions: 100_000,
            max_bytes: 128 * 1024 * 1024,
            max_per_account: 1_000,
            max_queued_per_account: 64,
            max_tx_bytes: 128 * 1024,
            max_init_code: 49_152,
            price_bump_percent: 10,
            min_tip: 0,
            min_base_fee: 0,
            queued_lifetime: Duration::from_secs(3 * 3600),
        }
    }
}
