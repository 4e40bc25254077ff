//! Errors of our contracts, so that a revert names its reason.
#![allow(missing_docs, reason = "generated from Solidity")]

alloy_sol_types::sol! {
    #[derive(Debug, PartialEq, Eq)]
    interface ContractErrors {
        error AbiReader_OutOfBounds(uint256);
        error AllowanceOverflow();
        error AllowanceUnderflow();
        error AlreadyInitialized();
        error AttestationEvidence_AlreadyAttested();
        error AttestationEvidence_InvalidSignature();
        error AttestationEvidence_NoDisputes();
        error AttestationEvidence_NotAttested();
        error AttestationEvidence_NotUsable(address, uint8);
        error AttestationEvidence_TooManyKeys();
        error AttestationVerifierL2_NoAnswer();
        error BatchLib_MalformedTrace();
        error BridgedERC20_AlreadyInitialized();
        error BridgedERC20_NotBridge();
        error CheckpointUnorderedInsertion();
        error ChunkVerifier_BadProof();
        error ChunkVerifier_ExecutionFailed();
        error ChunkVerifier_UnknownProgram();
        error ChunkVerifier_WrongStart();
        error Companion_NotOwner();
        error Companion_NotRollup();
        error ComputeMarket_AmountTooLarge();
        error ComputeMarket_EvidenceNotAccepted(uint8);
        error ComputeMarket_ExitRunning(uint256);
        error ComputeMarket_InsufficientBalance(uint256, uint256);
        error ComputeMarket_InvalidInputData();
        error ComputeMarket_InvalidModel();
        error ComputeMarket_InvalidParams();
        error ComputeMarket_InvalidPrice();
        error ComputeMarket_InvalidProof();
        error ComputeMarket_InvalidResult();
        error ComputeMarket_InvalidTask();
        error ComputeMarket_InvalidUpdate();
        error ComputeMarket_ModelExists();
        error ComputeMarket_NoAttestation();
        error ComputeMarket_NoProgram();
        error ComputeMarket_NotDisputed();
        error ComputeMarket_NotEligible();
        error ComputeMarket_NotGovernor();
        error ComputeMarket_NotRequester();
        error ComputeMarket_NotWorker();
        error ComputeMarket_NothingToDo();
        error ComputeMarket_QuorumUnreachable();
        error ComputeMarket_StakeTooLow(uint256);
        error ComputeMarket_TaskExists();
        error ComputeMarket_TooEarly(uint256);
        error ComputeMarket_TooLate(uint256);
        error ComputeMarket_TraceTooLarge();
        error ComputeMarket_UnknownModel();
        error ComputeMarket_WorkerSlashed();
        error ComputeMarket_WrongClaim();
        error ComputeMarket_WrongInput();
        error ComputeMarket_WrongOutput();
        error ComputeMarket_WrongStatus(uint8);
        error ERC20InsufficientAllowance(address, uint256, uint256);
        error ERC20InsufficientBalance(address, uint256, uint256);
        error ERC20InvalidApprover(address);
        error ERC20InvalidReceiver(address);
        error ERC20InvalidSender(address);
        error ERC20InvalidSpender(address);
        error EnclaveKeys_FromFuture(uint256);
        error EnclaveKeys_InvalidPolicy();
        error EnclaveKeys_InvalidPublicKey();
        error EnclaveKeys_InvalidSettings();
        error EnclaveKeys_InvalidSignature();
        error EnclaveKeys_NoContradiction();
        error EnclaveKeys_NoPolicy();
        error EnclaveKeys_NotGovernor();
        error EnclaveKeys_NotGuardian();
        error EnclaveKeys_NotNewer(uint256);
        error EnclaveKeys_NotTighter();
        error EnclaveKeys_NotUsable(address, uint8);
        error EnclaveKeys_OutsideValidity(uint256, uint256);
        error EnclaveKeys_PlatformDenied(bytes32);
        error EnclaveKeys_Revoked(address);
        error EnclaveKeys_Stale(uint256);
        error EnclaveKeys_UnknownPolicy();
        error EnclaveKeys_WrongMeasurement(bytes32);
        error EnclaveKeys_WrongReportData();
        error EnclaveKeys_WrongSigner(bytes32);
        error ExpiringPause_CoolingDown(uint256);
        error ExpiringPause_InvalidPause();
        error ExpiringPause_NotGuardian();
        error ExpiringPause_Paused(uint256);
        error FaultProof_AlreadyAsked();
        error FaultProof_NoSuchChunk();
        error FaultProof_NoSuchSegment();
        error FaultProof_NotAsked();
        error FaultProof_TooEarly(uint256);
        error FaultProof_TooLate(uint256);
        error FaultProof_WrongTrace();
        error FeeVault_Empty();
        error InsufficientAllowance();
        error InsufficientBalance();
        error InvalidInitialization();
        error InvalidPermit();
        error L1Block_InvalidInput();
        error L1Block_NotSystem();
        error L1TokenBridge_AlreadyPaid();
        error L1TokenBridge_AlreadyProven();
        error L1TokenBridge_BatchNotProposed();
        error L1TokenBridge_InvalidUserData();
        error L1TokenBridge_NotAWithdrawal();
        error L1TokenBridge_NotFinalized();
        error L1TokenBridge_NotProven();
        error L1TokenBridge_NothingReceived();
        error L1TokenBridge_RecipientRequired();
        error L2MessageBridge_CallFailed();
        error L2MessageBridge_DataTooLong();
        error L2MessageBridge_ForbiddenTarget();
        error L2MessageBridge_InsufficientGas();
        error L2MessageBridge_NoMessage();
        error L2MessageBridge_NotFailed();
        error L2MessageBridge_NotL1Bridge();
        error L2MessageBridge_WrongLayer();
        error L2TokenBridge_NotRollup();
        error L2TokenBridge_UnknownToken();
        error L2TokenBridge_WrongValue();
        error MessageBridge_AlreadyExecuted();
        error MessageBridge_CallFailed();
        error MessageBridge_DataTooLong();
        error MessageBridge_ForbiddenTarget();
        error MessageBridge_InsufficientGas();
        error MessageBridge_InvalidMessage();
        error MessageBridge_InvalidSignature();
        error MessageBridge_NoMessage();
        error MessageBridge_NotFinalized();
        error MessageBridge_NotQueueWriter();
        error MessageBridge_OutOfInclusionWindow();
        error MessageBridge_QueueFull();
        error MessageBridge_TooManyEntries();
        error MessageBridge_WrongLayer();
        error Messages_InvalidProof();
        error Multiproof_BadSiblings();
        error NewOwnerIsZeroAddress();
        error NoHandoverRequest();
        error NotInitializing();
        error OwnableInvalidOwner(address);
        error OwnableUnauthorizedAccount(address);
        error Permit2AllowanceIsFixedAtInfinity();
        error PermitExpired();
        error ProgramRom_BadContract(uint256);
        error ProgramRom_BadContractCount(uint256);
        error ProgramRom_BadEntry();
        error ProgramRom_BadText();
        error ProgramRom_NoExecutor();
        error ReentrancyGuardReentrantCall();
        error RollupCore_BondRequired();
        error RollupCore_ChallengePeriodOver();
        error RollupCore_ChallengePeriodRunning();
        error RollupCore_DisprovedHeader();
        error RollupCore_IncompleteClaim();
        error RollupCore_InvalidL1Block();
        error RollupCore_InvalidProof();
        error RollupCore_InvalidSignature();
        error RollupCore_InvalidTimestamp();
        error RollupCore_NoFaultProof();
        error RollupCore_NoValidityProof();
        error RollupCore_NonCanonicalCalldata();
        error RollupCore_NotOwner();
        error RollupCore_NotProposed();
        error RollupCore_NotProposer();
        error RollupCore_NotSequencer();
        error RollupCore_NotTopLevelCall();
        error RollupCore_ParentWithoutClaim();
        error RollupCore_PayloadTooLarge();
        error RollupCore_SovereignHasNoBridge();
        error RollupCore_TraceTooLarge();
        error RollupCore_UnknownDataKind();
        error RollupCore_WrongAccumulator();
        error RollupCore_WrongBatchNumber();
        error RollupCore_WrongParent();
        error RollupCore_WrongValue();
        error RollupFactory_AlreadyRegistered();
        error RollupFactory_InvalidImplementation();
        error RollupFactory_InvalidOwner();
        error RollupFactory_NotActive(uint256);
        error RollupFactory_UnknownImplementation();
        error RollupSettings_InvalidConfig();
        error RollupSettings_InvalidTreasury();
        error RollupSettings_WrongEvidenceKind();
        error SafeERC20FailedOperation(address);
        error SequencerRegistry_BondLocked(uint256);
        error SequencerRegistry_BondTooLow();
        error SequencerRegistry_Exiting();
        error SequencerRegistry_NotExiting();
        error SequencerRegistry_Nothing();
        error SequencerRegistry_StakeTooLow();
        error SequencerRegistry_TooEarly(uint256);
        error StateTransition_AmbiguousLeaf();
        error StateTransition_ChunkIsRight(uint256);
        error StateTransition_ChunksAfterEnd(uint256);
        error StateTransition_MalformedProof();
        error StateTransition_MalformedReceipts(uint256);
        error StateTransition_MalformedTrace();
        error StateTransition_MalformedTransactions(uint256);
        error StateTransition_MissingChunk(uint256, uint256);
        error StateTransition_NoOutput();
        error StateTransition_NoSuchChunk(uint256);
        error StateTransition_Unfinished(uint256);
        error StateTransition_UnprovenChunk(uint256, bytes);
        error StateTransition_WrongFirstChunk(uint256);
        error StateTransition_WrongOutput();
        error Tee_Absent(uint8, bytes32);
        error Tee_CollateralNotWanted();
        error Tee_CriticalExtension(uint8);
        error Tee_Duplicate(uint8, bytes32);
        error Tee_Invalid(uint8, bytes32);
        error Tee_Issuer(uint8);
        error Tee_KeyUsage(uint8);
        error Tee_Mismatch(uint8, bytes32);
        error Tee_Missing(uint8, bytes32);
        error Tee_NoLevel(uint8);
        error Tee_NotAuthority(uint8);
        error Tee_NotNewer(uint8);
        error Tee_PartialList();
        error Tee_PathLength(uint8);
        error Tee_Revoked(uint8, uint160);
        error Tee_RevokedPlatform();
        error Tee_Root(uint8, bytes32);
        error Tee_Signature(uint8);
        error Tee_Time(uint8, uint64, uint64);
        error Tee_TooLong(uint8, uint256, uint256);
        error Tee_TrailingBytes(uint8);
        error Tee_Truncated(uint8);
        error Tee_Unsupported(uint8, uint256);
        error TotalSupplyOverflow();
        error Unauthorized();
        error UnauthorizedCallContext();
        error UpgradeFailed();
    }
}

