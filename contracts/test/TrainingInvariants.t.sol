// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDistributedTrainingRollup} from "../src/interfaces/IDistributedTrainingRollup.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {ITrainingAccusations} from "../src/interfaces/ITrainingAccusations.sol";
import {ITrainingTypes} from "../src/interfaces/ITrainingTypes.sol";
import {TrainingTest} from "./utils/TrainingTest.sol";

/// @notice Uses training in every way that creator, workers and watchers of a plaintext job can.
contract TrainingHandler is TrainingTest {
    uint256 public early;
    uint256 public paidTwice;
    uint256 public paid;
    uint256 public disproved;
    mapping(uint256 => bool) private _isPaid;
    ITrainingTypes.Misbehaviour private constant KIND = ITrainingTypes.Misbehaviour.NormBound;
    bytes32[] public accusations;

    constructor() {
        setUp();
        address by = training.governor();
        vm.prank(by);
        training.setAccusationProgram(KIND, keccak256("norm"));
        _begin();
    }

    /// @dev Once: the fuzzer may call it too.
    function setUp() public override {
        if (workers.length == 0) super.setUp();
    }

    function pass(uint256 _seconds) external {
        _mine(1, 1 + _seconds % 8 hours);
    }

    function submit(uint256 _worker) external {
        IDistributedTrainingRollup.WorkerContribution memory update = _update(_worker % WORKERS);
        vm.prank(update.worker);
        try training.submitGradientUpdate(JOB, update) {} catch {}
    }

    function aggregate(uint256 _count, bool _isCoordinator, uint256 _which, uint8 _status) external {
        _count = 1 + _count % WORKERS;
        IDistributedTrainingRollup.FederatedUpdate memory update = _federated(_count, true);
        ITrainingTypes.Run memory run = training.getRun(JOB, _attempt());
        for (uint256 i; i < _count; ++i) {
            if (run.submitted >> i & 1 != 0) update.contributions[i].aggregationProof = "";
        }
        if (_status % 8 == 0) update.convergenceProof = _convergence(_report(_count, _which % _count, 2));
        vm.prank(_isCoordinator ? creator : watcher);
        try training.aggregateGradients(JOB, update) {} catch {}
    }

    function distribute() external {
        uint256 round = uint256(training.getJob(JOB).distributed) + 1;
        uint256 attempt = training.attemptOf(JOB, round);
        uint256 until = training.getRun(JOB, attempt).until;
        vm.prank(watcher);
        try training.distributeRewards(JOB, round) {
            ++paid;
            if (_isPaid[round]) ++paidTwice;
            _isPaid[round] = true;
            if (block.timestamp < until) ++early;
        } catch {}
    }

    function disprove(uint256 _which) external {
        uint256 attempts = training.getJob(JOB).attempts;
        if (attempts == 0) return;
        uint256 attempt = 1 + _which % attempts;
        bytes memory proof = _counterProof(attempt);
        vm.prank(watcher);
        try training.challengeAggregate(JOB, attempt, proof) {
            ++disproved;
        } catch {}
    }

    function reclaim(uint256 _which, bool _isCreator) external {
        uint256 attempts = training.getJob(JOB).attempts;
        vm.prank(_isCreator ? creator : watcher);
        try training.reclaimBond(JOB, 1 + _which % (attempts + 1)) {} catch {}
    }

    function accuse(uint256 _worker) external {
        uint256 attempt = _attempt();
        vm.prank(watcher);
        try training.accuse(JOB, attempt, workers[_worker % WORKERS], KIND, "") returns (bytes32 id) {
            accusations.push(id);
        } catch {}
    }

    function judge(uint256 _which, bool _isFalse) external {
        if (accusations.length == 0) return;
        bytes32 id = accusations[_which % accusations.length];
        ITrainingAccusations.Accusation memory a = training.getAccusation(id);
        if (_isFalse) {
            IEvidence.Claim memory claim =
                IEvidence.Claim(a.program, a.input, bytes32(uint256(1)), a.trace, uint256(id));
            vm.prank(creator);
            try training.challengeAccusation(id, abi.encode(claim)) {} catch {}
        } else {
            try training.slashMaliciousWorker(a.worker, abi.encode(KIND, abi.encode(id))) {
                if (block.timestamp < a.until) ++early;
            } catch {}
        }
    }

    function step() external {
        try training.advance(JOB) {} catch {}
    }

    function join(uint256 _worker) external {
        vm.prank(workers[_worker % WORKERS]);
        try training.joinTrainingJob(JOB, "") {} catch {}
    }

    function leave(uint256 _worker, bool _isRelease) external {
        vm.prank(workers[_worker % WORKERS]);
        if (_isRelease) try training.releaseStake(JOB) {} catch {} else try training.leaveTrainingJob(JOB) {} catch {}
    }

    function cancel(uint256 _chance) external {
        if (_chance % 16 != 0) return;
        vm.prank(creator);
        try training.cancelTrainingJob(JOB) {} catch {}
    }

    function collect() external {
        try training.collectFees() {} catch {}
    }

    // --- What must hold ---

    /// @notice All that is owed: balances, fees, the pool, stakes, bonds.
    function owed() external view returns (uint256 sum_) {
        sum_ = training.collectableFees() + _balance(creator) + _balance(watcher);
        for (uint256 i; i < workers.length; ++i) {
            sum_ += _balance(workers[i]) + training.getMember(JOB, workers[i]).stake;
        }
        ITrainingTypes.Job memory job = training.getJob(JOB);
        sum_ += job.remaining;
        for (uint256 i = 1; i <= job.attempts; ++i) {
            ITrainingTypes.Run memory run = training.getRun(JOB, i);
            if (run.phase == ITrainingTypes.Phase.Claimed) sum_ += run.bond;
            sum_ += training.bondOf(JOB, i, watcher);
        }
        for (uint256 i; i < accusations.length; ++i) {
            sum_ += training.getAccusation(accusations[i]).bond;
        }
    }

    function held() external view returns (uint256) {
        return address(training).balance;
    }
}

