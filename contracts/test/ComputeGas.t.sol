// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../src/interfaces/IAIComputeRollup.sol";
import {IComputeMarket} from "../src/interfaces/IComputeMarket.sol";
import {MarketTest} from "./utils/MarketTest.sol";

/// @notice Gas of the steps of a task, as whole transactions: run with `--isolate`. The worker has been paid before.
abstract contract ComputeGas is MarketTest {
    uint256 private constant MANY = 100;
    bytes32 private constant ID = keccak256("task1");

    function setUp() public override {
        super.setUp();
        _fund(requester, 100 ether);
        _fund(worker, 10 ether);
        _offer("paid");
        _answer(worker, "paid", OUTPUT);
        _mine(1, MARKET_PERIOD);
        _finalize("paid");
    }

    function _ids() private pure returns (bytes32[] memory ids_) {
        ids_ = new bytes32[](MANY);
        for (uint256 i; i < MANY; ++i) {
            ids_[i] = keccak256(abi.encode(i));
        }
    }

    function _offerMany() private {
        IAIComputeRollup.ComputeTask[] memory tasks = new IAIComputeRollup.ComputeTask[](MANY);
        for (uint256 i; i < MANY; ++i) {
            tasks[i] = _task(_ids()[i]);
        }
        vm.prank(requester, requester);
        market.submitComputeTasks(tasks);
    }

    function _claimMany() private {
        bytes32[] memory ids = _ids();
        vm.prank(worker, worker);
        market.claimTasks(ids);
    }

    function _answerMany() private {
        IAIComputeRollup.ComputeResult[] memory results = new IAIComputeRollup.ComputeResult[](MANY);
        for (uint256 i; i < MANY; ++i) {
            results[i] = _result(_ids()[i], OUTPUT);
        }
        vm.prank(worker, worker);
        market.submitComputeResults(results);
    }

    function test_gas_submitComputeTask_succeeds() external {
        _offer(ID);
        vm.snapshotGasLastCall("submitComputeTask");
    }

    function test_gas_claimTask_succeeds() external {
        _offer(ID);
        _claim(worker, ID);
        vm.snapshotGasLastCall("claimTask");
    }

    function test_gas_submitComputeResult_succeeds() external {
        _offer(ID);
        _answer(worker, ID, OUTPUT);
        vm.snapshotGasLastCall("submitComputeResult, one chunk, not claimed");
    }

    function test_gas_submitComputeResult_claimed_succeeds() external {
        _offer(ID);
        _claim(worker, ID);
        _answer(worker, ID, OUTPUT);
        vm.snapshotGasLastCall("submitComputeResult, one chunk, claimed");
    }

    function test_gas_submitComputeResult_checkpoints_succeeds() external {
        _offer(ID);
        IAIComputeRollup.ComputeResult memory result = _result(ID, OUTPUT);
        bytes memory states = new bytes(32 * 32);
        for (uint256 i; i < states.length; ++i) {
            states[i] = 0x5a;
        }
        bytes memory trace = abi.encodePacked(uint32(33), uint32(1), states);
        result.zkProof = abi.encode(uint8(0), _claimInput(MODEL, INPUT), trace, "");
        vm.prank(worker, worker);
        market.submitComputeResult(result);
        vm.snapshotGasLastCall("submitComputeResult, 32 checkpoints, not claimed");
    }

    function test_gas_finalizeTasks_succeeds() external {
        _offer(ID);
        _answer(worker, ID, OUTPUT);
        _mine(1, MARKET_PERIOD);
        _finalize(ID);
        vm.snapshotGasLastCall("finalizeTasks, one");
    }

    function test_gas_many_submit_succeeds() external {
        _offerMany();
        vm.snapshotGasLastCall("submitComputeTasks, 100");
    }

    function test_gas_many_claim_succeeds() external {
        _offerMany();
        _claimMany();
        vm.snapshotGasLastCall("claimTasks, 100");
    }

    function test_gas_many_answer_succeeds() external {
        _offerMany();
        _claimMany();
        _answerMany();
        vm.snapshotGasLastCall("submitComputeResults, 100, one chunk, claimed");
    }

    function test_gas_many_finalize_succeeds() external {
        _offerMany();
        _claimMany();
        _answerMany();
        _mine(1, MARKET_PERIOD);
        bytes32[] memory ids = _ids();
        market.finalizeTasks(ids);
        vm.snapshotGasLastCall("finalizeTasks, 100");
        vm.assertEq(market.collectableFees(), 101 * FEE);
    }
}

contract ComputeL2Gas_Test is ComputeGas {}

contract ComputeL1Gas_Test is ComputeGas {
    function _deployMarket() internal override returns (IComputeMarket) {
        return _deployAIRollup();
    }
}
