//! Settings of a [`TxManager`](super::TxManager).

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Most gas of one transaction, EIP-7825.
pub const MAX_TX_GAS: u64 = 16_777_216;
/// Most call data of one transaction: mempools refuse transactions above 128 KiB, envelope included.
pub const MAX_TX_DATA: usize = 128 * 1024 - 1024;

/// Milliseconds since the epoch. Tests inject their own.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The clock of the operating system.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
    })
}

/// How transactions are sent.
#[derive(Debug, Clone)]
pub struct TxConfig {
    /// A transaction is final when its block is the N-th from the head; 1: as soon as it is mined.
    pub confirmations: u64,
    /// Pay more after so long without being mined.
    pub bump_after_ms: u64,
    /// Send the same bytes again after so long, in case the mempool dropped them.
    pub rebroadcast_after_ms: u64,
    /// Never pay more than this per gas, in wei; what it cannot buy waits.
    pub max_fee_per_gas: u128,
    /// Tip at least this much, in wei per gas.
    pub min_priority_fee: u128,
    /// Never use more gas in one transaction.
    pub max_gas: u64,
    /// Gas limit as percentage of the estimate.
    pub gas_margin_percent: u64,
    /// Unfinished transactions at a time; geth drops more than 64 queued ones of an account.
    pub max_pending: usize,
    /// Outcomes are remembered for so long, and ids must not be used again meanwhile.
    pub remember_ms: u64,
    /// How often [`TxManager::send`](super::TxManager::send) looks.
    pub poll_interval: Duration,
}

impl Default for TxConfig {
    fn default() -> Self {
        Self {
            confirmations: 3,
            bump_after_ms: 45_000,
            rebroadcast_after_ms: 15_000,
            max_fee_per_gas: 500_000_000_000,
            min_priority_fee: 1,
            max_gas: MAX_TX_GAS,
            gas_margin_percent: 120,
            max_pending: 32,
            remember_ms: 30 * 24 * 3_600_000,
            poll_interval: Duration::from_secs(2),
        }
    }
}
