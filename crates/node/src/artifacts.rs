//! Compiled contracts, as committed to the repository.

use alloy_primitives::Bytes;
use serde::Deserialize;

/// Bytecode of a contract.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Creation code, without constructor arguments.
    pub bytecode: Bytes,
    pub deployed_bytecode: Bytes,
}

macro_rules! artifacts {
    ($($name:ident = $file:literal),* $(,)?) => {$(
        #[doc = concat!("`", $file, "`")]
        pub fn $name() -> Artifact {
            parse(include_str!(concat!("../../../contracts/artifacts/", $file, ".json")))
        }
    )*};
}

artifacts! {
    rollup_core = "RollupCore",
    rollup_settings = "RollupSettings",
    rollup_factory = "RollupFactory",
    message_bridge = "MessageBridge",
    l1_token_bridge = "L1TokenBridge",
    sequencer_registry = "SequencerRegistry",
    program_rom = "ProgramRom",
    chunk_verifier = "ChunkVerifier",
    fault_proof = "FaultProof",
    state_transition = "StateTransition",
    l2_message_bridge = "L2MessageBridge",
    l2_token_bridge = "L2TokenBridge",
    l1_block = "L1Block",
    fee_vault = "FeeVault",
    bridged_erc20 = "BridgedERC20",
    ai_compute_rollup = "AIComputeRollup",
    compute_market_l1 = "ComputeMarketL1",
    compute_market_l2 = "ComputeMarketL2",
    intel_certificates = "IntelCertificates",
    intel_tcb = "IntelTcb",
    dcap_verifier = "DcapVerifier",
    enclave_keys_l1 = "EnclaveKeysL1",
    quote_claims = "QuoteClaims",
    attestation_evidence_l1 = "AttestationEvidenceL1",
    enclave_keys_l2 = "EnclaveKeysL2",
    attestation_evidence_l2 = "AttestationEvidenceL2",
    attestation_verifier_l2 = "AttestationVerifierL2",
    distributed_training_rollup = "DistributedTrainingRollup",
    training_l1 = "TrainingL1",
    training_disputes_l1 = "TrainingDisputesL1",
    training_l2 = "TrainingL2",
    training_disputes_l2 = "TrainingDisputesL2",
}

fn parse(json: &str) -> Artifact {
    serde_json::from_str(json).expect("a committed artifact is well-formed")
}
