// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FaultProof} from "../src/dispute/FaultProof.sol";
import {IAIComputeRollup} from "../src/interfaces/IAIComputeRollup.sol";
import {IComputeMarket} from "../src/interfaces/IComputeMarket.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {BatchLib} from "../src/libraries/BatchLib.sol";
import {CounterMachine} from "./FaultProof.t.sol";
import {MarketTest} from "./utils/MarketTest.sol";

/// @notice Uses the market in every way that its users can, with the deployed fault proof and a machine of three chunks. The
/// first worker is honest and answers its challenges; the second lies and is silent as it likes.
contract MarketHandler is MarketTest {
    uint256 private constant RESPONSE = 1 hours;

    bytes32[] private _ids;
    mapping(bytes32 => uint256) public endings;
    mapping(bytes32 => IComputeMarket.TaskStatus) private _lastStatus;
    uint256 public violations;
    uint256 public paid;
    uint256 public disproved;
    address[] private _actors = [requester, worker, worker2, watcher];

    constructor() {
        setUp();
        bytes32 end = keccak256(abi.encode(bytes32("lux-machine halted"), OUTPUT));
        FaultProof module = FaultProof(_create("FaultProof", abi.encode(new CounterMachine(3, end), RESPONSE)));
        address governor_ = market.governor();
        vm.prank(governor_);
        market.setEvidence(IEvidence.Kind.Fault, module);
    }

    // --- What users do ---

    function advance(uint256 _seconds) external {
        _mine(1, 1 + _seconds % 8 hours);
        _track();
    }

    function offer(uint256 _flops, uint256 _price) external {
        bytes32 taskId = keccak256(abi.encode(_ids.length));
        IAIComputeRollup.ComputeTask memory task = _task(taskId);
        (task.requiredFlops, task.maxGasPrice) = (1 + _flops % FLOPS, 1 + _price % PRICE);
        vm.prank(requester);
        try market.submitComputeTask(task) {
            _ids.push(taskId);
        } catch {}
        _track();
    }

    function claim(uint256 _which, bool _isHonest) external {
        vm.prank(_isHonest ? worker : worker2);
        try market.claimTask(_pick(_which)) {} catch {}
        _track();
    }

    function answer(uint256 _which, uint256 _gasUsed, bool _isHonest) external {
        bytes32 taskId = _pick(_which);
        IAIComputeRollup.ComputeResult memory result = _result(taskId, _isHonest ? OUTPUT : keccak256("wrong"));
        result.gasUsed = _gasUsed % (market.getTask(taskId).offer.gasLimit + 1);
        result.zkProof = abi.encode(uint8(0), _claimInput(MODEL, INPUT), _trace(), "");
        vm.prank(_isHonest ? worker : worker2);
        try market.submitComputeResult(result) {} catch {}
        _track();
    }

    function request(uint256 _which, bool _isWatcher) external {
        _challenge(_pick(_which), _isWatcher ? watcher : requester, FaultProof.Move.RequestSegment);
    }

    function timeout(uint256 _which) external {
        _challenge(_pick(_which), watcher, FaultProof.Move.Timeout);
    }

    function reveal(uint256 _which, bool _isRight) external {
        bytes32 taskId = _pick(_which);
        address claimant = market.getTask(taskId).progress.worker;
        bytes memory states = claimant == worker || _isRight
            ? abi.encodePacked(bytes32(uint256(1001)), bytes32(uint256(1002)))
            : abi.encodePacked(bytes32("lie"), bytes32("lie"));
        vm.prank(claimant);
        try market.revealTrace(taskId, 0, abi.encode(_opening(), states)) {} catch {}
        _track();
    }

    /// @dev Disproves the first chunk of a revealed lie, and tries the same on honest answers.
    function disprove(uint256 _which, bool _isLast) external {
        FaultProof.Disproof memory proof;
        proof.trace = _opening();
        if (_isLast) {
            proof.chunk = 2;
            (proof.before, proof.beforePath) = (bytes32(uint256(1002)), abi.encodePacked(bytes32(uint256(1001))));
        } else {
            (proof.after_, proof.afterPath) = (bytes32("lie"), abi.encodePacked(bytes32("lie")));
        }
        _submit(_pick(_which), watcher, abi.encode(FaultProof.Move.Disprove, abi.encode(proof)));
    }

    function garbage(uint256 _which, bytes calldata _proof) external {
        _submit(_pick(_which), watcher, _proof);
    }

    function refund(uint256 _which, bool _isRequester) external {
        vm.prank(_isRequester ? requester : stranger);
        try market.refundTask(_pick(_which)) {} catch {}
        _track();
    }

    function finalize(uint256 _which) external {
        bytes32[] memory ids = new bytes32[](2);
        (ids[0], ids[1]) = (_pick(_which), _pick(_which));
        market.finalizeTasks(ids);
        _track();
    }

    function settleBond(uint256 _which, bool _isSlash, bool _isWatcher) external {
        bytes32 taskId = _pick(_which);
        if (_isSlash) {
            try market.slashFailedChallenger(taskId, 0) {} catch {}
        } else {
            vm.prank(_isWatcher ? watcher : requester);
            try market.reclaimBond(taskId) {} catch {}
        }
        _track();
    }

    function withdraw(uint256 _who, uint256 _amount) external {
        address account = _actors[_who % _actors.length];
        vm.prank(account);
        try market.withdraw(_amount % (_balance(account) + 1)) {} catch {}
    }

    function leave(bool _isHonest, bool _isWithdrawal) external {
        vm.prank(_isHonest ? worker : worker2);
        if (_isWithdrawal) try market.withdrawStake() {} catch {} else try market.requestExit() {} catch {}
    }

    function join(bool _isHonest) external {
        vm.prank(_isHonest ? worker : worker2);
        try market.stake{value: MIN_STAKE}() {} catch {}
    }

    function collect() external {
        try market.collectFees() {} catch {}
    }

    // --- What must hold ---

    /// @notice All that the market owes: balances, stakes, what tasks lock, claim bonds, challenge bonds, fees.
    function owed() external view returns (uint256 sum_) {
        sum_ = market.collectableFees();
        for (uint256 i; i < _actors.length; ++i) {
            IComputeMarket.Account memory account = market.getAccount(_actors[i]);
            sum_ += account.balance + account.stake;
        }
        for (uint256 i; i < _ids.length; ++i) {
            IComputeMarket.Task memory task = market.getTask(_ids[i]);
            uint256 locked = uint256(task.offer.gasLimit) * task.offer.gasPrice;
            IComputeMarket.TaskStatus status = task.progress.status;
            if (status == IComputeMarket.TaskStatus.Claimed) sum_ += locked / 10;
            if (!_isEnded(status)) sum_ += locked;
            sum_ += market.bondOf(_ids[i], watcher) + market.bondOf(_ids[i], requester);
        }
    }

    function held() external view returns (uint256) {
        return address(market).balance;
    }

    function idCount() external view returns (uint256) {
        return _ids.length;
    }

    function idAt(uint256 _i) external view returns (bytes32) {
        return _ids[_i];
    }

    function isHonestSlashed() external view returns (bool) {
        return market.getAccount(worker).isSlashed;
    }

    function _pick(uint256 _which) private view returns (bytes32) {
        return _ids.length == 0 ? bytes32(0) : _ids[_which % _ids.length];
    }

    function _isEnded(IComputeMarket.TaskStatus _status) private pure returns (bool) {
        return uint256(_status) >= uint256(IComputeMarket.TaskStatus.Final);
    }

    function _trace() private pure returns (bytes memory) {
        return abi.encodePacked(uint32(3), uint32(4));
    }

    function _opening() private pure returns (FaultProof.Trace memory) {
        return FaultProof.Trace(3, 4, 0);
    }

    function _challenge(bytes32 _taskId, address _challenger, FaultProof.Move _kind) private {
        _submit(_taskId, _challenger, abi.encode(_kind, abi.encode(_opening(), uint256(0))));
    }

    function _submit(bytes32 _taskId, address _challenger, bytes memory _proof) private {
        // An honest worker answers in time: it never lets a challenge run out.
        IComputeMarket.Progress memory progress = market.getTask(_taskId).progress;
        bytes memory counter =
            abi.encode(uint8(0), _claimInput(MODEL, INPUT), BatchLib.traceCommitment(3, 4, 0), _proof);
        vm.prank(_challenger);
        try market.challengeComputation(_taskId, counter) {
            if (progress.worker == worker) {
                bytes memory states = abi.encodePacked(bytes32(uint256(1001)), bytes32(uint256(1002)));
                vm.prank(worker);
                try market.revealTrace(_taskId, 0, abi.encode(_opening(), states)) {} catch {}
            }
        } catch {}
        _track();
    }

    /// @dev Counts endings: a task ends once and stays as it ended.
    function _track() private {
        for (uint256 i; i < _ids.length; ++i) {
            IComputeMarket.TaskStatus status = _statusOf(_ids[i]);
            if (status == _lastStatus[_ids[i]]) continue;
            if (_isEnded(_lastStatus[_ids[i]])) ++violations;
            if (_isEnded(status)) ++endings[_ids[i]];
            if (status == IComputeMarket.TaskStatus.Final) ++paid;
            if (status == IComputeMarket.TaskStatus.Disproved) ++disproved;
            _lastStatus[_ids[i]] = status;
        }
    }
}

