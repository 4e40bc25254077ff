//! Which market a command talks to.

use crate::l2::Endpoints;
use crate::layer::LayerArgs;
use alloy_primitives::Address;
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_compute::Market;
use lux_l1::L1Client;
use lux_protocol::constants::{COMPUTE_MARKET, TRAINING};
use lux_protocol::market::contract::IComputeMarket::computeProgramCall;
use lux_protocol::market::contract::Purpose;

#[derive(Args, Clone)]
pub struct MarketArgs {
    #[command(flatten)]
    layer: LayerArgs,
    /// Address of the market [default: the predeploy on L2, the rollup on L1].
    #[arg(long)]
    market: Option<Address>,
}

impl MarketArgs {
    /// For commands about L1 alone.
    pub const fn on_l1(endpoints: Endpoints, market: Option<Address>) -> Self {
        Self { layer: LayerArgs::on_l1(endpoints), market }
    }

    /// The market, and the first block that may know of it.
    pub async fn find(&self) -> eyre::Result<(Market, u64)> {
        let (market, first_block) = self.place().await?;
        let call = computeProgramCall { purpose: Purpose::Infer };
        if market.chain.view(market.address, call).await?.version == 0 {
            let address = market.address;
            return Err(eyre!("the market {address} is not open: its owner opens it with `lux-rollup market open`"));
        }
        Ok((market, first_block))
    }

    /// The same of a market that may be closed.
    pub async fn place(&self) -> eyre::Result<(Market, u64)> {
        let (chain, address, first_block) = self.layer.place(self.market, COMPUTE_MARKET).await?;
        if chain.code(address).await?.is_empty() {
            return Err(eyre!("there is no contract at {address} on this chain; --market names the market"));
        }
        let program = chain.view(address, computeProgramCall { purpose: Purpose::Infer }).await;
        program.wrap_err_with(|| format!("{address} is no compute market: it needs the preset hip"))?;
        Ok((Market { chain, address }, first_block))
    }

    /// The contract with the training jobs of the layer.
    pub async fn training(&self) -> eyre::Result<(L1Client, Address)> {
        let (chain, address, _) = self.layer.place(None, TRAINING).await?;
        Ok((chain, address))
    }

    /// L1 and a node of L2.
    pub async fn chains(&self) -> eyre::Result<(L1Client, L1Client)> {
        self.layer.chains().await
    }
}
