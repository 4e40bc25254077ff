// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IMessageQueue} from "../src/interfaces/IMessageQueue.sol";
import {ITraining} from "../src/interfaces/ITraining.sol";
import {Predeploys} from "../src/libraries/Predeploys.sol";
import {TrainingTest} from "./utils/TrainingTest.sol";

/// @notice What a `DistributedTrainingRollup` has beyond its interfaces.
interface DistributedTrainingRollupTester {
    function callTrainingL2(bytes calldata _data) external returns (uint256 queueIndex_);
}

/// @notice Training on L1, inside a rollup.
contract Training_L1_Test is TrainingTest {
    function _deployTraining() internal override returns (ITraining) {
        return _deployTrainingRollup();
    }

    function test_round_onL1_pays() external {
        _begin();
        _round();
        _mine(1, TRAINING_PERIOD);
        training.distributeRewards(JOB, 1);
        vm.assertEq(_balance(workers[0]), 1 ether - WORKER_STAKE + POOL / ROUNDS * 95 / 100 / WORKERS);
        training.collectFees();
        vm.assertEq(treasury.balance, POOL / ROUNDS / 20);
        vm.assertEq(training.governor(), governor);
    }

    function test_disprove_onL1_succeeds() external {
        _begin();
        _round();
        _disprove(1);
        vm.assertEq(training.getJob(JOB).round, 1);
    }

    /// @dev Settings are in the namespace of ERC-7201, away from the storage of the rollup.
    function test_storage_namespace_succeeds() external {
        uint256 base = uint256(keccak256(abi.encode(uint256(keccak256("lux.storage.Training")) - 1))) & ~uint256(0xff);
        bytes32 slot = bytes32(base + 14);
        ITraining.Params memory params = training.trainingParams();
        params.feeBps = 321;
        vm.prank(governor);
        training.setParams(params);
        vm.assertEq(uint256(uint16(uint256(vm.load(address(core), slot)))), 321);
    }

    function test_callTrainingL2_entry_succeeds() external {
        bytes memory call = abi.encodeWithSelector(bytes4(keccak256("setProgram(bytes32)")), bytes32("program"));
        vm.expectRevert();
        DistributedTrainingRollupTester(address(core)).callTrainingL2(call);
        vm.recordLogs();
        vm.prank(governor);
        DistributedTrainingRollupTester(address(core)).callTrainingL2(call);
        bytes32[] memory topics = vm.getRecordedLogs()[0].topics;
        vm.assertEq(topics[0], IMessageQueue.MessageEnqueued.selector);
        vm.assertEq(address(uint160(uint256(topics[2]))), Predeploys.L1_ROLLUP);
        vm.assertEq(address(uint160(uint256(topics[3]))), Predeploys.TRAINING);
        vm.etch(Predeploys.TRAINING, _runtime("TrainingL2"));
        vm.etch(Predeploys.TRAINING_DISPUTES, _runtime("TrainingDisputesL2"));
        vm.prank(Predeploys.L1_ROLLUP);
        (bool success,) = Predeploys.TRAINING.call(call);
        vm.assertTrue(success);
        (uint8 version, bytes32 program) = ITraining(Predeploys.TRAINING).aggregateProgram();
        vm.assertTrue(version == 1 && program == "program");
    }
}
