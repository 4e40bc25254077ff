//! Software in enclaves that a rollup believes (`docs/tee.md`).

use super::timelock::{OwnerCall, carry_out};
use super::{create, with_arguments};
use crate::{NodeError, artifacts};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolValue};
use lux_l1::{Deployer, TxManager};
use lux_protocol::constants::ENCLAVE_KEYS;
use lux_protocol::contracts::IRollupViews;
use lux_protocol::market::contract::IAIComputeRollup::callEnclaveKeysL2Call;
use lux_protocol::market::enclaves::IEnclaveKeys::addPolicyCall;

/// Deploys the registry of a rollup on L1, and the module of its market that goes by it: both addresses.
pub(super) async fn deploy_registry(
    deployer: &mut Deployer<'_>,
    rollup: Address,
    verifier: Address,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<(Address, Address), NodeError> {
    let arguments = (rollup, verifier).abi_encode_params();
    let code = with_arguments(artifacts::enclave_keys_l1().bytecode, arguments);
    let keys = create(deployer, &format!("EnclaveKeysL1/{verifier}"), code).await?;
    report("EnclaveKeysL1");
    let code = with_arguments(artifacts::attestation_evidence_l1().bytecode, keys.abi_encode());
    let module = create(deployer, &format!("AttestationEvidenceL1/{verifier}"), code).await?;
    report("AttestationEvidenceL1");
    Ok((keys, module))
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
