// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "../interfaces/IDistributedTrainingRollup.sol";
import {ITrainingWork} from "../interfaces/ITrainingWork.sol";
import {AggregateInput} from "../libraries/AggregateInput.sol";
import {WorkerSet} from "../libraries/WorkerSet.sol";
import {Balances} from "./Balances.sol";

/// @notice Jobs: made with an escrow, moved on, and cancelled.
abstract contract Jobs is Balances {
    using WorkerSet for uint256;

    uint256 private constant MAX_WORKERS = 256;
    /// @dev Up to so many, everyone is everyone's neighbour, so that the chain knows all of a round's parameters.
    uint256 private constant MAX_SECURE_WORKERS = 100;
    uint256 private constant MIN_SECURE_WORKERS = 3;
    uint256 private constant MAX_ROUNDS = 1_000_000;
    uint256 private constant MAX_PERIOD_SECONDS = 30 days;
    uint256 private constant MAX_PROVEN_LENGTH = 1 << 20;
    uint256 private constant MAX_NORM_BOUND = (1 << 31) - 1;
    uint32 private constant DEFAULT_PERIOD_SECONDS = 1 hours;

    /// @inheritdoc ITrainingWork
    /// @dev Median of plaintext updates, and the stake that governance set.
    function createTrainingJob(IDistributedTrainingRollup.TrainingJob calldata _job) external returns (bytes32) {
        JobConfig memory config;
        config.stake = _settings().stake;
        config.rule = Rule.Median;
        config.multiplier = 1;
        config.pointsCap = uint32(AggregateInput.MAX_POINTS);
        config.maxWorkers = uint16(MAX_WORKERS);
        config.keyPeriod = DEFAULT_PERIOD_SECONDS;
        config.collectPeriod = DEFAULT_PERIOD_SECONDS;
        config.aggregatePeriod = DEFAULT_PERIOD_SECONDS;
        return _create(_job, config);
    }

    /// @inheritdoc ITrainingWork
    function createTrainingJobWith(IDistributedTrainingRollup.TrainingJob calldata _job, JobConfig calldata _config)
        external
        returns (bytes32)
    {
        return _create(_job, _config);
    }

    /// @inheritdoc ITrainingWork
    function cancelTrainingJob(bytes32 _jobId) external {
        Job storage job = _store().jobs[_jobId];
        if (msg.sender != job.creator) revert Training_NotCreator();
        if (job.status != JobStatus.Open) revert Training_WrongStatus(job.status);
        job.status = JobStatus.Cancelled;
        emit JobCancelled(_jobId);
        _end(_jobId, job);
    }

    /// @inheritdoc ITrainingWork
    function advance(bytes32 _jobId) external {
        Job storage job = _store().jobs[_jobId];
        if (job.status == JobStatus.None || job.status == JobStatus.Ended) revert Training_WrongStatus(job.status);
        uint256 attempt = _store().attempts[_jobId][job.round];
        if (attempt != 0) {
            Run storage run = _run(_jobId, attempt);
            if (block.timestamp <= _expiresAt(job, run)) {
                if (!_drawBeacon(_jobId, attempt, run)) revert Training_TooEarly(_expiresAt(job, run));
                return;
            }
            _abandon(_jobId, job, run, attempt);
            return;
        }
        if (!_open(_jobId, job) && !_end(_jobId, job)) revert Training_NothingToDo();
    }

    function _create(IDistributedTrainingRollup.TrainingJob calldata _job, JobConfig memory _config)
        private
        returns (bytes32 jobId_)
    {
        _requireValid(_job, _config);
        Store storage store = _store();
        jobId_ = _job.jobId;
        if (jobId_ == 0) jobId_ = keccak256(abi.encode(address(this), msg.sender, ++store.jobCount));
        Job storage job = store.jobs[jobId_];
        if (job.status != JobStatus.None) revert Training_JobExists();
        _debit(msg.sender, _job.rewardPool);
        if (_config.coordinator == address(0)) _config.coordinator = msg.sender;
        job.creator = msg.sender;
        job.remaining = uint96(_job.rewardPool);
        job.roundReward = uint96(_job.rewardPool / _job.numEpochs);
        job.feeBps = _settings().feeBps;
        job.minWorkers = uint16(_job.minWorkers);
        job.rounds = uint32(_job.numEpochs);
        job.round = 1;
        job.status = JobStatus.Open;
        job.config = _config;
        emit IDistributedTrainingRollup.TrainingJobCreated(jobId_, _job.rewardPool);
        emit JobTermsSet(jobId_, msg.sender, _job, _config);
    }

    function _requireValid(IDistributedTrainingRollup.TrainingJob calldata _job, JobConfig memory _config)
        private
        pure
    {
        uint256 workers = _job.minWorkers;
        if (
            _job.numEpochs == 0 || _job.numEpochs > MAX_ROUNDS || _job.rewardPool > type(uint96).max || workers == 0
                || workers > _config.maxWorkers || _config.maxWorkers > MAX_WORKERS
                || _config.length > AggregateInput.MAX_LENGTH || _config.pointsCap == 0
                || _config.pointsCap > AggregateInput.MAX_POINTS || _config.clip > AggregateInput.MAX_CLIP
                || _config.shift > AggregateInput.MAX_SHIFT || !_isPeriod(_config.keyPeriod)
                || !_isPeriod(_config.collectPeriod) || !_isPeriod(_config.aggregatePeriod)
        ) revert Training_InvalidJob();
        if (_config.wordBits != 0) {
            bool isSecure = (_config.wordBits == 32 || _config.wordBits == 64) && _config.length != 0
                && workers >= MIN_SECURE_WORKERS && _config.maxWorkers <= MAX_SECURE_WORKERS;
            if (!isSecure) revert Training_InvalidJob();
        }
        if (_config.normBound != 0) {
            // Sums of so many updates fit signed words; lengths and bounds are those that can be proven.
            bool isProvable = _config.wordBits != 0 && _config.length <= MAX_PROVEN_LENGTH
                && _config.normBound <= MAX_NORM_BOUND
                && uint256(_config.maxWorkers) * _config.normBound < 1 << (_config.wordBits - 1);
            if (!isProvable) revert Training_InvalidJob();
        }
        uint256 fewest = AggregateInput.fewest(_config.rule, _config.p1, _config.p2, workers);
        if (fewest == 0 || fewest > workers) revert Training_InvalidJob();
    }

    function _isPeriod(uint256 _seconds) private pure returns (bool) {
        return _seconds != 0 && _seconds <= MAX_PERIOD_SECONDS;
    }

    function _abandon(bytes32 _jobId, Job storage _job, Run storage _run, uint256 _attempt) private {
        Phase phase = _run.phase;
        uint256 submitted = _run.submitted;
        uint256 silent;
        if (phase == Phase.Collecting) {
            // Whoever signed for the coordinator only is not known here: with no submission at all nobody was silent.
            if (submitted != 0 && submitted.count() < _needed(_job)) silent = _run.members & ~submitted;
        } else if (phase == Phase.Masking) {
            silent = _run.members & ~submitted;
        } else if (phase == Phase.Unmasking) {
            silent = _run.members & ~(_run.revealed | _run.voted);
        }
        _run.phase = Phase.Abandoned;
        emit RoundAbandoned(_jobId, _run.round, _attempt, phase);
        _drop(_jobId, _job, _attempt, silent);
        _enter(_jobId, _job, _run.round);
    }
}
