// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ITrainingDisputes} from "../interfaces/ITrainingDisputes.sol";
import {Governance} from "./Governance.sol";

/// @notice What those who take part in a job tell each other on chain: commitments of blobs, and where their blobs are.
abstract contract Announcements is Governance {
    uint256 private constant MAX_ANNOUNCEMENT_BYTES = 256;

    /// @inheritdoc ITrainingDisputes
    function announce(bytes32 _jobId, uint8 _step, bytes calldata _content) external {
        Job storage job = _store().jobs[_jobId];
        Member storage member = _store().members[_jobId][msg.sender];
        bool isWorker = member.isMember && !member.isSlashed;
        if (!isWorker && msg.sender != job.config.coordinator && msg.sender != job.creator) {
            revert Training_NotMember(msg.sender);
        }
        if (_content.length > MAX_ANNOUNCEMENT_BYTES) revert Training_TooLong(MAX_ANNOUNCEMENT_BYTES);
        emit Announced(_jobId, msg.sender, _attemptOf(_jobId, job.round), _step, _content);
    }
}