contract ComputeMarket_Invariants_Test {
    MarketHandler private _handler;
    bool public constant IS_TEST = true;

    function setUp() external {
        _handler = new MarketHandler();
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

    /// @notice The market holds what it owes, to the wei.
    function invariant_balancesConserved() external view {
        require(_handler.owed() == _handler.held(), "owed and held");
    }

    /// @notice A task ends once: it is paid, disproved or refunded, and never two of these.
    function invariant_endsOnce() external view {
        require(_handler.violations() == 0, "ended twice");
        for (uint256 i; i < _handler.idCount(); ++i) {
            require(_handler.endings(_handler.idAt(i)) <= 1, "ended twice");
        }
    }

    /// @notice No challenge takes the stake of a worker whose results are right and who answers.
    function invariant_honestNeverSlashed() external view {
        require(!_handler.isHonestSlashed(), "honest worker slashed");
    }

    /// @notice Shows that the handler gets anywhere.
    function test_handler_reaches_succeeds() external {
        for (uint256 i; i < 4; ++i) {
            _handler.offer(1e12, 1 gwei);
        }
        _handler.claim(0, true);
        _handler.answer(0, 5_000, true);
        _handler.request(0, true);
        _handler.answer(1, 5_000, false);
        _handler.request(1, false);
        _handler.reveal(1, false);
        _handler.disprove(1, false);
        require(_handler.disproved() == 1, "first chunk");
        _handler.settleBond(1, false, false);
        _handler.claim(2, true);
        _handler.refund(3, true);
        for (uint256 i; i < 4; ++i) {
            _handler.advance(8 hours - 1);
        }
        _handler.settleBond(0, true, true);
        _handler.refund(2, false);
        _handler.finalize(0);
        require(_handler.paid() == 1, "not paid");
        _handler.collect();
        require(_handler.owed() == _handler.held(), "owed and held");
    }
}
