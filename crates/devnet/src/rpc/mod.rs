//! JSON-RPC of a development chain: the names and shapes of anvil and Hardhat.

mod accounts;
mod args;
mod mining;
mod registry;
mod state;
mod time;

use crate::{Devnet, DevnetError};
use jsonrpsee::{Methods, RpcModule};
use registry::Registry;

impl Devnet {
    /// The methods that only a development chain has. `eth` is asked to estimate gas.
    pub fn dev_module(&self, eth: Methods) -> Result<RpcModule<Self>, DevnetError> {
        let mut registry = Registry(RpcModule::new(self.clone()));
        time::register(&mut registry)?;
        mining::register(&mut registry)?;
        state::register(&mut registry)?;
        accounts::register(&mut registry, eth)?;
        Ok(registry.0)
    }
}
