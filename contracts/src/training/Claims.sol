// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../interfaces/IEvidence.sol";
import {Rounds} from "./Rounds.sol";

/// @notice What evidence for or against an aggregate is about.
abstract contract Claims is Rounds {
    /// @dev The run's number tells apart two claims that say the same.
    function _claimOf(bytes32 _jobId, uint256 _attempt, uint8 _version, bytes32 _input, bytes32 _output, bytes32 _trace)
        internal
        view
        returns (IEvidence.Claim memory)
    {
        uint256 claimedAt = uint256(_runKey(_jobId, _attempt));
        return IEvidence.Claim(_store().programs[_version], _input, _output, _trace, claimedAt);
    }

    /// @dev The claim of a run that is or was disputed.
    function _disputedClaim(bytes32 _jobId, uint256 _attempt, Run storage _run)
        internal
        view
        returns (IEvidence.Claim memory)
    {
        Dispute storage dispute = _store().disputes[_runKey(_jobId, _attempt)];
        return _claimOf(_jobId, _attempt, _run.programVersion, dispute.input, dispute.output, dispute.trace);
    }

    function _challengeableUntil(bytes32 _jobId, uint256 _attempt, Run storage _run) internal view returns (uint256) {
        uint256 until = _run.until;
        if (!_run.isDisputed) return until;
        IEvidence module = _store().disputes[_runKey(_jobId, _attempt)].module;
        uint256 open = module.openUntil(_disputedClaim(_jobId, _attempt, _run));
        return open > until ? open : until;
    }
}