pub use ContractErrors::ContractErrorsErrors;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use alloc::string::{String, ToString};
    use alloc::{format, vec::Vec};
    use alloy_sol_types::SolInterface;

    /// `name(types)` of the errors in the ABI of a committed artifact.
    fn errors_of(artifact: &serde_json::Value) -> Vec<String> {
        let entries = artifact["abi"].as_array().unwrap().iter().filter(|entry| entry["type"] == "error");
        let types = |entry: &serde_json::Value| {
            let inputs = entry["inputs"].as_array().unwrap().iter();
            inputs.map(|input| input["type"].as_str().unwrap().to_string()).collect::<Vec<_>>().join(",")
        };
        entries.map(|entry| format!("{}({})", entry["name"].as_str().unwrap(), types(entry))).collect()
    }

    #[test]
    fn every_error_of_our_contracts_has_a_name() {
        let folder = format!("{}/../../contracts/artifacts", env!("CARGO_MANIFEST_DIR"));
        let mut expected = BTreeSet::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            expected.extend(errors_of(&serde_json::from_str(&text).unwrap()));
        }
        assert!(expected.len() > 100, "{}", expected.len());
        for signature in expected {
            let selector = alloy_primitives::keccak256(&signature);
            let selector = [selector[0], selector[1], selector[2], selector[3]];
            assert!(ContractErrorsErrors::valid_selector(selector), "{signature} is missing here");
        }
    }
}
