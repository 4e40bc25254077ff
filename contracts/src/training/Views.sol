// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "../interfaces/IDistributedTrainingRollup.sol";
import {ITrainingDisputes} from "../interfaces/ITrainingDisputes.sol";
import {TrainingMessages} from "../libraries/TrainingMessages.sol";
import {WorkerSet} from "../libraries/WorkerSet.sol";
import {Announcements} from "./Announcements.sol";

/// @notice What can be read.
abstract contract Views is Announcements {
    using WorkerSet for uint256;

    /// @dev What hides an update in the commitment of its norm proof, at the end of a masked vector.
    uint32 private constant BLINDING_LIMBS = 32;

    /// @inheritdoc ITrainingDisputes
    function getJob(bytes32 _jobId) external view returns (Job memory) {
        return _store().jobs[_jobId];
    }

    /// @inheritdoc ITrainingDisputes
    function getRun(bytes32 _jobId, uint256 _attempt) external view returns (Run memory) {
        return _run(_jobId, _attempt);
    }

    /// @inheritdoc ITrainingDisputes
    function getAggregatedGradient(bytes32 _jobId, uint256 _round) external view returns (bytes32) {
        return _run(_jobId, _attemptOf(_jobId, _round)).aggregate;
    }

    /// @inheritdoc ITrainingDisputes
    function getMember(bytes32 _jobId, address _worker) external view returns (Member memory) {
        return _store().members[_jobId][_worker];
    }

    /// @inheritdoc ITrainingDisputes
    function workerAt(bytes32 _jobId, uint256 _index) external view returns (address) {
        return _store().workers[_jobId][_index];
    }

    /// @inheritdoc ITrainingDisputes
    function voteDigest(bytes32 _jobId, uint256 _attempt, bytes32 _aggregate, bytes32 _weights, uint256 _survivors)
        external
        view
        returns (bytes32)
    {
        return TrainingMessages.typed(TrainingMessages.voteHash(_jobId, _attempt, _aggregate, _weights, _survivors));
    }

    /// @inheritdoc ITrainingDisputes
    function finalAt(bytes32 _jobId, uint256 _attempt) external view returns (uint256) {
        Run storage run = _run(_jobId, _attempt);
        if (run.phase != Phase.Claimed) revert Training_WrongPhase(run.phase);
        return _challengeableUntil(_jobId, _attempt, run);
    }

    /// @inheritdoc ITrainingDisputes
    function contributionOf(bytes32 _jobId, uint256 _attempt, uint256 _index) external view returns (bytes32) {
        return _store().contributions[_runKey(_jobId, _attempt)][_index];
    }

    /// @inheritdoc ITrainingDisputes
    function gradientDigest(
        bytes32 _jobId,
        uint256 _attempt,
        IDistributedTrainingRollup.WorkerContribution calldata _contribution
    ) external view returns (bytes32) {
        return TrainingMessages.typed(TrainingMessages.gradientHash(_jobId, _attempt, _contribution));
    }

    /// @inheritdoc ITrainingDisputes
    function getDispute(bytes32 _jobId, uint256 _attempt) external view returns (Dispute memory) {
        return _store().disputes[_runKey(_jobId, _attempt)];
    }

    /// @inheritdoc ITrainingDisputes
    function bondOf(bytes32 _jobId, uint256 _attempt, address _challenger) external view returns (uint256) {
        return _store().bonds[_runKey(_jobId, _attempt)][_challenger];
    }

    /// @inheritdoc ITrainingDisputes
    function secureDomains(bytes32 _jobId, uint256 _attempt) public view returns (bytes32 context_, bytes32 round_) {
        Run storage run = _run(_jobId, _attempt);
        context_ = TrainingMessages.contextOf(_jobId, _attempt);
        if (run.beacon != 0) {
            JobConfig storage config = _store().jobs[_jobId].config;
            round_ = TrainingMessages.roundOf(
                context_,
                run.roster,
                run.beacon,
                run.members.count(),
                config.normBound == 0 ? config.length : config.length + BLINDING_LIMBS,
                config.wordBits
            );
        }
    }

    /// @inheritdoc ITrainingDisputes
    function attemptOf(bytes32 _jobId, uint256 _round) external view returns (uint256) {
        return _attemptOf(_jobId, _round);
    }
}
