//! What makes a rollup's claims final sooner where enclaves of several vendors attest them (`docs/tee.md`, "State roots").

use super::enclaves::{deploy_evidence, deploy_intel, deploy_registry, reported};
use super::opening::{rollup_fault_proof, service_of};
use super::program::register_program;
use super::timelock::{Call, OwnerCall, carry_out};
use super::with_arguments;
use crate::genesis::trusted_roots;
use crate::program::quote_program;
use crate::{NodeError, artifacts};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_l1::{Deployer, L1Client, TxManager};
use lux_protocol::contracts::{IChunkVerifier, IFaultProof, IRollupSettings, IRollupViews, ISequencerRegistry};
use lux_protocol::market::EvidenceKind;
use lux_protocol::market::enclaves::IAttestationEvidence::keysCall;
use lux_protocol::market::enclaves::IEnclaveKeys;
use lux_protocol::payload_commitment;

/// How a quorum is taken.
#[derive(Clone, Debug)]
pub struct QuorumRequest {
    /// How long a claim stands at least, and how long the quorum has to, seconds. Zero: only the registry is set, and attestations
    /// shorten nothing.
    pub attested_period: u64,
    /// Until a policy and a key of an enclave is usable, seconds; `None` leaves the registry's defaults.
    pub enclave_delay: Option<u32>,
    /// Who may end policies and keys at once.
    pub guardian: Address,
}

/// Deploys what checks attestations of all vendors on L1, and has the rollup's owner take a quorum of them for state roots. A
/// market or training on L1 gets the same check, so that its results can have a quorum too.
pub async fn open_quorum(
    transactions: &TxManager,
    rollup: Address,
    request: &QuorumRequest,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<OwnerCall, NodeError> {
    let l1 = transactions.client();
    let settings = l1.view(rollup, IRollupViews::settingsCall {}).await?;
    let kind = EvidenceKind::Attestation as u8;
    let module = l1.view(settings, IRollupSettings::evidenceCall { kind }).await?;
    if !module.is_zero() {
        let period = l1.view(settings, IRollupSettings::attestedPeriodCall {}).await?;
        if period == request.attested_period {
            return Ok(OwnerCall::Done);
        }
        let call = IRollupSettings::setAttestedPeriodCall { period: request.attested_period }.abi_encode();
        let mut calls = vec![(settings, call.into())];
        let keys = l1.view(module, keysCall {}).await?;
        calls.extend(attested_period_call(l1, keys, request.attested_period).await?.map(|data| (keys, data)));
        return by_owner(transactions, rollup, calls, U256::from(period).into()).await;
    }
    let deployer = &mut Deployer::new(transactions, format!("quorum/{rollup}"));
    let quotes = deploy_quote_claims(deployer, transactions, rollup, report).await?;
    let keys = deploy_registry(deployer, rollup, quotes, report).await?;
    let module = deploy_evidence(deployer, keys, report).await?;
    let mut delays = l1.view(keys, IEnclaveKeys::settingsCall {}).await?;
    if let Some(delay) = request.enclave_delay {
        (delays.policyDelay, delays.keyDelay) = (delay, delay);
    }
    if request.attested_period > 0 {
        delays.attestedPeriod = u32::try_from(request.attested_period).unwrap_or(u32::MAX);
    }
    let mut calls: Vec<Call> = vec![
        (keys, IEnclaveKeys::setSettingsCall { settings: delays }.abi_encode().into()),
        (keys, IEnclaveKeys::setGuardianCall { guardian: request.guardian }.abi_encode().into()),
        (settings, IRollupSettings::setEvidenceCall { kind, module }.abi_encode().into()),
        (settings, IRollupSettings::setAttestedPeriodCall { period: request.attested_period }.abi_encode().into()),
    ];
    if let Some(of_service) = service_keys(l1, rollup).await? {
        calls.push((of_service, IEnclaveKeys::setVerifierCall { verifier: quotes }.abi_encode().into()));
    }
    by_owner(transactions, rollup, calls, module.into_word()).await
}

/// Gives the registry the same period, where it has another one.
async fn attested_period_call(l1: &L1Client, keys: Address, period: u64) -> Result<Option<Bytes>, NodeError> {
    let old = l1.view(keys, IEnclaveKeys::settingsCall {}).await?;
    let attested_period = u32::try_from(period).unwrap_or(u32::MAX);
    if period == 0 || old.attestedPeriod == attested_period {
        return Ok(None);
    }
    let settings = IEnclaveKeys::Settings { attestedPeriod: attested_period, ..old };
    Ok(Some(IEnclaveKeys::setSettingsCall { settings }.abi_encode().into()))
}

/// Claims about attestations that L1 cannot check: as long open to challenges as the rollup's own, with as high a bond.
async fn deploy_quote_claims(
    deployer: &mut Deployer<'_>,
    transactions: &TxManager,
    rollup: Address,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Address, NodeError> {
    let l1 = transactions.client();
    let fault_proof = rollup_fault_proof(l1, rollup).await?;
    let verifier = l1.view(fault_proof, IFaultProof::verifierCall {}).await?;
    let rom = l1.view(verifier, IChunkVerifier::PROGRAM_ROMCall {}).await?;
    let program = register_program(deployer, l1, rom, quote_program(), "verify-quote/", report).await?;
    let intel = match service_keys(l1, rollup).await? {
        Some(keys) => l1.view(keys, IEnclaveKeys::verifierCall {}).await?,
        None => deploy_intel(deployer, transactions, rollup, report).await?,
    };
    let roots = trusted_roots(&l1.view(rollup, IRollupViews::paramsCall {}).await?)?.all();
    let config = l1.view(rollup, IRollupViews::configCall {}).await?;
    let registry = l1.view(rollup, IRollupViews::registryCall {}).await?;
    let bond = l1.view(registry, ISequencerRegistry::requiredBondCall {}).await?;
    let roots = payload_commitment(&roots.encode());
    let arguments = (rollup, intel, fault_proof, program, roots, config.challengePeriod, bond).abi_encode_params();
    let code = with_arguments(artifacts::quote_claims().bytecode, arguments);
    reported(deployer, "QuoteClaims", code, report).await
}

/// The registry of the rollup's market or training on L1, if it has one.
async fn service_keys(l1: &L1Client, rollup: Address) -> Result<Option<Address>, NodeError> {
    match service_of(l1, rollup).await? {
        Some(service) => service.keys(l1, rollup).await,
        None => Ok(None),
    }
}

async fn by_owner(
    transactions: &TxManager,
    rollup: Address,
    calls: Vec<Call>,
    salt: B256,
) -> Result<OwnerCall, NodeError> {
    let timelock = transactions.client().view(rollup, IRollupViews::ownerCall {}).await?;
    carry_out(transactions, timelock, &calls, salt).await
}
