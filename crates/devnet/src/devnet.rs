//! The devnet itself.

use crate::{
    DevnetConfig, DevnetError, Mining, WallClock, accounts, genesis::genesis, saved::Saved, session::Session,
    snapshot::Snapshots,
};
use alloy_primitives::Address;
use alloy_signer_local::PrivateKeySigner;
use lux_chain::pool::{Pool, PoolConfig};
use lux_chain::{Chain, Store};
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;
use tokio::sync::watch;

/// An L1 of our own. Clones share it.
#[derive(Clone)]
pub struct Devnet(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub chain: Arc<Chain>,
    pub accounts: Vec<(Address, PrivateKeySigner)>,
    pub wall_clock: WallClock,
    pub safe_depth: u64,
    pub finalized_depth: u64,
    /// Changes only while its [`Session`] holds the chain's writer.
    pub saved: RwLock<Saved>,
    pub snapshots: Mutex<Snapshots>,
    /// Tells the mining task.
    pub mining: watch::Sender<Mining>,
}

impl Devnet {
    /// Opens the devnet in `config.data`, or creates it.
    pub fn open(config: DevnetConfig) -> Result<Self, DevnetError> {
        let store = match &config.data {
            Some(folder) => {
                std::fs::create_dir_all(folder)?;
                Store::open(&folder.join("l1.redb"))?
            }
            None => Store::in_memory()?,
        };
        let accounts = accounts::derive(&config.mnemonic, config.accounts)?;
        let genesis = genesis(&config, accounts.iter().map(|(address, _)| *address), &store)?;
        let saved = match Saved::load(&store)? {
            Some(saved) => saved,
            None => Saved { mining: config.mining.check()?, ..Default::default() },
        };
        let pool = Pool::new(PoolConfig::new(config.chain_id, config.gas_limit), config.base_fee);
        let devnet = Self(Arc::new(Inner {
            chain: Arc::new(Chain::open(store, &genesis, pool)?),
            accounts,
            wall_clock: config.wall_clock,
            safe_depth: config.safe_depth,
            finalized_depth: config.finalized_depth,
            mining: watch::Sender::new(saved.mining),
            saved: RwLock::new(saved),
            snapshots: Mutex::default(),
        }));
        devnet.update_tags()?;
        Ok(devnet)
    }

    pub fn chain(&self) -> Arc<Chain> {
        self.0.chain.clone()
    }

    /// Funded accounts with their keys.
    pub fn accounts(&self) -> Vec<(Address, PrivateKeySigner)> {
        self.0.accounts.clone()
    }

    /// Exclusive access, for one change that others see whole.
    pub(crate) fn session(&self) -> Session<'_> {
        Session::new(self)
    }

    /// Moves `safe` and `finalized` behind the head.
    pub(crate) fn update_tags(&self) -> Result<(), DevnetError> {
        let head = self.0.chain.head().number();
        let behind = |depth| head.saturating_sub(depth);
        Ok(self.0.chain.set_tags(behind(self.0.safe_depth), behind(self.0.finalized_depth))?)
    }
}

impl std::fmt::Debug for Devnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Devnet").field("saved", &*self.0.saved.read()).finish_non_exhaustive()
    }
}
