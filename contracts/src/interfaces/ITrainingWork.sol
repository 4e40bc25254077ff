// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "./IDistributedTrainingRollup.sol";
import {ITrainingTypes} from "./ITrainingTypes.sol";

/// @notice What creators and workers of training jobs call. Functions of LP-500 first.
interface ITrainingWork is ITrainingTypes {
    function createTrainingJob(IDistributedTrainingRollup.TrainingJob calldata _job) external returns (bytes32);

    function joinTrainingJob(bytes32 _jobId, bytes calldata _workerAttestation) external;

    function submitGradientUpdate(bytes32 _jobId, IDistributedTrainingRollup.WorkerContribution calldata _contribution)
        external;

    function aggregateGradients(bytes32 _jobId, IDistributedTrainingRollup.FederatedUpdate calldata _update) external;

    function initSecureAggregation(bytes32 _jobId, bytes calldata _publicKeys) external;

    function submitEncryptedGradient(bytes32 _jobId, bytes calldata _encryptedGradient) external;

    function revealAggregationKey(bytes32 _jobId, bytes calldata _keyShare) external;

    function distributeRewards(bytes32 _jobId, uint256 _round) external;

    /// @notice Adds the ETH of this call to the free balance of `_account`.
    function deposit(address _account) external payable;

    /// @notice Pays out of the caller's free balance.
    function withdraw(uint256 _amount) external;

    /// @notice `createTrainingJob` with everything that LP-500's leaves to defaults.
    function createTrainingJobWith(IDistributedTrainingRollup.TrainingJob calldata _job, JobConfig calldata _config)
        external
        returns (bytes32);

    /// @notice Begins no further round; what is not paid then goes back to the creator. Only for the creator.
    function cancelTrainingJob(bytes32 _jobId) external;

    /// @notice Takes part in no further round. The stake is free after the challenge period and the rounds that are under way.
    function leaveTrainingJob(bytes32 _jobId) external;

    /// @notice Moves the caller's stake in a job that it left, or that ended, to its free balance.
    function releaseStake(bytes32 _jobId) external;

    /// @notice Moves a job on where a deadline has passed or workers are there: draws the beacon, abandons a run, opens the next one,
    /// ends the job. Anyone may call.
    function advance(bytes32 _jobId) external;

    /// @notice Free balance. Named as a token's, because LP-500's test reads rewards so.
    function balanceOf(address _account) external view returns (uint256);
}
