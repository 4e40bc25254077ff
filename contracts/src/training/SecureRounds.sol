// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "../interfaces/IDistributedTrainingRollup.sol";
import {ITrainingWork} from "../interfaces/ITrainingWork.sol";
import {AggregateInput} from "../libraries/AggregateInput.sol";
import {EnclaveSignature} from "../libraries/EnclaveSignature.sol";
import {TrainingMessages} from "../libraries/TrainingMessages.sol";
import {WorkerSet} from "../libraries/WorkerSet.sol";
import {Members} from "./Members.sol";

/// @notice Rounds of secure aggregation: keys, masked vectors, and what a quorum of workers found when it took the masks off.
/// @dev No program shows yet that masks were taken off rightly: the aggregate is what more than two thirds of all who might take part
/// vote for. Each of them can compute it from public blobs and messages.
abstract contract SecureRounds is Members {
    using WorkerSet for uint256;

    /// @dev Two X25519 keys, and the signature of the worker's account.
    uint256 private constant KEYS_BYTES = 64;
    uint256 private constant SIGNED_KEYS_BYTES = 129;
    uint256 private constant MAX_MESSAGE_BYTES = 8_192;

    /// @inheritdoc ITrainingWork
    /// @dev `_publicKeys`: signed `AdvertiseKeys` of docs/secure-aggregation.md, 129 bytes each, by ascending address. Only for the
    /// coordinator until the period is over.
    function initSecureAggregation(bytes32 _jobId, bytes calldata _publicKeys) external {
        Job storage job = _store().jobs[_jobId];
        (Run storage run, uint256 attempt) = _inPhase(_jobId, job, Phase.Keys);
        if (msg.sender != job.config.coordinator && block.timestamp <= run.until) {
            revert Training_NotCoordinator(run.until);
        }
        (uint256 members, bytes32 roster) = _readKeys(_jobId, attempt, run, _publicKeys);
        run.members = members;
        run.roster = roster;
        run.rosterBlock = uint64(block.number);
        run.phase = Phase.Masking;
        run.until = uint40(block.timestamp + job.config.collectPeriod);
        emit KeysPublished(_jobId, attempt, members, roster, _publicKeys);
    }

    /// @inheritdoc ITrainingWork
    /// @dev `_encryptedGradient = abi.encode(bytes32 commitment, uint256 points, bytes message)`: of the masked vector as a blob, the
    /// data points behind it, and the worker's signed `MaskedInput`, in jobs with a norm bound with the commitment of its proof; it is not
    /// read here.
    function submitEncryptedGradient(bytes32 _jobId, bytes calldata _encryptedGradient) external {
        Job storage job = _store().jobs[_jobId];
        (Run storage run, uint256 attempt) = _inPhase(_jobId, job, Phase.Masking);
        if (block.timestamp > run.until) revert Training_TooLate(run.until);
        if (run.beacon == 0 && !_drawBeacon(_jobId, attempt, run)) revert Training_TooEarly(run.rosterBlock + 1);
        uint256 index = _memberIn(_jobId, msg.sender, run.members);
        if (run.submitted.has(index)) revert Training_AlreadySubmitted();
        (bytes32 commitment, uint256 points, bytes memory message) =
            abi.decode(_encryptedGradient, (bytes32, uint256, bytes));
        if (commitment == 0 || points > AggregateInput.MAX_POINTS) revert Training_InvalidContribution(msg.sender);
        if (message.length > MAX_MESSAGE_BYTES) revert Training_TooLong(MAX_MESSAGE_BYTES);
        bytes32 key = _runKey(_jobId, attempt);
        _store().contributions[key][index] = keccak256(abi.encode(msg.sender, commitment, points, keccak256(message)));
        uint256 cap = job.config.pointsCap;
        _setPoints(key, index, points < cap ? points : cap);
        uint256 submitted = run.submitted | WorkerSet.bit(index);
        run.submitted = submitted;
        emit IDistributedTrainingRollup.GradientSubmitted(_jobId, msg.sender, run.round);
        emit MaskedGradientCommitted(_jobId, msg.sender, attempt, commitment, points, message);
        if (submitted == run.members) _beginUnmasking(job, run, block.timestamp);
    }

    /// @inheritdoc ITrainingWork
    /// @dev `_keyShare = abi.encode(bytes message, bytes32 aggregate, bytes32 weights, uint256 survivors)`: the worker's signed `Unmask`,
    /// and its vote, or zeros. Each once, so that both may come together or one after the other. Who comes after the quorum still
    /// shows its shares; its vote decides nothing any more.
    function revealAggregationKey(bytes32 _jobId, bytes calldata _keyShare) external {
        Job storage job = _store().jobs[_jobId];
        (bytes memory message, bytes32 aggregate, bytes32 weights, uint256 survivors) =
            abi.decode(_keyShare, (bytes, bytes32, bytes32, uint256));
        if (message.length > MAX_MESSAGE_BYTES) revert Training_TooLong(MAX_MESSAGE_BYTES);
        if (message.length == 0 && aggregate == 0) revert Training_NothingToDo();
        if (_isLate(_jobId, job)) {
            uint256 last = _store().attempts[_jobId][job.round - 1];
            return _recordShares(_jobId, last, _run(_jobId, last), message);
        }
        (Run storage run, uint256 attempt) = _unmasking(_jobId, job);
        if (message.length != 0) _recordShares(_jobId, attempt, run, message);
        if (aggregate == 0) return;
        uint256 votes = _vote(_jobId, attempt, run, msg.sender, aggregate, weights, survivors);
        if (votes.count() >= _quorumOf(run)) _accept(_jobId, job, run, attempt, aggregate, weights, survivors);
    }

    /// @dev Whether the run in work is not yet about masked vectors, while the round before has its aggregate.
    function _isLate(bytes32 _jobId, Job storage _job) private view returns (bool) {
        if (_job.round < 2 || _job.config.wordBits == 0) return false;
        (Run storage run,) = _current(_jobId, _job);
        return run.phase == Phase.None || run.phase == Phase.Keys;
    }

    function _recordShares(bytes32 _jobId, uint256 _attempt, Run storage _run, bytes memory _message) private {
        uint256 index = _memberIn(_jobId, msg.sender, _run.submitted);
        if (_message.length == 0) revert Training_NothingToDo();
        if (_run.revealed.has(index)) revert Training_AlreadySubmitted();
        _run.revealed |= WorkerSet.bit(index);
        emit SharesRevealed(_jobId, msg.sender, _attempt, _message);
    }

    /// @dev Votes that workers signed, in one call by anyone. `convergenceProof = abi.encode(bytes32 weights, uint256 survivors)`; of the
    /// contributions, worker and signature count.
    function _countVotes(bytes32 _jobId, Job storage _job, IDistributedTrainingRollup.FederatedUpdate calldata _update)
        internal
    {
        (Run storage run, uint256 attempt) = _unmasking(_jobId, _job);
        bytes32 aggregate = _update.aggregatedGradientHash;
        (bytes32 weights, uint256 survivors) = abi.decode(_update.convergenceProof, (bytes32, uint256));
        bytes32 digest =
            TrainingMessages.typed(TrainingMessages.voteHash(_jobId, attempt, aggregate, weights, survivors));
        uint256 votes;
        for (uint256 i; i < _update.contributions.length; ++i) {
            address worker = _update.contributions[i].worker;
            if (EnclaveSignature.recover(digest, _update.contributions[i].aggregationProof) != worker) {
                revert Training_InvalidContribution(worker);
            }
            votes = _vote(_jobId, attempt, run, worker, aggregate, weights, survivors);
        }
        uint256 needed = _quorumOf(run);
        if (votes.count() < needed) revert Training_TooFew(votes.count(), needed);
        _accept(_jobId, _job, run, attempt, aggregate, weights, survivors);
    }

    function _vote(
        bytes32 _jobId,
        uint256 _attempt,
        Run storage _run,
        address _worker,
        bytes32 _aggregate,
        bytes32 _weights,
        uint256 _survivors
    ) private returns (uint256 votes_) {
        uint256 index = _memberIn(_jobId, _worker, _run.submitted);
        if (_run.voted.has(index)) revert Training_AlreadySubmitted();
        if (!_survivors.isWithin(_run.submitted)) revert Training_InvalidContribution(_worker);
        uint256 needed = _quorumOf(_run);
        if (_survivors.count() < needed) revert Training_TooFew(_survivors.count(), needed);
        _run.voted |= WorkerSet.bit(index);
        mapping(bytes32 => uint256) storage voters = _store().voters[_runKey(_jobId, _attempt)];
        bytes32 vote = keccak256(abi.encode(_aggregate, _weights, _survivors));
        votes_ = voters[vote] | WorkerSet.bit(index);
        voters[vote] = votes_;
        emit AggregateVoted(_jobId, _worker, _attempt, _aggregate, _weights, _survivors);
    }

    /// @dev What a quorum says is not challenged: nothing on chain could show who is right.
    function _accept(
        bytes32 _jobId,
        Job storage _job,
        Run storage _run,
        uint256 _attempt,
        bytes32 _aggregate,
        bytes32 _weights,
        uint256 _survivors
    ) private {
        bytes32 key = _runKey(_jobId, _attempt);
        uint256 total;
        for (uint256 left = _survivors; left != 0; left &= left - 1) {
            total += _pointsOf(key, left.first());
        }
        _run.accepted = _survivors;
        _run.totalPoints = uint64(total);
        _drop(_jobId, _job, _attempt, _run.eligible & ~_run.submitted);
        emit AggregateClaimed(
            _jobId, _run.round, _attempt, address(0), _survivors, _aggregate, block.timestamp, "", abi.encode(_weights)
        );
        _claimed(_jobId, _job, _run, _aggregate, _weights, block.timestamp);
    }

    /// @dev More than two thirds of all who might take part, each with its signature for this context.
    function _readKeys(bytes32 _jobId, uint256 _attempt, Run storage _run, bytes calldata _publicKeys)
        private
        view
        returns (uint256 members_, bytes32 roster_)
    {
        uint256 count = _publicKeys.length / SIGNED_KEYS_BYTES;
        uint256 eligible = _run.eligible;
        if (_publicKeys.length != count * SIGNED_KEYS_BYTES || count > eligible.count()) {
            revert Training_InvalidEncoding();
        }
        if (count < _quorumOf(_run)) revert Training_TooFew(count, _quorumOf(_run));
        bytes32 context = TrainingMessages.contextOf(_jobId, _attempt);
        bytes memory roster;
        address last;
        for (uint256 i; i < count; ++i) {
            bytes calldata entry = _publicKeys[i * SIGNED_KEYS_BYTES:(i + 1) * SIGNED_KEYS_BYTES];
            bytes calldata keys = entry[:KEYS_BYTES];
            address worker = EnclaveSignature.recover(TrainingMessages.keysDigest(context, keys), entry[KEYS_BYTES:]);
            if (worker <= last) revert Training_WrongOrder();
            last = worker;
            members_ |= WorkerSet.bit(_memberIn(_jobId, worker, eligible));
            roster = bytes.concat(roster, bytes20(worker), keys);
        }
        roster_ = TrainingMessages.rosterOf(context, eligible.count(), roster);
    }

    function _inPhase(bytes32 _jobId, Job storage _job, Phase _phase)
        private
        view
        returns (Run storage run_, uint256 attempt_)
    {
        (run_, attempt_) = _current(_jobId, _job);
        if (run_.phase != _phase) revert Training_WrongPhase(run_.phase);
        uint256 expiresAt = _expiresAt(_job, run_);
        if (block.timestamp > expiresAt) revert Training_TooLate(expiresAt);
    }

    /// @dev The run, in the phase after masking, which begins when all have masked or the time is over.
    function _unmasking(bytes32 _jobId, Job storage _job) private returns (Run storage run_, uint256 attempt_) {
        (run_, attempt_) = _current(_jobId, _job);
        uint256 expiresAt = _expiresAt(_job, run_);
        if (block.timestamp > expiresAt) revert Training_TooLate(expiresAt);
        if (run_.phase == Phase.Masking && block.timestamp > run_.until) _beginUnmasking(_job, run_, run_.until);
        if (run_.phase != Phase.Unmasking) revert Training_WrongPhase(run_.phase);
    }

    function _beginUnmasking(Job storage _job, Run storage _run, uint256 _from) private {
        _run.phase = Phase.Unmasking;
        _run.until = uint40(_from + _job.config.aggregatePeriod);
    }
}
