// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "../../src/interfaces/IDistributedTrainingRollup.sol";
import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {ILuxRollup} from "../../src/interfaces/ILuxRollup.sol";
import {ITraining} from "../../src/interfaces/ITraining.sol";
import {ITrainingTypes} from "../../src/interfaces/ITrainingTypes.sol";
import {BatchLib} from "../../src/libraries/BatchLib.sol";
import {Predeploys} from "../../src/libraries/Predeploys.sol";
import {EvidenceDouble} from "./Doubles.sol";
import {RollupTest} from "./RollupTest.sol";

/// @notice Training with five workers, the creator of jobs and a watcher. On L2 unless a test says otherwise.
abstract contract TrainingTest is RollupTest {
    bytes32 internal constant JOB = keccak256("training1");
    bytes32 internal constant PROGRAM = keccak256("aggregate");
    bytes32 internal constant AGGREGATE = keccak256("aggregated");
    uint256 internal constant POOL = 1000 ether;
    uint256 internal constant ROUNDS = 10;
    uint256 internal constant WORKERS = 5;
    uint256 internal constant POINTS = 1000;
    uint32 internal constant LENGTH = 1000;
    uint256 internal constant WORKER_STAKE = 0.1 ether;
    uint256 internal constant AGGREGATE_BOND = 1 ether;
    uint256 internal constant CHALLENGER_BOND = AGGREGATE_BOND / 10;
    uint256 internal constant TRAINING_PERIOD = 1 days;
    uint256 internal constant PHASE = 1 hours;

    ITraining internal training;
    EvidenceDouble internal aggregateFault;
    address internal creator = address(0xc001);
    address internal watcher = address(0xc002);
    uint256[] internal keys;
    address[] internal workers;

    function setUp() public virtual override {
        super.setUp();
        training = _deployTraining();
        aggregateFault = new EvidenceDouble(IEvidence.Kind.Fault);
        EvidenceDouble aggregateValidity = new EvidenceDouble(IEvidence.Kind.Validity);
        address by = training.governor();
        vm.startPrank(by, by);
        training.setEvidence(IEvidence.Kind.Fault, aggregateFault);
        training.setEvidence(IEvidence.Kind.Validity, aggregateValidity);
        training.setProgram(PROGRAM);
        vm.stopPrank();
        _fund(creator, 3 * POOL);
        _fund(watcher, 10 ether);
        for (uint256 i; i < WORKERS; ++i) {
            _addWorker(0x7001 + i);
        }
    }

    function _deployTraining() internal virtual returns (ITraining) {
        vm.etch(Predeploys.TRAINING, _runtime("TrainingL2"));
        vm.etch(Predeploys.TRAINING_DISPUTES, _runtime("TrainingDisputesL2"));
        return ITraining(Predeploys.TRAINING);
    }

    /// @dev A rollup with training on L1, in the place of `core`.
    function _deployTrainingRollup() internal returns (ITraining) {
        address settingsImplementation = _create(
            "RollupSettings",
            abi.encode(_create("MessageBridge", ""), _create("L1TokenBridge", ""), _create("SequencerRegistry", ""))
        );
        address code = _create("TrainingL1", abi.encode(_create("TrainingDisputesL1", "")));
        implementation = _create("DistributedTrainingRollup", abi.encode(settingsImplementation, code));
        _deployRollup(_config(ILuxRollup.RollupType.Optimistic));
        return ITraining(address(core));
    }

    function _addWorker(uint256 _key) internal {
        keys.push(_key);
        workers.push(vm.addr(_key));
        _fund(vm.addr(_key), 1 ether);
    }

    function _fund(address _account, uint256 _amount) internal {
        vm.deal(address(this), _amount);
        training.deposit{value: _amount}(_account);
    }

    function _job(bytes32 _jobId) internal pure returns (IDistributedTrainingRollup.TrainingJob memory job_) {
        job_ = IDistributedTrainingRollup.TrainingJob(
            _jobId, keccak256("transformer"), keccak256("dataset"), ROUNDS, 32, 1e15, WORKERS, POOL
        );
    }

    /// @dev What `createTrainingJob` takes for granted, with a length.
    function _terms() internal pure returns (ITrainingTypes.JobConfig memory terms_) {
        terms_.stake = uint96(WORKER_STAKE);
        terms_.rule = ITrainingTypes.Rule.Median;
        terms_.multiplier = 1;
        terms_.length = LENGTH;
        terms_.pointsCap = 1 << 24;
        terms_.maxWorkers = 100;
        terms_.keyPeriod = uint32(PHASE);
        terms_.collectPeriod = uint32(PHASE);
        terms_.aggregatePeriod = uint32(PHASE);
    }

    function _create(ITrainingTypes.JobConfig memory _config_) internal {
        vm.prank(creator);
        training.createTrainingJobWith(_job(JOB), _config_);
    }

    function _join(address _worker) internal {
        vm.prank(_worker);
        training.joinTrainingJob(JOB, "");
    }

    /// @dev A job whose first round is under way.
    function _begin() internal {
        _create(_terms());
        _joinAll();
    }

    function _joinAll() internal {
        for (uint256 i; i < workers.length; ++i) {
            _join(workers[i]);
        }
    }

    function _attempt() internal view returns (uint256) {
        return training.attemptOf(JOB, training.getJob(JOB).round);
    }

    function _phase(uint256 _of) internal view returns (ITrainingTypes.Phase) {
        return training.getRun(JOB, _of).phase;
    }

    function _requirePhase(uint256 _of, ITrainingTypes.Phase _expected) internal view {
        vm.assertEq(uint256(_phase(_of)), uint256(_expected));
    }

    function _update(uint256 _worker)
        internal
        view
        returns (IDistributedTrainingRollup.WorkerContribution memory update_)
    {
        update_.worker = workers[_worker];
        update_.gradientHash = keccak256(abi.encode("gradient", _worker));
        update_.dataPointsProcessed = POINTS;
        update_.dataShardHashes = new bytes32[](1);
        update_.dataShardHashes[0] = keccak256(abi.encode("shard", _worker));
    }

    function _signedBy(uint256 _key, bytes32 _digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key, _digest);
        return abi.encodePacked(r, s, v);
    }

    function _signed(uint256 _worker)
        internal
        view
        returns (IDistributedTrainingRollup.WorkerContribution memory update_)
    {
        update_ = _update(_worker);
        update_.aggregationProof = _signedBy(keys[_worker], training.gradientDigest(JOB, _attempt(), update_));
    }

    function _submit(uint256 _worker) internal {
        IDistributedTrainingRollup.WorkerContribution memory update = _update(_worker);
        vm.prank(workers[_worker]);
        training.submitGradientUpdate(JOB, update);
    }

    function _submitAll() internal {
        for (uint256 i; i < workers.length; ++i) {
            _submit(i);
        }
    }

    /// @dev A report that accepts all, but for the status of one.
    function _report(uint256 _count, uint256 _which, uint8 _status) internal pure returns (bytes memory report_) {
        report_ = new bytes(7 * _count);
        report_[7 * _which] = bytes1(_status);
    }

    function _convergence(bytes memory _of) internal pure returns (bytes memory) {
        return abi.encode(uint8(0), LENGTH, bytes32(0), _of, bytes(""));
    }

    /// @dev Of the first workers, submitted or signed.
    function _federated(uint256 _count, bool _isSigned)
        internal
        view
        returns (IDistributedTrainingRollup.FederatedUpdate memory update_)
    {
        update_.jobId = JOB;
        update_.round = training.getJob(JOB).round;
        update_.contributions = new IDistributedTrainingRollup.WorkerContribution[](_count);
        for (uint256 i; i < _count; ++i) {
            update_.contributions[i] = _isSigned ? _signed(i) : _update(i);
        }
        update_.aggregatedGradientHash = AGGREGATE;
        update_.convergenceProof = _convergence(_report(_count, 0, 0));
    }

    function _aggregate(address _by, IDistributedTrainingRollup.FederatedUpdate memory _with) internal {
        vm.prank(_by);
        training.aggregateGradients(JOB, _with);
    }

    /// @dev A round of signed updates, which its coordinator claims.
    function _round() internal {
        _aggregate(creator, _federated(workers.length, true));
    }

    /// @dev The description of a round of all workers, built here from docs/training.md.
    function _description() internal view returns (bytes memory description_) {
        description_ = abi.encodePacked("LUXA\x01", uint8(1), uint8(0), uint8(0), uint32(0), uint32(0));
        description_ = bytes.concat(description_, abi.encodePacked(uint64(0), int32(1), LENGTH));
        description_ = bytes.concat(description_, abi.encodePacked(uint32(workers.length)));
        for (uint256 i; i < workers.length; ++i) {
            description_ = bytes.concat(
                description_, abi.encodePacked(_update(i).gradientHash, uint32(_update(i).dataPointsProcessed))
            );
        }
    }

    function _input() internal view returns (bytes32) {
        bytes memory description = _description();
        bytes32 commitment = keccak256(abi.encode(description.length, keccak256(description)));
        return keccak256(abi.encode(bytes32(0), commitment));
    }

    function _output() internal view returns (bytes32) {
        return keccak256(abi.encode(AGGREGATE, bytes32(0), keccak256(_report(workers.length, 0, 0))));
    }

    function _trace() internal pure returns (bytes32) {
        return BatchLib.traceCommitment(1, 1, 0);
    }

    /// @dev What the double takes for a disproof: the claim itself.
    function _counterProof(uint256 _of) internal view returns (bytes memory) {
        uint256 claimedAt = uint256(keccak256(abi.encode(JOB, _of)));
        IEvidence.Claim memory claim = IEvidence.Claim(PROGRAM, _input(), _output(), _trace(), claimedAt);
        return abi.encode(uint8(0), _input(), _output(), _trace(), abi.encode(claim));
    }

    function _disprove(uint256 _of) internal {
        bytes memory proof = _counterProof(_of);
        vm.prank(watcher);
        training.challengeAggregate(JOB, _of, proof);
    }

    function _balance(address _account) internal view returns (uint256) {
        return training.balanceOf(_account);
    }
}
