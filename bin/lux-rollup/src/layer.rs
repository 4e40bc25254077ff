//! Contracts that are on both layers.

use crate::l2::{self, Endpoints};
use alloy_primitives::Address;
use clap::{Args, ValueEnum};
use lux_l1::L1Client;

#[derive(Args, Clone)]
pub struct LayerArgs {
    #[command(flatten)]
    endpoints: Endpoints,
    /// Layer of the contract.
    #[arg(long, value_enum, default_value_t = Layer::L2)]
    layer: Layer,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layer {
    L1,
    L2,
}

impl LayerArgs {
    /// For commands about L1 alone.
    pub const fn on_l1(endpoints: Endpoints) -> Self {
        Self { endpoints, layer: Layer::L1 }
    }

    /// L1 and a node of L2.
    pub async fn chains(&self) -> eyre::Result<(L1Client, L1Client)> {
        Ok((l2::connect(&self.endpoints.l1).await?, l2::connect(&self.endpoints.l2).await?))
    }

    /// The chain, where the contract is there unless it is named, and the first block that may know of it.
    pub async fn place(&self, named: Option<Address>, predeploy: Address) -> eyre::Result<(L1Client, Address, u64)> {
        if self.layer == Layer::L2 {
            return Ok((l2::connect(&self.endpoints.l2).await?, named.unwrap_or(predeploy), 0));
        }
        let l1 = l2::connect(&self.endpoints.l1).await?;
        if let Some(named) = named {
            return Ok((l1, named, 0));
        }
        let rollup = l2::rollup(&l2::connect(&self.endpoints.l2).await?, &l1).await?;
        Ok((l1, rollup.address, rollup.genesis_l1_block))
    }
}
