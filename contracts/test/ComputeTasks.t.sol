// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../src/interfaces/IAIComputeRollup.sol";
import {IComputeMarket} from "../src/interfaces/IComputeMarket.sol";
import {MarketFlags} from "../src/libraries/MarketFlags.sol";
import {MarketTest} from "./utils/MarketTest.sol";

contract ComputeMarket_SubmitComputeTask_Test is MarketTest {
    bytes32 private constant ID = keccak256("task1");

    function _refuse(IAIComputeRollup.ComputeTask memory _refused, bytes4 _error) private {
        vm.expectRevert(_error);
        vm.prank(requester);
        market.submitComputeTask(_refused);
    }

    function test_submitComputeTask_locksPrice_succeeds() external {
        vm.expectEmit(address(market));
        emit IAIComputeRollup.ComputeTaskSubmitted(ID, requester);
        vm.prank(requester);
        vm.assertEq(market.submitComputeTask(_task(ID)), ID);
        vm.assertEq(_balance(requester), 10 ether - LOCKED);
        IComputeMarket.Task memory task = market.getTask(ID);
        vm.assertEq(task.offer.gasLimit, GAS);
        vm.assertEq(task.progress.until, block.timestamp + TIMEOUT);
        vm.assertEq(task.commitment, _claimInput(MODEL, INPUT));
    }

    function test_submitComputeTask_namedRequester_succeeds() external {
        IAIComputeRollup.ComputeTask memory task = _task(ID);
        task.requester = requester;
        vm.prank(requester);
        market.submitComputeTask(task);
    }

    function test_submitComputeTask_forOthers_reverts() external {
        IAIComputeRollup.ComputeTask memory task = _task(ID);
        task.requester = worker;
        _refuse(task, IComputeMarket.ComputeMarket_NotRequester.selector);
    }

    function test_submitComputeTask_takenId_reverts() external {
        _offer(ID);
        vm.expectRevert(IComputeMarket.ComputeMarket_TaskExists.selector);
        vm.prank(worker);
        market.submitComputeTask(_task(ID));
    }

    function test_submitComputeTask_usedId_reverts() external {
        _offer(ID);
        vm.prank(requester);
        market.refundTask(ID);
        _refuse(_task(ID), IComputeMarket.ComputeMarket_TaskExists.selector);
    }

    function test_submitComputeTask_zeroId_reverts() external {
        _refuse(_task(0), IComputeMarket.ComputeMarket_InvalidTask.selector);
    }

    function test_submitComputeTask_unknownModel_reverts() external {
        IAIComputeRollup.ComputeTask memory task = _task(ID);
        task.modelHash = keccak256("other");
        _refuse(task, IComputeMarket.ComputeMarket_UnknownModel.selector);
    }

    function test_submitComputeTask_noBalance_reverts() external {
        vm.expectRevert(
            abi.encodeWithSelector(IComputeMarket.ComputeMarket_InsufficientBalance.selector, uint256(0), LOCKED)
        );
        vm.prank(stranger);
        market.submitComputeTask(_task(ID));
    }

    function test_submitComputeTask_noProgram_reverts() external {
        address governor_ = market.governor();
        vm.prank(governor_);
        market.setProgram(IComputeMarket.Purpose.Infer, 0);
        _refuse(_task(ID), IComputeMarket.ComputeMarket_NoProgram.selector);
    }

    function test_submitComputeTask_asksForEnclave_reverts() external {
        IAIComputeRollup.ComputeTask memory task = _task(ID);
        task.attestation.mrEnclave = keccak256("enclave");
        _refuse(task, IComputeMarket.ComputeMarket_NoAttestation.selector);
    }

    function test_submitComputeTask_modelPrice_succeeds() external {
        bytes32 model = keccak256("priced");
        _registerModel(model, MarketFlags.FAULT, 60 gwei);
        IAIComputeRollup.ComputeTask memory task = _task(ID);
        task.modelHash = model;
        vm.prank(requester);
        market.submitComputeTask(task);
        vm.assertEq(_balance(requester), 10 ether - GAS * 60 gwei);
        task.taskId = keccak256("task2");
        task.maxGasPrice = 60 gwei - 1;
        _refuse(task, IComputeMarket.ComputeMarket_InvalidPrice.selector);
    }

    function test_submitComputeTask_noPrice_reverts() external {
        IAIComputeRollup.ComputeTask memory task = _task(ID);
        task.maxGasPrice = 0;
        _refuse(task, IComputeMarket.ComputeMarket_InvalidPrice.selector);
        task.maxGasPrice = uint256(type(uint64).max) + 1;
        _refuse(task, IComputeMarket.ComputeMarket_InvalidPrice.selector);
    }

    function testFuzz_quote_roundsUp_succeeds(uint256 _flops) external {
        if (_flops == 0 || (_flops - 1) / 1e8 + 1 > type(uint32).max) {
            vm.expectRevert(IComputeMarket.ComputeMarket_InvalidTask.selector);
            market.quote(MODEL, _flops, PRICE);
        } else {
            (uint256 gasLimit, uint256 gasPrice) = market.quote(MODEL, _flops, PRICE);
            vm.assertEq(gasLimit, (_flops - 1) / 1e8 + 1);
            vm.assertEq(gasPrice, PRICE);
        }
    }

    function testFuzz_submitComputeTask_inputData_succeeds(bytes calldata _data) external {
        IAIComputeRollup.ComputeTask memory task = _task(ID);
        task.inputDataHash = _data;
        bool isMultihash = _data.length >= 34 && _data.length <= 290 && _data[0] == 0x1b && _data[1] == 0x20;
        if (_data.length == 32 || isMultihash) {
            vm.prank(requester);
            market.submitComputeTask(task);
            bytes32 commitment = isMultihash ? bytes32(_data[2:]) : bytes32(_data);
            vm.assertEq(market.getTask(ID).commitment, _claimInput(MODEL, commitment));
        } else {
            _refuse(task, IComputeMarket.ComputeMarket_InvalidInputData.selector);
        }
    }

    function testFuzz_submitComputeTask_location_succeeds(bytes32 _commitment, bytes memory _location) external {
        IAIComputeRollup.ComputeTask memory task = _task(ID);
        task.inputDataHash = abi.encodePacked(hex"1b20", _commitment, _location);
        if (_location.length > 256) return _refuse(task, IComputeMarket.ComputeMarket_InvalidInputData.selector);
        vm.prank(requester);
        market.submitComputeTask(task);
        vm.assertEq(market.getTask(ID).commitment, _claimInput(MODEL, _commitment));
    }

    function test_submitComputeTask_inline_succeeds() external {
        IAIComputeRollup.ComputeTask memory task = _task(ID);
        task.inputDataHash = abi.encodePacked(hex"1b20", INPUT, "inline:https://store/");
        vm.prank(requester);
        market.submitComputeTask(task);
        vm.assertEq(market.getTask(ID).progress.flags, MarketFlags.FAULT | MarketFlags.INLINE_OUTPUT);
    }

    function test_submitComputeTasks_many_succeeds() external {
        IAIComputeRollup.ComputeTask[] memory tasks = new IAIComputeRollup.ComputeTask[](2);
        (tasks[0], tasks[1]) = (_task(ID), _task(keccak256("task2")));
        vm.prank(requester);
        market.submitComputeTasks(tasks);
        vm.assertEq(_balance(requester), 10 ether - 2 * LOCKED);
    }
}

