//! The registry of enclave keys that a market, training or state roots go by.

use crate::l2::{self, Endpoints};
use crate::market_args::MarketArgs;
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolValue;
use clap::Args;
use eyre::{WrapErr, eyre};
use lux_confidential::state_root_registry;
use lux_l1::L1Client;
use lux_protocol::constants::ENCLAVE_KEYS;
use lux_protocol::market::EvidenceKind;
use lux_protocol::market::contract::IComputeMarket::computeEvidenceCall;
use lux_protocol::market::enclaves::IAttestationEvidence::keysCall;
use lux_protocol::training::ITraining::enclaveKeysCall;
use lux_tee::Collateral;

/// Which registry a command talks to.
#[derive(Args)]
pub struct RegistryArgs {
    #[command(flatten)]
    pub market: MarketArgs,
    /// The registry on L1 that attestations of state roots go by, instead of a market's.
    #[arg(long, conflicts_with_all = ["layer", "market"])]
    pub state_roots: bool,
    /// The registry that training goes by, instead of a market's.
    #[arg(long, conflicts_with_all = ["market", "state_roots"])]
    pub training: bool,
}

impl RegistryArgs {
    /// For commands about L1 alone.
    pub const fn on_l1(endpoints: Endpoints, market: Option<Address>, state_roots: bool, training: bool) -> Self {
        Self { market: MarketArgs::on_l1(endpoints, market), state_roots, training }
    }
}

pub struct Registry {
    pub chain: L1Client,
    pub address: Address,
}

impl Registry {
    pub async fn of(args: &RegistryArgs) -> eyre::Result<Self> {
        if args.state_roots {
            return Self::of_state_roots(&args.market).await;
        }
        if args.training {
            return Self::of_training(&args.market).await;
        }
        Self::of_market(&args.market).await
    }

    pub async fn of_market(args: &MarketArgs) -> eyre::Result<Self> {
        let (market, _) = args.place().await?;
        let call = computeEvidenceCall { kind: EvidenceKind::Attestation as u8 };
        let module = market.chain.view(market.address, call).await?;
        if module.is_zero() {
            return Err(eyre!(
                "the market {} takes no attestations: its owner has set no module for them",
                market.address
            ));
        }
        let address = market.chain.view(module, keysCall {}).await?;
        Ok(Self { chain: market.chain, address })
    }

    async fn of_training(args: &MarketArgs) -> eyre::Result<Self> {
        let (chain, training) = args.training().await?;
        let registry = chain.view(training, enclaveKeysCall {}).await;
        let address =
            registry.wrap_err_with(|| format!("{training} has no training: on L1 it needs the preset zip"))?;
        if address.is_zero() {
            return Err(eyre!(
                "the training of {training} takes no enclaves: its owner has set no registry of their keys"
            ));
        }
        Ok(Self { chain, address })
    }

    async fn of_state_roots(args: &MarketArgs) -> eyre::Result<Self> {
        let (l1, node) = args.chains().await?;
        let rollup = l2::rollup(&node, &l1).await?.address;
        Self::of_rollup(l1, rollup).await
    }

    /// The one on L1 that a rollup's own enclaves are in.
    pub async fn of_rollup(l1: L1Client, rollup: Address) -> eyre::Result<Self> {
        let none =
            || eyre!("the rollup {rollup} takes no attestations of state roots: its owner gives `tee quorum` first");
        let address = state_root_registry(&l1, rollup).await?.ok_or_else(none)?;
        Ok(Self { chain: l1, address })
    }

    /// What its verifier takes beside an attestation: L1 keeps collateral itself.
    pub fn collateral(&self, collateral: &Collateral) -> Bytes {
        if self.address == ENCLAVE_KEYS { collateral.encode().into() } else { Bytes::new() }
    }

    /// `quote` of LP-500's `TEEAttestation`.
    pub fn quote(&self, attestation: Vec<u8>, collateral: &Collateral) -> Bytes {
        let collateral = self.collateral(collateral);
        match collateral.is_empty() {
            true => attestation.into(),
            false => (Bytes::from(attestation), collateral).abi_encode_params().into(),
        }
    }
}
