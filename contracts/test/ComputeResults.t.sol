// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAIComputeRollup} from "../src/interfaces/IAIComputeRollup.sol";
import {IComputeMarket} from "../src/interfaces/IComputeMarket.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {BatchLib} from "../src/libraries/BatchLib.sol";
import {MarketFlags} from "../src/libraries/MarketFlags.sol";
import {MarketTest} from "./utils/MarketTest.sol";

/// @notice The life of a task, the same on both layers.
abstract contract ComputeMarket_Lifecycle is MarketTest {
    bytes32 internal constant ID = keccak256("task1");

    /// @dev LP-500, "should execute compute task with proof": one account is requester and worker.
    function test_lifecycle_lp500_succeeds() external {
        vm.startPrank(worker, worker);
        market.submitComputeTask(_task(ID));
        vm.expectEmit(address(market));
        emit IAIComputeRollup.ComputeResultSubmitted(ID, OUTPUT);
        market.submitComputeResult(_result(ID, OUTPUT));
        vm.stopPrank();
        vm.assertEq(market.getTaskResult(ID), OUTPUT);
    }

    function test_lifecycle_paysOnFinality_succeeds() external {
        _offer(ID);
        _claim(worker, ID);
        _answer(worker, ID, OUTPUT);
        vm.assertEq(_balance(worker), 10 ether);
        _mine(1, MARKET_PERIOD - 1);
        _finalize(ID);
        vm.assertEq(_balance(worker), 10 ether);
        _mine(1, 1);
        _finalize(ID);
        vm.assertEq(_balance(worker), 10 ether + LOCKED - FEE);
        vm.assertEq(market.collectableFees(), FEE);
        _finalize(ID);
        vm.assertEq(_balance(worker), 10 ether + LOCKED - FEE);
        uint256 before = market.treasury().balance;
        market.collectFees();
        vm.assertEq(market.treasury().balance - before, FEE);
        _requireStatus(ID, IComputeMarket.TaskStatus.Final);
        vm.assertEq(market.getTaskResult(ID), OUTPUT);
    }

    function test_lifecycle_wrongOutput_succeeds() external {
        _offer(ID);
        _answer(worker, ID, keccak256("wrong"));
        _disprove(watcher, ID);
        vm.assertEq(_balance(requester), 10 ether);
        vm.assertEq(_balance(watcher), 10 ether + MIN_STAKE / 2);
        vm.assertEq(market.getAccount(worker).stake, 0);
        vm.assertEq(market.collectableFees(), MIN_STAKE / 2);
        vm.assertEq(market.getTaskResult(ID), 0);
        _requireStatus(ID, IComputeMarket.TaskStatus.Disproved);
        vm.assertEq(
            address(market).balance,
            _balance(requester) + _balance(worker) + _balance(worker2) + _balance(watcher) + MIN_STAKE
                + market.collectableFees()
        );
    }

    function test_verifyTEEAttestation_noModule_fails() external view {
        IAIComputeRollup.TEEAttestation memory attestation;
        attestation.quote = "quote";
        vm.assertFalse(market.verifyTEEAttestation(attestation));
    }
}

contract ComputeMarket_L2_Test is ComputeMarket_Lifecycle {}

contract ComputeMarket_L1_Test is ComputeMarket_Lifecycle {
    function _deployMarket() internal override returns (IComputeMarket) {
        return _deployAIRollup();
    }

    /// @dev The rollup's own part works beside the market.
    function test_rollup_finalizes_succeeds() external {
        _submitClaim(keccak256("receipts"));
        _finalizeNext();
        vm.assertEq(core.lastFinalized(), 1);
        vm.assertEq(market.governor(), core.owner());
        vm.assertEq(market.treasury(), treasury);
    }
}