contract ComputeMarket_ClaimTask_Test is MarketTest {
    bytes32 private constant ID = keccak256("task1");

    function setUp() public override {
        super.setUp();
        _offer(ID);
    }

    function test_claimTask_locksBond_succeeds() external {
        _claim(worker, ID);
        vm.assertEq(_balance(worker), 10 ether - CLAIM_BOND);
        _requireStatus(ID, IComputeMarket.TaskStatus.Claimed);
    }

    function test_claimTask_claimed_reverts() external {
        _claim(worker, ID);
        vm.expectRevert(
            abi.encodeWithSelector(IComputeMarket.ComputeMarket_WrongStatus.selector, IComputeMarket.TaskStatus.Claimed)
        );
        _claim(worker2, ID);
    }

    function test_claimTask_expired_reverts() external {
        _mine(1, TIMEOUT);
        vm.expectRevert();
        _claim(worker, ID);
    }

    function test_claimTask_notAWorker_reverts() external {
        vm.expectRevert(IComputeMarket.ComputeMarket_NotEligible.selector);
        _claim(watcher, ID);
    }

    function test_claimTask_exiting_reverts() external {
        vm.prank(worker);
        market.requestExit();
        vm.expectRevert(IComputeMarket.ComputeMarket_NotEligible.selector);
        _claim(worker, ID);
    }

    function test_claimTasks_passesOver_succeeds() external {
        _offer(keccak256("task2"));
        _claim(worker2, ID);
        bytes32[] memory ids = new bytes32[](3);
        (ids[0], ids[1], ids[2]) = (ID, keccak256("task2"), keccak256("unknown"));
        vm.prank(worker);
        market.claimTasks(ids);
        vm.assertEq(market.getTask(ids[0]).progress.worker, worker2);
        vm.assertEq(market.getTask(ids[1]).progress.worker, worker);
        vm.assertEq(_balance(worker), 10 ether - CLAIM_BOND);
    }

    /// @dev Whoever copies a result out of the mempool cannot deliver it.
    function test_submitComputeResult_copied_reverts() external {
        _claim(worker, ID);
        vm.expectRevert(IComputeMarket.ComputeMarket_NotWorker.selector);
        _answer(worker2, ID, OUTPUT);
    }
}

