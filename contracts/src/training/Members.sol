// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "../interfaces/IDistributedTrainingRollup.sol";
import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {ITrainingWork} from "../interfaces/ITrainingWork.sol";
import {EnclaveSignature} from "../libraries/EnclaveSignature.sol";
import {TrainingMessages} from "../libraries/TrainingMessages.sol";
import {WorkerSet} from "../libraries/WorkerSet.sol";
import {Jobs} from "./Jobs.sol";

/// @notice Workers of a job: by stake, or by the key of an enclave.
abstract contract Members is Jobs {
    using WorkerSet for uint256;

    /// @inheritdoc ITrainingWork
    /// @dev `_workerAttestation` is empty for a stake, or `abi.encode(address key, bytes signature)`: of EIP-712
    /// `Membership(bytes32 jobId,address worker)` by a usable key of the registry. Who was dropped or left comes back by the same call.
    function joinTrainingJob(bytes32 _jobId, bytes calldata _workerAttestation) external {
        Job storage job = _store().jobs[_jobId];
        if (job.status != JobStatus.Open) revert Training_WrongStatus(job.status);
        Member storage member = _store().members[_jobId][msg.sender];
        if (member.isSlashed) revert Training_WorkerSlashed();
        if (member.isMember && job.active.has(member.index)) revert Training_AlreadyMember();
        if (job.active.count() >= job.config.maxWorkers) revert Training_JobFull();
        if (!member.isMember) _register(_jobId, job, member, _workerAttestation);
        member.leftAt = 0;
        job.active |= WorkerSet.bit(member.index);
        emit IDistributedTrainingRollup.WorkerJoined(_jobId, msg.sender);
        emit WorkerStaked(_jobId, msg.sender, member.index, member.stake, member.key);
        _open(_jobId, job);
    }

    /// @inheritdoc ITrainingWork
    function leaveTrainingJob(bytes32 _jobId) external {
        Job storage job = _store().jobs[_jobId];
        Member storage member = _store().members[_jobId][msg.sender];
        if (!member.isMember || member.isSlashed || member.leftAt != 0) revert Training_NotMember(msg.sender);
        job.active &= ~WorkerSet.bit(member.index);
        member.leftAt = uint40(block.timestamp);
        member.leftAttempt = job.attempts;
        emit WorkerLeft(_jobId, msg.sender, block.timestamp + _settings().challengePeriod);
    }

    /// @inheritdoc ITrainingWork
    /// @dev The runs that a worker could be in when it left come to an end by themselves, or by `advance` and `distributeRewards`.
    function releaseStake(bytes32 _jobId) external {
        Store storage store = _store();
        Job storage job = store.jobs[_jobId];
        Member memory member = store.members[_jobId][msg.sender];
        if (!member.isMember || member.isSlashed) revert Training_NotMember(msg.sender);
        uint256 from = member.leftAt != 0 ? member.leftAt : job.endedAt;
        if (from == 0) revert Training_WrongStatus(job.status);
        if (store.accused[_jobId][msg.sender] != 0) revert Training_TooEarly(type(uint256).max);
        uint256 releaseAt = from + _settings().challengePeriod;
        if (block.timestamp < releaseAt) revert Training_TooEarly(releaseAt);
        if (job.status != JobStatus.Ended) {
            uint256 oldest = _attemptOf(_jobId, job.distributed + 1);
            if (oldest != 0 && oldest <= member.leftAttempt) revert Training_TooEarly(type(uint256).max);
        }
        job.occupied &= ~WorkerSet.bit(member.index);
        delete store.workers[_jobId][member.index];
        delete store.members[_jobId][msg.sender];
        if (member.key != address(0)) delete store.usedKeys[_jobId][member.key];
        _credit(msg.sender, member.stake);
        emit StakeReleased(_jobId, msg.sender, member.stake);
    }

    /// @dev A worker's bit in a set that it has to be in.
    function _memberIn(bytes32 _jobId, address _worker, uint256 _set) internal view returns (uint256 index_) {
        Member storage member = _store().members[_jobId][_worker];
        index_ = member.index;
        if (!member.isMember || member.isSlashed || !_set.has(index_)) revert Training_NotMember(_worker);
    }

    function _register(bytes32 _jobId, Job storage _job, Member storage _member, bytes calldata _attestation) private {
        uint256 free = ~_job.occupied;
        if (free == 0) revert Training_JobFull();
        uint256 index = free.first();
        if (_attestation.length == 0) {
            uint96 stake = _job.config.stake;
            _debit(msg.sender, stake);
            _member.stake = stake;
        } else {
            _member.key = _useKey(_jobId, _attestation);
        }
        _job.occupied |= WorkerSet.bit(index);
        _member.index = uint8(index);
        _member.isMember = true;
        _store().workers[_jobId][index] = msg.sender;
    }

    function _useKey(bytes32 _jobId, bytes calldata _attestation) private returns (address key_) {
        bytes memory signature;
        (key_, signature) = abi.decode(_attestation, (address, bytes));
        IEnclaveKeys registry = _enclaveKeys();
        if (key_ == address(0) || address(registry) == address(0) || _store().usedKeys[_jobId][key_]) {
            revert Training_KeyNotUsable(key_);
        }
        (IEnclaveKeys.KeyStatus status,) = registry.statusOf(key_);
        bytes32 digest = TrainingMessages.typed(TrainingMessages.membershipHash(_jobId, msg.sender));
        if (status != IEnclaveKeys.KeyStatus.Usable || EnclaveSignature.recover(digest, signature) != key_) {
            revert Training_KeyNotUsable(key_);
        }
        _store().usedKeys[_jobId][key_] = true;
    }
}