contract ComputeMarket_SubmitComputeResult_Test is MarketTest {
    bytes32 private constant ID = keccak256("task1");

    function setUp() public override {
        super.setUp();
        _offer(ID);
    }

    function _refuse(IAIComputeRollup.ComputeResult memory _refused, bytes4 _error) private {
        _refuse(_refused, abi.encodeWithSelector(_error));
    }

    function _refuse(IAIComputeRollup.ComputeResult memory _refused, bytes memory _error) private {
        vm.expectRevert(_error);
        vm.prank(worker);
        market.submitComputeResult(_refused);
    }

    function _notAccepted(uint8 _kind) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IComputeMarket.ComputeMarket_EvidenceNotAccepted.selector, _kind);
    }

    function _proof(uint8 _kind, bytes memory _evidence, bytes memory _output) private pure returns (bytes memory) {
        return abi.encode(_kind, _claimInput(MODEL, INPUT), _evidence, _output);
    }

    function test_submitComputeResult_otherTasksInput_reverts() external {
        IAIComputeRollup.ComputeResult memory result = _result(ID, OUTPUT);
        result.zkProof = abi.encode(uint8(0), _claimInput(MODEL, keccak256("other")), "", "");
        _refuse(result, IComputeMarket.ComputeMarket_WrongInput.selector);
        result.zkProof = abi.encode(uint8(0), _claimInput(keccak256("other"), INPUT), "", "");
        _refuse(result, IComputeMarket.ComputeMarket_WrongInput.selector);
    }

    function test_submitComputeResult_twice_reverts() external {
        _answer(worker, ID, OUTPUT);
        vm.expectRevert(
            abi.encodeWithSelector(
                IComputeMarket.ComputeMarket_WrongStatus.selector, IComputeMarket.TaskStatus.Submitted
            )
        );
        _answer(worker2, ID, OUTPUT);
    }

    function test_submitComputeResult_unknownTask_reverts() external {
        vm.expectRevert(
            abi.encodeWithSelector(IComputeMarket.ComputeMarket_WrongStatus.selector, IComputeMarket.TaskStatus.None)
        );
        _answer(worker, keccak256("unknown"), OUTPUT);
    }

    function test_submitComputeResult_expired_reverts() external {
        _mine(1, TIMEOUT);
        vm.expectRevert();
        _answer(worker, ID, OUTPUT);
    }

    function test_submitComputeResult_notAWorker_reverts() external {
        vm.expectRevert(IComputeMarket.ComputeMarket_NotEligible.selector);
        _answer(watcher, ID, OUTPUT);
    }

    function test_submitComputeResult_gasAboveLimit_reverts() external {
        IAIComputeRollup.ComputeResult memory result = _result(ID, OUTPUT);
        result.gasUsed = GAS + 1;
        _refuse(result, IComputeMarket.ComputeMarket_InvalidResult.selector);
        result.gasUsed = GAS;
        result.outputHash = 0;
        _refuse(result, IComputeMarket.ComputeMarket_InvalidResult.selector);
    }

    function test_submitComputeResult_attestation_reverts() external {
        IAIComputeRollup.ComputeResult memory result = _result(ID, OUTPUT);
        result.zkProof = _proof(2, "quote", "");
        _refuse(result, _notAccepted(2));
        result.zkProof = _proof(255, "quote", "");
        _refuse(result, _notAccepted(255));
    }

    function test_submitComputeResult_noModule_reverts() external {
        address governor_ = market.governor();
        vm.prank(governor_);
        market.setEvidence(IEvidence.Kind.Fault, IEvidence(address(0)));
        _refuse(_result(ID, OUTPUT), _notAccepted(0));
    }

    function test_submitComputeResult_validityNotAccepted_reverts() external {
        IAIComputeRollup.ComputeResult memory result = _result(ID, OUTPUT);
        result.zkProof = _proof(1, "", "");
        _refuse(result, _notAccepted(1));
    }

    function test_submitComputeResult_malformedTrace_reverts() external {
        IAIComputeRollup.ComputeResult memory result = _result(ID, OUTPUT);
        result.zkProof = _proof(0, "trace", "");
        _refuse(result, BatchLib.BatchLib_MalformedTrace.selector);
        result.zkProof = _proof(0, new bytes(65_545), "");
        _refuse(result, IComputeMarket.ComputeMarket_TraceTooLarge.selector);
    }

    function testFuzz_submitComputeResult_garbageProof_reverts(bytes calldata _garbage) external {
        IAIComputeRollup.ComputeResult memory result = _result(ID, OUTPUT);
        result.zkProof = _garbage;
        vm.expectRevert();
        vm.prank(worker);
        market.submitComputeResult(result);
    }

    function testFuzz_submitComputeResult_trace_succeeds(uint8 _chunks) external {
        uint256 chunks = 1 + uint256(_chunks);
        IAIComputeRollup.ComputeResult memory result = _result(ID, OUTPUT);
        bytes memory trace = abi.encodePacked(uint32(chunks), uint32(1), new bytes(32 * (chunks - 1)));
        result.zkProof = _proof(0, trace, "");
        vm.prank(worker);
        market.submitComputeResult(result);
        bytes32 commitment = BatchLib.traceCommitment(trace);
        IEvidence.Claim memory claim = market.taskClaim(ID, _claimInput(MODEL, INPUT), commitment);
        vm.assertEq(claim.program, INFER);
        vm.assertEq(claim.input, _claimInput(MODEL, INPUT));
        vm.assertEq(claim.output, OUTPUT);
        vm.assertEq(claim.trace, commitment);
        vm.assertEq(claim.claimedAt, uint256(ID));
    }

    function testFuzz_submitComputeResult_partOfGas_succeeds(uint32 _gasUsed) external {
        uint256 gasUsed = _gasUsed % (GAS + 1);
        IAIComputeRollup.ComputeResult memory result = _result(ID, OUTPUT);
        result.gasUsed = gasUsed;
        vm.prank(worker);
        market.submitComputeResult(result);
        _mine(1, MARKET_PERIOD);
        _finalize(ID);
        uint256 payment = gasUsed * PRICE;
        uint256 fee = payment * 1_500 / 10_000;
        vm.assertEq(_balance(worker), 10 ether + payment - fee);
        vm.assertEq(_balance(requester), 10 ether - payment);
        vm.assertEq(market.collectableFees(), fee);
    }

    function test_submitComputeResult_raisedMinimum_succeeds() external {
        _claim(worker, ID);
        IComputeMarket.Params memory params = _params();
        params.minStake = 5 ether;
        _setParams(params);
        _answer(worker, ID, OUTPUT);
        _offer(keccak256("task2"));
        vm.expectRevert(IComputeMarket.ComputeMarket_NotEligible.selector);
        _answer(worker, keccak256("task2"), OUTPUT);
    }

    function test_submitComputeResults_many_succeeds() external {
        bytes32 second = keccak256("task2");
        _offer(second);
        IAIComputeRollup.ComputeResult[] memory results = new IAIComputeRollup.ComputeResult[](2);
        (results[0], results[1]) = (_result(ID, OUTPUT), _result(second, OUTPUT));
        vm.prank(worker);
        market.submitComputeResults(results);
        vm.assertEq(market.getTaskResult(ID), OUTPUT);
        vm.assertEq(market.getTaskResult(second), OUTPUT);
    }
}

