//! The registry of enclave keys that a market goes by.

use crate::market_args::MarketArgs;
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolValue;
use eyre::eyre;
use lux_l1::L1Client;
use lux_protocol::constants::ENCLAVE_KEYS;
use lux_protocol::market::EvidenceKind;
use lux_protocol::market::contract::IComputeMarket::computeEvidenceCall;
use lux_protocol::market::enclaves::IAttestationEvidence::keysCall;
use lux_tee::Collateral;

pub struct Registry {
    pub chain: L1Client,
    pub address: Address,
}

impl Registry {
    pub async fn of(market: &MarketArgs) -> eyre::Result<Self> {
        let (market, _) = market.place().await?;
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
