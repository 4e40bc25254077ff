// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "./IDistributedTrainingRollup.sol";
import {IEnclaveKeys} from "./IEnclaveKeys.sol";
import {IEvidence} from "./IEvidence.sol";
import {ITrainingTypes} from "./ITrainingTypes.sol";

/// @notice Disputes, slashing, governance and views of distributed training: a contract of their own, for its size.
interface ITrainingDisputes is ITrainingTypes {
    function slashMaliciousWorker(address _worker, bytes calldata _misbehaviorProof) external;

    /// @notice Tells the others of a job something of at most 256 bytes that no contract reads (docs/distributed-training.md,
    /// "Announcements"). Only for its workers, its coordinator and its creator.
    function announce(bytes32 _jobId, uint8 _step, bytes calldata _content) external;

    /// @notice Of LP-500's tests: commitment of a round's aggregate; zero while there is none. A claim until the run is `Final`.
    function getAggregatedGradient(bytes32 _jobId, uint256 _round) external view returns (bytes32);

    /// @notice Sends the fees to the treasury. Anyone may call.
    function collectFees() external;

    /// @notice Disproves the aggregate of a run, or asks for a segment of its trace.
    function challengeAggregate(bytes32 _jobId, uint256 _attempt, bytes calldata _counterProof) external;

    /// @notice Answers a challenge that asked for a segment; only for who claimed the aggregate.
    function revealTrace(bytes32 _jobId, uint256 _attempt, uint256 _segment, bytes calldata _checkpoints) external;

    /// @notice Takes the bond of a challenger who asked for a segment, got it, and disproved nothing.
    function slashFailedChallenger(bytes32 _jobId, uint256 _attempt, uint256 _segment) external;

    /// @notice Gives the caller's bonds back: a challenger's when the run was disproved, anyone's when it is void.
    function reclaimBond(bytes32 _jobId, uint256 _attempt) external;

    function setParams(Params calldata _params) external;

    /// @notice Sets the program `aggregate` for claims from now on; zero: none are taken.
    function setProgram(bytes32 _program) external;

    /// @notice Registers the module for a kind of evidence; zero removes it.
    function setEvidence(IEvidence.Kind _kind, IEvidence _module) external;

    /// @notice Sets the registry of enclave keys; zero for none on L1 and the predeploy on L2.
    function setEnclaveKeys(IEnclaveKeys _registry) external;

    function governor() external view returns (address);

    function treasury() external view returns (address);

    function trainingParams() external view returns (Params memory);

    function aggregateProgram() external view returns (uint8 version_, bytes32 program_);

    function trainingEvidence(IEvidence.Kind _kind) external view returns (IEvidence);

    function enclaveKeys() external view returns (IEnclaveKeys);

    function collectableFees() external view returns (uint256);

    function getJob(bytes32 _jobId) external view returns (Job memory);

    function getRun(bytes32 _jobId, uint256 _attempt) external view returns (Run memory);

    /// @notice The run of a round that counts; zero while there is none.
    function attemptOf(bytes32 _jobId, uint256 _round) external view returns (uint256);

    function getMember(bytes32 _jobId, address _worker) external view returns (Member memory);

    function workerAt(bytes32 _jobId, uint256 _index) external view returns (address);

    /// @notice Struct hash of the contribution that a worker submitted to a run; zero where it did not.
    function contributionOf(bytes32 _jobId, uint256 _attempt, uint256 _index) external view returns (bytes32);

    function getDispute(bytes32 _jobId, uint256 _attempt) external view returns (Dispute memory);

    function bondOf(bytes32 _jobId, uint256 _attempt, address _challenger) external view returns (uint256);

    /// @notice Time from which a claimed run is final, if those before it are; the largest number while a challenge is unanswered.
    function finalAt(bytes32 _jobId, uint256 _attempt) external view returns (uint256);

    /// @notice Domains of what workers sign in a run by docs/secure-aggregation.md; zero while it has no beacon.
    function secureDomains(bytes32 _jobId, uint256 _attempt) external view returns (bytes32 context_, bytes32 round_);

    /// @notice What a worker signs (EIP-712) about its update for a run.
    function gradientDigest(
        bytes32 _jobId,
        uint256 _attempt,
        IDistributedTrainingRollup.WorkerContribution calldata _contribution
    ) external view returns (bytes32);

    /// @notice What a worker signs (EIP-712) about the aggregate of a run under secure aggregation.
    function voteDigest(bytes32 _jobId, uint256 _attempt, bytes32 _aggregate, bytes32 _weights, uint256 _survivors)
        external
        view
        returns (bytes32);
}
