//! How a devnet begins.

use crate::DevnetError;
use alloy_primitives::U256;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Gives seconds since 1970. Tests put their own in place of the system's.
pub type WallClock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// When a block is mined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mining {
    /// As soon as a transaction can be executed, one block each.
    #[default]
    Automine,
    /// At this rate, with or without transactions; see [`Devnet::spawn_mining`](crate::Devnet::spawn_mining).
    Interval(Duration),
    /// When asked to.
    Manual,
}

impl Mining {
    const SHORTEST: Duration = Duration::from_millis(1);
    const LONGEST: Duration = Duration::from_secs(365 * 86_400);

    pub(crate) fn check(self) -> Result<Self, DevnetError> {
        match self {
            Self::Interval(period) if !(Self::SHORTEST..=Self::LONGEST).contains(&period) => {
                Err(DevnetError::Interval(period))
            }
            mode => Ok(mode),
        }
    }
}

/// What a devnet is made of. In a data folder that already holds a chain, everything that shapes block 0 has to be as it
/// was, and `mining` is what it was last set to.
#[derive(Clone)]
pub struct DevnetConfig {
    pub chain_id: u64,
    pub gas_limit: u64,
    pub mining: Mining,
    /// How many funded accounts.
    pub accounts: u32,
    /// wei, of each
    pub balance: U256,
    /// BIP-39 phrase of the funded accounts, at `m/44'/60'/0'/0/index`. Public: worth nothing anywhere else.
    pub mnemonic: String,
    /// Folder of the database; `None` keeps everything in memory.
    pub data: Option<PathBuf>,
    /// Of block 0, wei per gas.
    pub base_fee: u64,
    /// Of block 0, seconds; `None` takes the time of creation.
    pub genesis_timestamp: Option<u64>,
    /// Blocks between the head and the `safe` tag.
    pub safe_depth: u64,
    /// Blocks between the head and the `finalized` tag. Reorganisations that are deeper take finality back.
    pub finalized_depth: u64,
    pub wall_clock: WallClock,
}

impl Default for DevnetConfig {
    fn default() -> Self {
        Self {
            chain_id: 31_337,
            gas_limit: 30_000_000,
            mining: Mining::Automine,
            accounts: 10,
            balance: U256::from(10_000) * U256::from(10).pow(U256::from(18)),
            mnemonic: "test test test test test test test test test test test junk".into(),
            data: None,
            base_fee: 1_000_000_000,
            genesis_timestamp: None,
            safe_depth: 32,
            finalized_depth: 64,
            wall_clock: Arc::new(|| SystemTime::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_secs())),
        }
    }
}

impl std::fmt::Debug for DevnetConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevnetConfig")
            .field("chain_id", &self.chain_id)
            .field("mining", &self.mining)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}
