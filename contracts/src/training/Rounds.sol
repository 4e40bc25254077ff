// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AggregateInput} from "../libraries/AggregateInput.sol";
import {TrainingMessages} from "../libraries/TrainingMessages.sol";
import {WorkerSet} from "../libraries/WorkerSet.sol";
import {TrainingState} from "./TrainingState.sol";

/// @notice How rounds begin, fail and begin again. A round may take several runs; the last one counts.
/// @dev The next round begins when one has an aggregate, before that is final. If it is disproved, all rounds after it are void: the
/// job's number of the round in work goes back, and with it whatever was built on the wrong weights.
abstract contract Rounds is TrainingState {
    using WorkerSet for uint256;

    /// @dev The run of a round that counts; zero while there is none.
    function _attemptOf(bytes32 _jobId, uint256 _round) internal view returns (uint256) {
        return _round > _store().jobs[_jobId].round ? 0 : _store().attempts[_jobId][_round];
    }

    /// @dev Puts a job into a round, and begins it where enough workers are there.
    function _enter(bytes32 _jobId, Job storage _job, uint256 _round) internal {
        _job.round = uint32(_round);
        delete _store().attempts[_jobId][_round];
        if (!_open(_jobId, _job)) _end(_jobId, _job);
    }

    /// @dev Begins the round that the job is in, if it is not under way and there are enough workers.
    function _open(bytes32 _jobId, Job storage _job) internal returns (bool) {
        uint256 round = _job.round;
        uint256 active = _job.active;
        if (
            _job.status != JobStatus.Open || round > _job.rounds || _store().attempts[_jobId][round] != 0
                || active.count() < _job.minWorkers
        ) return false;
        uint256 attempt = ++_job.attempts;
        _store().attempts[_jobId][round] = attempt;
        Run storage run = _run(_jobId, attempt);
        bool isSecure = _job.config.wordBits != 0;
        uint256 until = block.timestamp + (isSecure ? _job.config.keyPeriod : _job.config.collectPeriod);
        run.round = uint32(round);
        run.phase = isSecure ? Phase.Keys : Phase.Collecting;
        run.until = uint40(until);
        run.eligible = active;
        run.members = active;
        emit RoundOpened(_jobId, round, attempt, active, until);
        return true;
    }

    /// @dev Ends a job that has nothing under way and begins nothing, and gives back what it did not pay.
    function _end(bytes32 _jobId, Job storage _job) internal returns (bool) {
        bool isOver = _job.status == JobStatus.Cancelled || _job.distributed == _job.rounds;
        if (!isOver || _job.distributed + 1 != _job.round || _store().attempts[_jobId][_job.round] != 0) return false;
        uint256 refund = _job.remaining;
        _job.remaining = 0;
        _job.status = JobStatus.Ended;
        _job.endedAt = uint40(block.timestamp);
        _credit(_job.creator, refund);
        emit JobEnded(_jobId, refund);
        return true;
    }

    /// @dev The hash of the block that recorded the roster, which nobody knew before. The chain keeps 256 of them.
    function _drawBeacon(bytes32 _jobId, uint256 _attempt, Run storage _run) internal returns (bool) {
        if (_run.phase != Phase.Masking || _run.beacon != 0) return false;
        bytes32 beacon = blockhash(_run.rosterBlock);
        if (beacon == 0) return false;
        _run.beacon = beacon;
        emit BeaconDrawn(_jobId, _attempt, beacon);
        return true;
    }

    /// @dev The run in work and its number.
    function _current(bytes32 _jobId, Job storage _job) internal view returns (Run storage run_, uint256 attempt_) {
        attempt_ = _store().attempts[_jobId][_job.round];
        run_ = _run(_jobId, attempt_);
    }

    /// @dev Whether a run is the one of its round that counts.
    function _counts(bytes32 _jobId, uint256 _attempt, Run storage _run) internal view returns (bool) {
        return _attempt != 0 && _attemptOf(_jobId, _run.round) == _attempt;
    }

    /// @dev With plaintext the coordinator has one period after the collection, then everyone one. With secure aggregation everyone
    /// has a second period for the roster; masking is over when its time is, and unmasking has a period of its own.
    function _expiresAt(Job storage _job, Run storage _run) internal view returns (uint256) {
        uint256 until = _run.until;
        if (_run.phase == Phase.Collecting) return until + 2 * uint256(_job.config.aggregatePeriod);
        if (_run.phase == Phase.Keys) return until + _job.config.keyPeriod;
        if (_run.phase != Phase.Masking || _run.submitted.count() < _quorumOf(_run)) return until;
        return until + _job.config.aggregatePeriod;
    }

    /// @dev Of all who might take part: a server must not choose.
    function _quorumOf(Run storage _run) internal view returns (uint256) {
        return TrainingMessages.quorum(_run.eligible.count());
    }

    /// @dev Contributions that a round needs: two thirds of the workers that begin it, or what the rule needs.
    function _needed(Job storage _job) internal view returns (uint256) {
        JobConfig storage config = _job.config;
        uint256 rule = AggregateInput.fewest(config.rule, config.p1, config.p2, _job.minWorkers);
        uint256 quorum = TrainingMessages.quorum(_job.minWorkers);
        return rule > quorum ? rule : quorum;
    }

    /// @dev Takes silent workers out of the rounds to come, so that nobody waits for them again.
    function _drop(bytes32 _jobId, Job storage _job, uint256 _attempt, uint256 _silent) internal {
        _silent &= _job.active;
        if (_silent == 0) return;
        _job.active &= ~_silent;
        emit WorkersDropped(_jobId, _attempt, _silent);
    }

    /// @dev Weights that a round begins with.
    function _weightsBefore(bytes32 _jobId, Job storage _job, uint256 _round) internal view returns (bytes32) {
        return _round == 1 ? _job.config.weights : _run(_jobId, _store().attempts[_jobId][_round - 1]).weights;
    }

    function _pointsOf(bytes32 _key, uint256 _index) internal view returns (uint256) {
        return uint32(_store().points[_key][_index / 8] >> 32 * (_index % 8));
    }

    function _setPoints(bytes32 _key, uint256 _index, uint256 _points) internal {
        _store().points[_key][_index / 8] |= _points << 32 * (_index % 8);
    }

    /// @dev A run has its aggregate, and the job goes on to the next round.
    function _claimed(
        bytes32 _jobId,
        Job storage _job,
        Run storage _run,
        bytes32 _aggregate,
        bytes32 _weights,
        uint256 _until
    ) internal {
        bool hasWeights = _weightsBefore(_jobId, _job, _run.round) != 0;
        if (_aggregate == 0 || hasWeights != (_weights != 0)) revert Training_WrongWeights();
        _run.phase = Phase.Claimed;
        _run.until = uint40(_until);
        _run.aggregate = _aggregate;
        _run.weights = _weights;
        _enter(_jobId, _job, _run.round + 1);
    }

    /// @dev Takes all of a worker's stake in a job: half for who showed it, the rest for the treasury.
    function _slash(bytes32 _jobId, address _worker, Misbehaviour _kind, address _reporter) internal {
        Member storage member = _store().members[_jobId][_worker];
        Job storage job = _store().jobs[_jobId];
        uint256 stake = member.stake;
        uint256 reward = stake / 2;
        member.stake = 0;
        member.isSlashed = true;
        job.active &= ~WorkerSet.bit(member.index);
        _credit(_reporter, reward);
        _addFees(stake - reward);
        emit WorkerSlashed(_jobId, _worker, _reporter, _kind, stake, reward);
    }
}
