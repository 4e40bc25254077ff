// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILuxRollup} from "./ILuxRollup.sol";

/// @notice LP-500, verbatim.
interface IDistributedTrainingRollup is ILuxRollup {
    struct TrainingJob {
        bytes32 jobId;
        bytes32 modelArchitectureHash;
        bytes32 datasetHash;
        uint256 numEpochs;
        uint256 batchSize;
        uint256 learningRate;
        uint256 minWorkers;
        uint256 rewardPool;
    }

    struct WorkerContribution {
        address worker;
        bytes32 gradientHash;
        uint256 dataPointsProcessed;
        bytes32[] dataShardHashes;
        bytes aggregationProof;
    }

    struct FederatedUpdate {
        bytes32 jobId;
        uint256 round;
        WorkerContribution[] contributions;
        bytes32 aggregatedGradientHash;
        bytes convergenceProof;
    }

    // Training coordination
    function createTrainingJob(TrainingJob calldata job) external returns (bytes32);
    function joinTrainingJob(bytes32 jobId, bytes calldata workerAttestation) external;
    function submitGradientUpdate(bytes32 jobId, WorkerContribution calldata contribution) external;
    function aggregateGradients(bytes32 jobId, FederatedUpdate calldata update) external;

    // Secure aggregation
    function initSecureAggregation(bytes32 jobId, bytes calldata publicKeys) external;
    function submitEncryptedGradient(bytes32 jobId, bytes calldata encryptedGradient) external;
    function revealAggregationKey(bytes32 jobId, bytes calldata keyShare) external;

    // Incentive distribution
    function distributeRewards(bytes32 jobId, uint256 round) external;
    function slashMaliciousWorker(address worker, bytes calldata misbehaviorProof) external;

    // Events
    event TrainingJobCreated(bytes32 indexed jobId, uint256 rewardPool);
    event WorkerJoined(bytes32 indexed jobId, address indexed worker);
    event GradientSubmitted(bytes32 indexed jobId, address indexed worker, uint256 round);
    event ModelUpdated(bytes32 indexed jobId, uint256 round, bytes32 newWeightsHash);
}