contract ComputeMarket_Inline_Test is MarketTest {
    bytes32 private constant ID = keccak256("task1");

    function setUp() public override {
        super.setUp();
        IAIComputeRollup.ComputeTask memory task = _task(ID);
        task.inputDataHash = abi.encodePacked(hex"1b20", INPUT, "inline:");
        vm.prank(requester);
        market.submitComputeTask(task);
    }

    /// @dev As `BatchLib` does it for payloads.
    function commitmentOf(bytes calldata _data) external pure returns (bytes32) {
        return BatchLib.commitment(_data);
    }

    function _inline(bytes memory _data, bytes32 _hash)
        private
        pure
        returns (IAIComputeRollup.ComputeResult memory result_)
    {
        result_ = _result(ID, _hash);
        result_.zkProof = abi.encode(uint8(0), _claimInput(MODEL, INPUT), "", _data);
    }

    function testFuzz_submitComputeResult_inline_succeeds(bytes memory _data) external {
        vm.assume(_data.length != 0 && _data.length <= 4096);
        bytes32 hash = this.commitmentOf(_data);
        vm.prank(worker);
        market.submitComputeResult(_inline(_data, hash));
        vm.assertEq(market.getTaskResult(ID), hash);
    }

    /// @dev A withheld output is never paid.
    function test_submitComputeResult_withheld_reverts() external {
        vm.expectRevert(IComputeMarket.ComputeMarket_WrongOutput.selector);
        _answer(worker, ID, OUTPUT);
    }

    function test_submitComputeResult_otherBytes_reverts() external {
        bytes32 hash = this.commitmentOf("right");
        vm.expectRevert(IComputeMarket.ComputeMarket_WrongOutput.selector);
        vm.prank(worker);
        market.submitComputeResult(_inline("wrong", hash));
    }

    function test_submitComputeResult_tooLong_reverts() external {
        bytes memory data = new bytes(4097);
        bytes32 hash = this.commitmentOf(data);
        vm.expectRevert(IComputeMarket.ComputeMarket_WrongOutput.selector);
        vm.prank(worker);
        market.submitComputeResult(_inline(data, hash));
    }

    function test_submitComputeResult_modelDemands_reverts() external {
        bytes32 model = keccak256("inline model");
        _registerModel(model, MarketFlags.FAULT | MarketFlags.INLINE_OUTPUT, 0);
        IAIComputeRollup.ComputeTask memory task = _task(keccak256("task2"));
        task.modelHash = model;
        vm.prank(requester);
        market.submitComputeTask(task);
        IAIComputeRollup.ComputeResult memory result = _result(task.taskId, OUTPUT);
        result.zkProof = abi.encode(uint8(0), _claimInput(model, INPUT), "", "");
        vm.expectRevert(IComputeMarket.ComputeMarket_WrongOutput.selector);
        vm.prank(worker);
        market.submitComputeResult(result);
    }
}

