//! Software in enclaves that a rollup believes (`docs/tee.md`).

use super::timelock::{OwnerCall, carry_out};
use super::{create, with_arguments};
use crate::genesis::trusted_roots;
use crate::{NodeError, artifacts};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_l1::{Deployer, L1Client, TxManager};
use lux_protocol::constants::ENCLAVE_KEYS;
use lux_protocol::contracts::IRollupViews;
use lux_protocol::market::contract::IAIComputeRollup::callEnclaveKeysL2Call;
use lux_protocol::market::enclaves::IEnclaveKeys::{self, Software, Terms, addPolicyCall};
use lux_protocol::market::enclaves::VerifiedAttestation;

/// Steps that [`deploy_intel`] and [`deploy_registry`] report.
pub(super) const REGISTRY_STEPS: usize = 4;

/// The journal of a rollup's attestations of results.
pub(super) fn attestation_steps(transactions: &TxManager, rollup: Address) -> Deployer<'_> {
    Deployer::new(transactions, format!("attestations/{rollup}"))
}

/// Deploys what checks Intel's quotes on L1, under the root that L2 believes too.
pub(super) async fn deploy_intel(
    deployer: &mut Deployer<'_>,
    transactions: &TxManager,
    rollup: Address,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Address, NodeError> {
    let params = transactions.client().view(rollup, IRollupViews::paramsCall {}).await?;
    let root = trusted_roots(&params)?.intel();
    let code = with_arguments(artifacts::intel_certificates().bytecode, root.abi_encode());
    let certificates = reported(deployer, "IntelCertificates", code, report).await?;
    let code = with_arguments(artifacts::intel_tcb().bytecode, certificates.abi_encode());
    let tcb = reported(deployer, "IntelTcb", code, report).await?;
    let code = with_arguments(artifacts::dcap_verifier().bytecode, tcb.abi_encode());
    reported(deployer, "DcapVerifier", code, report).await
}

/// Deploys the rollup's registry of enclave keys whose attestations `verifier` checks.
pub(super) async fn deploy_registry(
    deployer: &mut Deployer<'_>,
    rollup: Address,
    verifier: Address,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Address, NodeError> {
    let code = with_arguments(artifacts::enclave_keys_l1().bytecode, (rollup, verifier).abi_encode_params());
    reported(deployer, "EnclaveKeysL1", code, report).await
}

/// Deploys what takes attestations as evidence, by a registry.
pub(super) async fn deploy_evidence(
    deployer: &mut Deployer<'_>,
    keys: Address,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Address, NodeError> {
    let code = with_arguments(artifacts::attestation_evidence_l1().bytecode, keys.abi_encode());
    reported(deployer, "AttestationEvidenceL1", code, report).await
}

pub(super) async fn reported(
    deployer: &mut Deployer<'_>,
    step: &str,
    code: Bytes,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Address, NodeError> {
    let address = create(deployer, step, code).await?;
    report(step);
    Ok(address)
}

/// Whether a registry has the guardian that is wanted, or anybody where that is all the same.
pub(super) fn is_guarded_by(wanted: Option<Address>, guardian: Address) -> bool {
    wanted.map_or(!guardian.is_zero(), |wanted| guardian == wanted)
}

/// Sets the guardian of a registry, where it is not the one that is wanted.
pub(super) async fn guardian_call(
    transactions: &TxManager,
    keys: Address,
    wanted: Option<Address>,
) -> Result<Option<Bytes>, NodeError> {
    if is_guarded_by(wanted, transactions.client().view(keys, IEnclaveKeys::guardianCall {}).await?) {
        return Ok(None);
    }
    let guardian = wanted.unwrap_or(transactions.address());
    Ok(Some(IEnclaveKeys::setGuardianCall { guardian }.abi_encode().into()))
}

/// Sets the delays of a registry where they are to be other ones, and a shorter period for attested results than there has to be.
pub(super) async fn settings_call(
    chain: &L1Client,
    registry: Address,
    delay: Option<u32>,
    attested_period: u64,
) -> Result<Option<Bytes>, NodeError> {
    let old = chain.view(registry, IEnclaveKeys::settingsCall {}).await?;
    let mut settings = old.clone();
    if let Some(delay) = delay {
        (settings.policyDelay, settings.keyDelay) = (delay, delay);
    }
    settings.attestedPeriod = settings.attestedPeriod.max(u32::try_from(attested_period).unwrap_or(u32::MAX));
    Ok((settings != old).then(|| IEnclaveKeys::setSettingsCall { settings }.abi_encode().into()))
}

/// Takes this software, on platforms that are no worse.
pub fn narrowest(found: VerifiedAttestation, unpinned: &[u8], strength: u8) -> addPolicyCall {
    let unpinned = unpinned.iter().fold(U256::ZERO, |bits, register| bits | U256::from(1) << *register);
    addPolicyCall {
        software: Software {
            kind: found.kind,
            measurement: found.measurement,
            signer: found.signer,
            attributes: found.attributes,
            registers: found.registers,
            unpinned,
        },
        terms: Terms {
            statuses: 1 << found.status,
            strength,
            tolerated: found.weaknesses,
            minEvaluation: found.evaluation,
            minSvns: found.svns,
            advisories: found.advisories,
        },
    }
}

/// Has the rollup's owner add a policy to a registry: the one on L2, or that at an address on L1. `number` tells apart the
/// times that the same policy is added.
pub async fn accept_software(
    l1: &TxManager,
    rollup: Address,
    registry: Address,
    policy: addPolicyCall,
    number: u64,
) -> Result<OwnerCall, NodeError> {
    let timelock = l1.client().view(rollup, IRollupViews::ownerCall {}).await?;
    let add = policy.abi_encode();
    let (to, data) = match registry {
        ENCLAVE_KEYS => (rollup, callEnclaveKeysL2Call { data: add.into() }.abi_encode()),
        on_l1 => (on_l1, add),
    };
    carry_out(l1, timelock, &[(to, data.into())], B256::from(U256::from(number))).await
}
