//! The rollup on L1: its addresses, its parameters, calls to it.

use crate::NodeError;
use alloy_primitives::{Address, B256, U256};
use lux_l1::{L1Client, ViewError};
use lux_protocol::contracts::{Claim, IRollupSettings, IRollupViews, RollupConfig, RollupParams};

/// What never changes about a deployed rollup.
#[derive(Clone, Debug)]
pub struct Rollup {
    pub address: Address,
    pub bridge: Address,
    pub token_bridge: Address,
    pub registry: Address,
    pub config: RollupConfig,
    pub params: RollupParams,
    /// L1 block in which the rollup was initialised.
    pub genesis_l1_block: u64,
    pub l1_chain_id: u64,
    /// Whose runs claims are about, on a rollup whose claims can be disproved.
    pub program: Option<B256>,
}

impl Rollup {
    /// Reads everything from the contract at `address`.
    pub async fn load(l1: &L1Client, address: Address) -> Result<Self, NodeError> {
        if l1.code(address).await?.is_empty() {
            return Err(NodeError::Config(format!(
                "there is no contract at {address} on this L1; check the rollup address and the L1 URL"
            )));
        }
        Ok(Self {
            address,
            bridge: l1.view(address, IRollupViews::bridgeCall {}).await?,
            token_bridge: l1.view(address, IRollupViews::tokenBridgeCall {}).await?,
            registry: l1.view(address, IRollupViews::registryCall {}).await?,
            config: l1.view(address, IRollupViews::configCall {}).await?,
            params: l1.view(address, IRollupViews::paramsCall {}).await?,
            genesis_l1_block: l1.view(address, IRollupViews::genesisL1BlockCall {}).await?,
            l1_chain_id: l1.chain_id().await?,
            program: disputed_program(l1, address).await?,
        })
    }
}

/// The program of new batches, if there is evidence against claims about it.
async fn disputed_program(l1: &L1Client, rollup: Address) -> Result<Option<B256>, NodeError> {
    let module = fault_module(l1, rollup).await?;
    let settings = l1.view(rollup, IRollupViews::settingsCall {}).await?;
    let version = l1.view(settings, IRollupSettings::programVersionCall {}).await?;
    let program = l1.view(settings, IRollupSettings::programsCall { version: U256::from(version) }).await?;
    Ok(Some(program).filter(|program| !module.is_zero() && !program.is_zero()))
}

/// The contract that judges challenges of a rollup now; zero when there is none.
pub async fn fault_module(l1: &L1Client, rollup: Address) -> Result<Address, ViewError> {
    const FAULT: u8 = 0;
    let settings = l1.view(rollup, IRollupViews::settingsCall {}).await?;
    l1.view(settings, IRollupSettings::evidenceCall { kind: FAULT }).await
}

/// The claim that L1 holds about a batch.
pub async fn claim_of(l1: &L1Client, rollup: Address, batch: u64) -> Result<Claim, ViewError> {
    l1.view(rollup, IRollupViews::claimOfCall { batchNumber: U256::from(batch) }).await
}

/// A small on-chain number; larger ones would mean a broken endpoint.
pub fn to_u64(value: U256) -> Result<u64, NodeError> {
    value.try_into().map_err(|_| NodeError::Untrusted(format!("{value} does not fit 64 bits")))
}
