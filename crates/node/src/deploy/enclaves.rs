//! Software in enclaves that a rollup believes (`docs/tee.md`).

use super::timelock::{OwnerCall, carry_out};
use super::{create, with_arguments};
use crate::genesis::trusted_roots;
use crate::{NodeError, artifacts};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_l1::{Deployer, TxManager};
use lux_protocol::constants::ENCLAVE_KEYS;
use lux_protocol::contracts::IRollupViews;
use lux_protocol::market::contract::IAIComputeRollup::callEnclaveKeysL2Call;
use lux_protocol::market::enclaves::IEnclaveKeys::addPolicyCall;

/// Steps that `deploy_attestations` reports.
pub(super) const ATTESTATION_STEPS: usize = 5;

/// What a market on L1 takes attestations by.
pub(super) struct Attestations {
    pub keys: Address,
    pub module: Address,
}

/// Deploys what checks Intel's quotes on L1, under the root that L2 believes too, and the rollup's registry of enclave keys.
pub(super) async fn deploy_attestations(
    transactions: &TxManager,
    rollup: Address,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Attestations, NodeError> {
    let deployer = &mut Deployer::new(transactions, format!("attestations/{rollup}"));
    let verifier = deploy_intel(deployer, transactions, rollup, report).await?;
    deploy_registry(deployer, rollup, verifier, report).await
}

/// What checks Intel's quotes.
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

/// A registry of keys whose attestations `verifier` checks, and the module that goes by it.
pub(super) async fn deploy_registry(
    deployer: &mut Deployer<'_>,
    rollup: Address,
    verifier: Address,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Attestations, NodeError> {
    let code = with_arguments(artifacts::enclave_keys_l1().bytecode, (rollup, verifier).abi_encode_params());
    let keys = reported(deployer, "EnclaveKeysL1", code, report).await?;
    let code = with_arguments(artifacts::attestation_evidence_l1().bytecode, keys.abi_encode());
    let module = reported(deployer, "AttestationEvidenceL1", code, report).await?;
    Ok(Attestations { keys, module })
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