contract Training_Invariants_Test {
    TrainingHandler private _handler;
    bool public constant IS_TEST = true;

    function setUp() external {
        _handler = new TrainingHandler();
    }

    function targetContracts() external view returns (address[] memory ret_) {
        ret_ = new address[](1);
        ret_[0] = address(_handler);
    }

    /// @dev The predeploys' own addresses are no callers.
    function targetSenders() external pure returns (address[] memory ret_) {
        ret_ = new address[](1);
        ret_[0] = address(0xca11e4);
    }

    /// @notice The contract holds what it owes, to the wei.
    function invariant_balancesConserved() external view {
        require(_handler.owed() == _handler.held(), "owed and held");
    }

    /// @notice A round is paid once, and not before its challenge period is over.
    function invariant_paidOnceAndLate() external view {
        require(_handler.paidTwice() == 0, "paid twice");
        require(_handler.early() == 0, "paid early");
    }

    /// @notice Shows that the handler gets anywhere.
    function test_handler_reaches_succeeds() external {
        _handler.submit(0);
        _handler.accuse(0);
        _handler.accuse(0);
        require(_handler.accusations(1) != 0, "not accused");
        _handler.judge(1, true);
        require(_handler.owed() == _handler.held(), "owed and held");
        _handler.aggregate(4, true, 0, 1);
        _handler.aggregate(4, true, 2, 0);
        _handler.disprove(0);
        require(_handler.disproved() == 1, "not disproved");
        _handler.reclaim(1, true);
        _handler.aggregate(4, true, 2, 0);
        for (uint256 i; i < 4; ++i) {
            _handler.pass(8 hours - 1);
        }
        _handler.distribute();
        require(_handler.paid() == 1, "not paid");
        _handler.leave(1, false);
        _handler.step();
        for (uint256 i; i < 4; ++i) {
            _handler.pass(8 hours - 1);
        }
        _handler.leave(1, true);
        _handler.collect();
        require(_handler.owed() == _handler.held(), "owed and held");
    }
}
