// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILuxRollup} from "./ILuxRollup.sol";

/// @notice LP-500, verbatim.
interface IAIComputeRollup is ILuxRollup {
    struct ComputeTask {
        bytes32 taskId;
        bytes32 modelHash;
        bytes inputDataHash;
        uint256 requiredFlops;
        uint256 maxGasPrice;
        address requester;
        TEEAttestation attestation;
    }

    struct TEEAttestation {
        bytes32 mrEnclave;       // Measurement of enclave code
        bytes32 mrSigner;        // Enclave signer identity
        bytes publicKey;          // TEE public key
        bytes quote;              // Remote attestation quote
        uint256 timestamp;
    }

    struct ComputeResult {
        bytes32 taskId;
        bytes32 outputHash;
        bytes zkProof;            // ZK proof of correct computation
        TEEAttestation attestation;
        uint256 gasUsed;
    }

    // AI-specific operations
    function submitComputeTask(ComputeTask calldata task) external returns (bytes32);
    function submitComputeResult(ComputeResult calldata result) external;
    function verifyTEEAttestation(TEEAttestation calldata attestation) external view returns (bool);
    function challengeComputation(bytes32 taskId, bytes calldata counterProof) external;

    // Model management
    function registerModel(bytes32 modelHash, bytes calldata modelMetadata) external;
    function updateModelWeights(bytes32 modelHash, bytes calldata deltaWeights, bytes calldata proof) external;

    // Events
    event ComputeTaskSubmitted(bytes32 indexed taskId, address indexed requester);
    event ComputeResultSubmitted(bytes32 indexed taskId, bytes32 outputHash);
    event ModelRegistered(bytes32 indexed modelHash, address indexed owner);
}
