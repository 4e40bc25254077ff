// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "../interfaces/IDistributedTrainingRollup.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {ITrainingWork} from "../interfaces/ITrainingWork.sol";
import {AggregateInput} from "../libraries/AggregateInput.sol";
import {BatchLib} from "../libraries/BatchLib.sol";
import {EnclaveSignature} from "../libraries/EnclaveSignature.sol";
import {TrainingMessages} from "../libraries/TrainingMessages.sol";
import {WorkerSet} from "../libraries/WorkerSet.sol";
import {Claims} from "./Claims.sol";
import {SecureRounds} from "./SecureRounds.sol";

/// @notice Plaintext updates and the claim about their aggregate.
abstract contract Aggregates is SecureRounds, Claims {
    using WorkerSet for uint256;

    /// @dev What `convergenceProof` encodes: `evidence` is a trace (kind `Fault`) or a validity proof.
    struct Convergence {
        uint8 kind;
        uint32 length;
        bytes32 weights;
        bytes report;
        bytes evidence;
    }

    /// @dev As large as the trace of a batch.
    uint256 private constant MAX_TRACE_BYTES = 65_544;
    uint256 private constant MAX_SHARDS = 64;
    uint256 private constant MAX_PROOF_BYTES = 16_384;
    uint8 private constant ACCEPTED = 0;
    uint8 private constant INVALID = 2;

    /// @inheritdoc ITrainingWork
    function submitGradientUpdate(bytes32 _jobId, IDistributedTrainingRollup.WorkerContribution calldata _contribution)
        external
    {
        Job storage job = _store().jobs[_jobId];
        (Run storage run, uint256 attempt) = _current(_jobId, job);
        if (run.phase != Phase.Collecting) revert Training_WrongPhase(run.phase);
        if (block.timestamp > run.until) revert Training_TooLate(run.until);
        uint256 index = _memberIn(_jobId, msg.sender, run.members);
        if (run.submitted.has(index)) revert Training_AlreadySubmitted();
        if (_contribution.worker != msg.sender) revert Training_InvalidContribution(_contribution.worker);
        if (_contribution.aggregationProof.length > MAX_PROOF_BYTES) revert Training_TooLong(MAX_PROOF_BYTES);
        run.submitted |= WorkerSet.bit(index);
        _store().contributions[_runKey(_jobId, attempt)][index] = _contributionHash(_jobId, attempt, _contribution);
        emit IDistributedTrainingRollup.GradientSubmitted(_jobId, msg.sender, run.round);
        emit GradientCommitted(_jobId, msg.sender, attempt, _contribution);
    }

    /// @inheritdoc ITrainingWork
    /// @dev Lists contributions by ascending index of their workers: submitted before, or with the worker's signature of `gradientDigest`
    /// as `aggregationProof`. Before the collection ends, all who take part have to be listed; afterwards more than two thirds of those
    /// that were submitted. `convergenceProof`: `Convergence`; with secure aggregation see `SecureRounds`.
    function aggregateGradients(bytes32 _jobId, IDistributedTrainingRollup.FederatedUpdate calldata _update)
        external
        nonReentrant
    {
        Job storage job = _store().jobs[_jobId];
        if (_update.jobId != _jobId || _update.round != job.round) revert Training_WrongRound(job.round);
        if (job.config.wordBits != 0) return _countVotes(_jobId, job, _update);
        (Run storage run, uint256 attempt) = _current(_jobId, job);
        if (run.phase != Phase.Collecting) revert Training_WrongPhase(run.phase);
        bool isCoordinator = msg.sender == job.config.coordinator;
        _requireTurn(job, run, isCoordinator);
        (uint8 kind, uint32 length, bytes32 weights, bytes memory report, bytes memory evidence) =
            abi.decode(_update.convergenceProof, (uint8, uint32, bytes32, bytes, bytes));
        Convergence memory proof = Convergence(kind, length, weights, report, evidence);
        _setLength(job, run, length, isCoordinator);
        bytes memory description = _describe(_jobId, job, run, attempt, _update.contributions, proof);
        _claim(_jobId, job, run, attempt, _update, description, proof);
    }

    /// @inheritdoc ITrainingWork
    /// @dev The caller gets half of the stake of each worker whose contribution was none, as the report says.
    function distributeRewards(bytes32 _jobId, uint256 _round) external nonReentrant {
        Job storage job = _store().jobs[_jobId];
        if (_round != uint256(job.distributed) + 1) revert Training_WrongRound(uint256(job.distributed) + 1);
        uint256 attempt = _attemptOf(_jobId, _round);
        Run storage run = _run(_jobId, attempt);
        if (run.phase != Phase.Claimed) revert Training_WrongPhase(run.phase);
        uint256 until = _challengeableUntil(_jobId, attempt, run);
        if (block.timestamp < until) revert Training_TooEarly(until);
        run.phase = Phase.Final;
        job.distributed = uint32(_round);
        if (job.config.length == 0) job.config.length = run.length;
        if (run.bond != 0) {
            _credit(run.aggregator, run.bond);
            emit BondReturned(_jobId, attempt, run.aggregator, run.bond);
        }
        for (uint256 left = run.invalid; left != 0; left &= left - 1) {
            address worker = _store().workers[_jobId][left.first()];
            if (!_store().members[_jobId][worker].isSlashed) {
                _slash(_jobId, worker, Misbehaviour.InvalidContribution, msg.sender);
            }
        }
        _pay(_jobId, job, run, attempt);
        emit IDistributedTrainingRollup.ModelUpdated(_jobId, _round, run.weights != 0 ? run.weights : run.aggregate);
        _end(_jobId, job);
    }

    /// @dev The coordinator first, then whoever has a bond.
    function _requireTurn(Job storage _job, Run storage _run, bool _isCoordinator) private view {
        uint256 expiresAt = _expiresAt(_job, _run);
        if (block.timestamp > expiresAt) revert Training_TooLate(expiresAt);
        uint256 exclusiveUntil = expiresAt - _job.config.aggregatePeriod;
        if (!_isCoordinator && block.timestamp <= exclusiveUntil) revert Training_NotCoordinator(exclusiveUntil);
    }

    /// @dev A job that was created without a length gets it from the first aggregate that is final; until then only its coordinator
    /// may say it.
    function _setLength(Job storage _job, Run storage _run, uint32 _length, bool _isCoordinator) private {
        uint256 length = _job.config.length;
        bool isRight = length == 0 ? _isCoordinator && _length != 0 : _length == length;
        if (!isRight || _length > AggregateInput.MAX_LENGTH) revert Training_WrongLength(length);
        _run.length = _length;
    }

    /// @dev Checks the list and the report about it, and returns the description of the round.
    function _describe(
        bytes32 _jobId,
        Job storage _job,
        Run storage _run,
        uint256 _attempt,
        IDistributedTrainingRollup.WorkerContribution[] calldata _list,
        Convergence memory _proof
    ) private returns (bytes memory description_) {
        uint256 count = _list.length;
        if (count > 256) revert Training_WrongOrder();
        if (_proof.report.length != AggregateInput.VERDICT_BYTES * count) revert Training_WrongReport();
        description_ = AggregateInput.head(_job.config, _proof.length, count);
        uint256 head = description_.length;
        description_ = bytes.concat(description_, new bytes(36 * count));
        uint256 listed;
        uint256 accepted;
        uint256 invalid;
        uint256 total;
        bytes32 key = _runKey(_jobId, _attempt);
        for (uint256 i; i < count; ++i) {
            IDistributedTrainingRollup.WorkerContribution calldata one = _list[i];
            uint256 index = _requireContribution(_jobId, _attempt, _run, one);
            uint256 worker = WorkerSet.bit(index);
            if (listed >= worker) revert Training_WrongOrder();
            listed |= worker;
            uint256 points = one.dataPointsProcessed;
            bytes32 update = one.gradientHash;
            // Memory map: 36 bytes of the description, which was made for `count` of them: the update, then four bytes of points as the
            // end of a word.
            assembly ("memory-safe") {
                let place := add(add(description_, 32), add(head, mul(i, 36)))
                mstore(place, update)
                let tail := add(place, 4)
                mstore(tail, or(and(mload(tail), not(0xffffffff)), points))
            }
            uint8 status = uint8(_proof.report[i * AggregateInput.VERDICT_BYTES]);
            if (status > INVALID) revert Training_WrongReport();
            if (status == INVALID) invalid |= worker;
            if (status == ACCEPTED) {
                accepted |= worker;
                uint256 cap = _job.config.pointsCap;
                if (points > cap) points = cap;
                total += points;
                _setPoints(key, index, points);
            }
        }
        _requireEnough(_job, _run, listed);
        if (accepted == 0) revert Training_WrongReport();
        _run.accepted = accepted;
        _run.invalid = invalid;
        _run.totalPoints = uint64(total);
        _drop(_jobId, _job, _attempt, _run.members & ~(listed | _run.submitted));
    }

    function _requireContribution(
        bytes32 _jobId,
        uint256 _attempt,
        Run storage _run,
        IDistributedTrainingRollup.WorkerContribution calldata _contribution
    ) private returns (uint256 index_) {
        address worker = _contribution.worker;
        index_ = _memberIn(_jobId, worker, _run.members);
        bytes32 hash = _contributionHash(_jobId, _attempt, _contribution);
        if (_run.submitted.has(index_)) {
            if (_store().contributions[_runKey(_jobId, _attempt)][index_] != hash) {
                revert Training_InvalidContribution(worker);
            }
        } else {
            if (EnclaveSignature.recover(TrainingMessages.typed(hash), _contribution.aggregationProof) != worker) {
                revert Training_InvalidContribution(worker);
            }
            emit IDistributedTrainingRollup.GradientSubmitted(_jobId, worker, _run.round);
        }
    }

    /// @dev Whoever aggregates may leave out a third of what was submitted, whose blobs it could not get, and no more.
    function _requireEnough(Job storage _job, Run storage _run, uint256 _listed) private view {
        uint256 submitted = _run.submitted;
        if (block.timestamp <= _run.until && (_run.members & _job.active & ~_listed) != 0) {
            revert Training_TooEarly(_run.until);
        }
        uint256 needed = _needed(_job);
        if (_listed.count() < needed) revert Training_TooFew(_listed.count(), needed);
        if (submitted == 0) return;
        needed = TrainingMessages.quorum(submitted.count());
        uint256 found = (_listed & submitted).count();
        if (found < needed) revert Training_TooFew(found, needed);
    }

    function _claim(
        bytes32 _jobId,
        Job storage _job,
        Run storage _run,
        uint256 _attempt,
        IDistributedTrainingRollup.FederatedUpdate calldata _update,
        bytes memory _description,
        Convergence memory _proof
    ) private {
        Settings memory settings_ = _settings();
        if (settings_.programVersion == 0) revert Training_NoProgram();
        bytes32 aggregate = _update.aggregatedGradientHash;
        bytes32 input = AggregateInput.hash(_weightsBefore(_jobId, _job, _run.round), _description);
        bytes32 output = AggregateInput.output(aggregate, _proof.weights, _proof.report);
        _run.programVersion = settings_.programVersion;
        _run.aggregator = msg.sender;
        uint256 until = block.timestamp;
        if (_requireEvidence(_proof.kind) == IEvidence.Kind.Fault) {
            if (_proof.evidence.length > MAX_TRACE_BYTES) revert Training_TooLong(MAX_TRACE_BYTES);
            until += settings_.challengePeriod;
            bytes32 trace = BatchLib.traceCommitment(_proof.evidence);
            _run.claim = keccak256(abi.encode(input, output, trace));
            _run.bond = settings_.aggregateBond;
            _debit(msg.sender, settings_.aggregateBond);
        } else {
            IEvidence.Claim memory claim = _claimOf(_jobId, _attempt, settings_.programVersion, input, output, 0);
            if (!_store().evidence[IEvidence.Kind.Validity].proves(claim, _proof.evidence)) {
                revert Training_InvalidProof();
            }
        }
        emit AggregateClaimed(
            _jobId,
            _run.round,
            _attempt,
            msg.sender,
            _run.accepted,
            aggregate,
            until,
            _description,
            _update.convergenceProof
        );
        _claimed(_jobId, _job, _run, aggregate, _proof.weights, until);
    }

    function _pay(bytes32 _jobId, Job storage _job, Run storage _run, uint256 _attempt) private {
        bytes32 key = _runKey(_jobId, _attempt);
        uint256 total = _run.totalPoints;
        uint256 fee = total == 0 ? 0 : uint256(_job.roundReward) * _job.feeBps / BPS;
        uint256 share = _job.roundReward - fee;
        uint256 paid;
        for (uint256 left = total == 0 ? 0 : _run.accepted; left != 0; left &= left - 1) {
            uint256 index = left.first();
            address worker = _store().workers[_jobId][index];
            uint256 amount = share * _pointsOf(key, index) / total;
            if (amount == 0 || _store().members[_jobId][worker].isSlashed) continue;
            paid += amount;
            _credit(worker, amount);
            emit WorkerRewarded(_jobId, worker, _run.round, amount);
        }
        _addFees(fee);
        // Not above the reward of a round, of which there are as many as the pool was divided by.
        _job.remaining -= uint96(paid + fee);
        emit RewardsDistributed(_jobId, _run.round, paid, fee);
    }

    function _requireEvidence(uint8 _kind) private view returns (IEvidence.Kind kind_) {
        bool isKnown = _kind <= uint8(IEvidence.Kind.Validity);
        if (!isKnown || address(_store().evidence[IEvidence.Kind(_kind)]) == address(0)) {
            revert Training_EvidenceNotAccepted(_kind);
        }
        return IEvidence.Kind(_kind);
    }

    function _contributionHash(
        bytes32 _jobId,
        uint256 _attempt,
        IDistributedTrainingRollup.WorkerContribution calldata _contribution
    ) private pure returns (bytes32) {
        if (_contribution.dataPointsProcessed > AggregateInput.MAX_POINTS) {
            revert Training_InvalidContribution(_contribution.worker);
        }
        if (_contribution.dataShardHashes.length > MAX_SHARDS) revert Training_TooLong(MAX_SHARDS);
        return TrainingMessages.gradientHash(_jobId, _attempt, _contribution);
    }
}
