//! Which market a command talks to.

use crate::l2::{self, Endpoints};
use alloy_primitives::Address;
use clap::{Args, ValueEnum};
use eyre::{WrapErr, eyre};
use lux_compute::Market;
use lux_l1::L1Client;
use lux_protocol::constants::COMPUTE_MARKET;
use lux_protocol::market::contract::IComputeMarket::computeProgramCall;
use lux_protocol::market::contract::Purpose;

#[derive(Args, Clone)]
pub struct MarketArgs {
    #[command(flatten)]
    endpoints: Endpoints,
    /// Layer of the market.
    #[arg(long, value_enum, default_value_t = Layer::L2)]
    layer: Layer,
    /// Address of the market [default: the predeploy on L2, the rollup on L1].
    #[arg(long)]
    market: Option<Address>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layer {
    L1,
    L2,
}

impl MarketArgs {
    /// For commands about L1 alone.
    pub const fn on_l1(endpoints: Endpoints, market: Option<Address>) -> Self {
        Self { endpoints, layer: Layer::L1, market }
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
        let (chain, address, first_block) = self.address().await?;
        if chain.code(address).await?.is_empty() {
            return Err(eyre!("there is no contract at {address} on this chain; --market names the market"));
        }
        let program = chain.view(address, computeProgramCall { purpose: Purpose::Infer }).await;
        program.wrap_err_with(|| format!("{address} is no compute market: it needs the preset hip"))?;
        Ok((Market { chain, address }, first_block))
    }

    /// L1 and a node of L2.
    pub async fn chains(&self) -> eyre::Result<(L1Client, L1Client)> {
        Ok((l2::connect(&self.endpoints.l1).await?, l2::connect(&self.endpoints.l2).await?))
    }

    async fn address(&self) -> eyre::Result<(L1Client, Address, u64)> {
        if self.layer == Layer::L2 {
            return Ok((l2::connect(&self.endpoints.l2).await?, self.market.unwrap_or(COMPUTE_MARKET), 0));
        }
        let l1 = l2::connect(&self.endpoints.l1).await?;
        if let Some(market) = self.market {
            return Ok((l1, market, 0));
        }
        let rollup = l2::rollup(&l2::connect(&self.endpoints.l2).await?, &l1).await?;
        Ok((l1, rollup.address, rollup.genesis_l1_block))
    }
}