contract ComputeMarket_Validity_Test is MarketTest {
    bytes32 private constant ID = keccak256("task1");
    bytes32 private constant PROVED = keccak256("proved model");

    function setUp() public override {
        super.setUp();
        _registerModel(PROVED, MarketFlags.VALIDITY, 0);
        IAIComputeRollup.ComputeTask memory task = _task(ID);
        task.modelHash = PROVED;
        vm.prank(requester);
        market.submitComputeTask(task);
    }

    function _proved(bytes memory _evidence) private pure returns (IAIComputeRollup.ComputeResult memory result_) {
        result_ = _result(ID, OUTPUT);
        result_.zkProof = abi.encode(uint8(1), _claimInput(PROVED, INPUT), _evidence, "");
    }

    function test_submitComputeResult_proved_succeeds() external {
        IEvidence.Claim memory claim = IEvidence.Claim(INFER, _claimInput(PROVED, INPUT), OUTPUT, 0, uint256(ID));
        vm.prank(worker);
        market.submitComputeResult(_proved(abi.encode(claim)));
        _requireStatus(ID, IComputeMarket.TaskStatus.Final);
        vm.assertEq(_balance(worker), 10 ether + LOCKED - FEE);
        vm.assertEq(market.collectableFees(), FEE);
    }

    function test_submitComputeResult_notProved_reverts() external {
        vm.expectRevert(IComputeMarket.ComputeMarket_InvalidProof.selector);
        vm.prank(worker);
        market.submitComputeResult(_proved("garbage"));
    }

    function test_submitComputeResult_noValidityModule_reverts() external {
        address governor_ = market.governor();
        vm.prank(governor_);
        market.setEvidence(IEvidence.Kind.Validity, IEvidence(address(0)));
        vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_EvidenceNotAccepted.selector, uint8(1)));
        vm.prank(worker);
        market.submitComputeResult(_proved(""));
    }

    function test_submitComputeResult_faultNotAccepted_reverts() external {
        IAIComputeRollup.ComputeResult memory result = _proved("");
        result.zkProof = abi.encode(uint8(0), _claimInput(PROVED, INPUT), "", "");
        vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_EvidenceNotAccepted.selector, uint8(0)));
        vm.prank(worker);
        market.submitComputeResult(result);
    }
}