contract ComputeMarket_RefundTask_Test is MarketTest {
    bytes32 private constant ID = keccak256("task1");

    function setUp() public override {
        super.setUp();
        _offer(ID);
    }

    function test_refundTask_cancel_succeeds() external {
        vm.prank(requester);
        market.refundTask(ID);
        vm.assertEq(_balance(requester), 10 ether);
        _requireStatus(ID, IComputeMarket.TaskStatus.Refunded);
    }

    function test_refundTask_expired_succeeds() external {
        vm.expectRevert();
        market.refundTask(ID);
        _mine(1, TIMEOUT);
        market.refundTask(ID);
        vm.assertEq(_balance(requester), 10 ether);
        vm.assertEq(_balance(worker), 10 ether);
    }

    function test_refundTask_silentWorker_succeeds() external {
        _claim(worker, ID);
        _mine(1, WINDOW);
        vm.expectRevert();
        vm.prank(requester);
        market.refundTask(ID);
        _mine(1, 1);
        vm.expectRevert();
        _answer(worker, ID, OUTPUT);
        market.refundTask(ID);
        vm.assertEq(_balance(requester), 10 ether + CLAIM_BOND);
        vm.assertEq(_balance(worker), 10 ether - CLAIM_BOND);
        vm.assertEq(market.getAccount(worker).stake, MIN_STAKE);
    }

    function test_refundTask_slashedWorker_succeeds() external {
        _claim(worker, ID);
        _offer(keccak256("task2"));
        _answer(worker, keccak256("task2"), keccak256("wrong"));
        _disprove(watcher, keccak256("task2"));
        market.refundTask(ID);
        vm.assertEq(_balance(requester), 10 ether + CLAIM_BOND);
    }

    function test_refundTask_twice_reverts() external {
        vm.startPrank(requester, requester);
        market.refundTask(ID);
        vm.expectRevert();
        market.refundTask(ID);
        vm.stopPrank();
    }

    function test_refundTask_withResult_reverts() external {
        _answer(worker, ID, OUTPUT);
        _mine(1, TIMEOUT);
        vm.expectRevert();
        vm.prank(requester);
        market.refundTask(ID);
    }
}
