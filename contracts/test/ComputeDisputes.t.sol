// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FaultProof} from "../src/dispute/FaultProof.sol";
import {IAIComputeRollup} from "../src/interfaces/IAIComputeRollup.sol";
import {IComputeMarket} from "../src/interfaces/IComputeMarket.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {BatchLib} from "../src/libraries/BatchLib.sol";
import {CounterMachine} from "./FaultProof.t.sol";
import {MarketTest} from "./utils/MarketTest.sol";

contract ComputeMarket_ChallengeComputation_Test is MarketTest {
    bytes32 private constant ID = keccak256("task1");

    function setUp() public override {
        super.setUp();
        _offer(ID);
        _answer(worker, ID, OUTPUT);
    }

    function _refuse(bytes memory _counter, bytes4 _error) private {
        vm.expectRevert(_error);
        vm.prank(watcher);
        market.challengeComputation(ID, _counter);
    }

    function _opened(uint8 _kind, bytes memory _proof) private pure returns (bytes memory) {
        return abi.encode(_kind, _claimInput(MODEL, INPUT), BatchLib.traceCommitment(1, 1, 0), _proof);
    }

    function testFuzz_challengeComputation_garbageProof_reverts(bytes calldata _garbage) external {
        _refuse(_opened(0, _garbage), IComputeMarket.ComputeMarket_InvalidProof.selector);
        vm.expectRevert();
        vm.prank(watcher);
        market.challengeComputation(ID, _garbage);
        vm.assertEq(market.getAccount(worker).stake, MIN_STAKE);
        vm.assertEq(_balance(watcher), 10 ether);
    }

    function testFuzz_challengeComputation_otherClaim_reverts(bytes32 _input, bytes32 _trace) external {
        vm.assume(_input != _claimInput(MODEL, INPUT));
        _refuse(abi.encode(uint8(0), _input, _trace, ""), IComputeMarket.ComputeMarket_WrongClaim.selector);
    }

    function test_challengeComputation_noBond_reverts() external {
        bytes memory proof = _counterProof(ID);
        vm.expectRevert(
            abi.encodeWithSelector(IComputeMarket.ComputeMarket_InsufficientBalance.selector, uint256(0), BOND)
        );
        vm.prank(stranger);
        market.challengeComputation(ID, proof);
    }

    function test_challengeComputation_late_reverts() external {
        bytes memory proof = _counterProof(ID);
        _mine(1, MARKET_PERIOD);
        vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_TooLate.selector, block.timestamp));
        vm.prank(watcher);
        market.challengeComputation(ID, proof);
    }

    function test_challengeComputation_lastSecond_succeeds() external {
        _mine(1, MARKET_PERIOD - 1);
        _disprove(watcher, ID);
        _requireStatus(ID, IComputeMarket.TaskStatus.Disproved);
    }

    function test_challengeComputation_twice_reverts() external {
        bytes memory proof = _counterProof(ID);
        _disprove(watcher, ID);
        vm.expectRevert(
            abi.encodeWithSelector(
                IComputeMarket.ComputeMarket_WrongStatus.selector, IComputeMarket.TaskStatus.Disproved
            )
        );
        vm.prank(worker2);
        market.challengeComputation(ID, proof);
    }

    function test_challengeComputation_otherOutputProved_succeeds() external {
        bytes32 other = keccak256("other output");
        bytes32 trace = BatchLib.traceCommitment(1, 1, 0);
        IEvidence.Claim memory claim = IEvidence.Claim(INFER, _claimInput(MODEL, INPUT), other, trace, uint256(ID));
        bytes memory proof = abi.encode(other, abi.encode(claim));
        _refuse(_opened(1, abi.encode(OUTPUT, "")), IComputeMarket.ComputeMarket_InvalidProof.selector);
        _refuse(_opened(1, abi.encode(other, "garbage")), IComputeMarket.ComputeMarket_InvalidProof.selector);
        vm.prank(watcher);
        market.challengeComputation(ID, _opened(1, proof));
        _requireStatus(ID, IComputeMarket.TaskStatus.Disproved);
    }

    function test_challengeComputation_attestation_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_EvidenceNotAccepted.selector, uint8(2)));
        vm.prank(watcher);
        market.challengeComputation(ID, _opened(2, ""));
    }

    /// @dev One wrong result voids all that are not final: nothing stands behind them any more.
    function test_finalizeTasks_slashedWorker_succeeds() external {
        bytes32 second = keccak256("task2");
        _offer(second);
        _answer(worker, second, keccak256("wrong"));
        _disprove(watcher, second);
        bytes memory proof = _counterProof(ID);
        vm.expectRevert(IComputeMarket.ComputeMarket_WorkerSlashed.selector);
        vm.prank(watcher);
        market.challengeComputation(ID, proof);
        _finalize(ID);
        _requireStatus(ID, IComputeMarket.TaskStatus.Refunded);
        vm.assertEq(_balance(requester), 10 ether);
        vm.assertEq(market.getTaskResult(ID), 0);
        vm.expectRevert(IComputeMarket.ComputeMarket_WorkerSlashed.selector);
        _stake(worker, MIN_STAKE);
    }

    function test_finalizeTasks_paidBeforeSlashing_succeeds() external {
        _mine(1, MARKET_PERIOD);
        _finalize(ID);
        bytes32 second = keccak256("task2");
        _offer(second);
        _answer(worker, second, keccak256("wrong"));
        _disprove(watcher, second);
        vm.assertEq(_balance(worker), 10 ether + LOCKED - FEE);
        vm.prank(worker);
        market.withdraw(10 ether + LOCKED - FEE);
    }
}

/// @notice Disputes over several transactions, with the fault proof that is deployed and a machine of seven chunks.
contract ComputeMarket_Disputes_Test is MarketTest {
    bytes32 private constant ID = keccak256("task1");
    uint256 private constant RESPONSE = 1 hours;

    FaultProof private _module;
    bytes private _trace;

    function setUp() public override {
        super.setUp();
        bytes32 end = keccak256(abi.encode(bytes32("lux-machine halted"), OUTPUT));
        _module = FaultProof(_create("FaultProof", abi.encode(new CounterMachine(7, end), RESPONSE)));
        address governor_ = market.governor();
        vm.prank(governor_);
        market.setEvidence(IEvidence.Kind.Fault, _module);
        _trace = abi.encodePacked(uint32(7), uint32(4), _state(4));
        _offerAndAnswer(worker, ID);
    }

    function _state(uint256 _number) private pure returns (bytes32) {
        return bytes32(1000 + _number);
    }

    function _opening() private pure returns (FaultProof.Trace memory) {
        return FaultProof.Trace(7, 4, _state(4));
    }

    function _offerAndAnswer(address _worker, bytes32 _taskId) private {
        _offer(_taskId);
        IAIComputeRollup.ComputeResult memory result = _result(_taskId, OUTPUT);
        result.zkProof = abi.encode(uint8(0), _claimInput(MODEL, INPUT), _trace, "");
        vm.prank(_worker);
        market.submitComputeResult(result);
    }

    function _move(FaultProof.Move _kind, uint256 _segment) private pure returns (bytes memory) {
        return _counter(abi.encode(_kind, abi.encode(_opening(), _segment)));
    }

    function _counter(bytes memory _proof) private pure returns (bytes memory) {
        return abi.encode(uint8(0), _claimInput(MODEL, INPUT), BatchLib.traceCommitment(7, 4, _state(4)), _proof);
    }

    function _request(address _challenger, bytes32 _taskId, uint256 _segment) private {
        vm.prank(_challenger);
        market.challengeComputation(_taskId, _move(FaultProof.Move.RequestSegment, _segment));
    }

    function _reveal(address _worker, bytes32 _taskId, bytes memory _states, uint256 _segment) private {
        vm.prank(_worker);
        market.revealTrace(_taskId, _segment, abi.encode(_opening(), _states));
    }

    function test_dispute_honestWorker_succeeds() external {
        _request(watcher, ID, 0);
        vm.assertEq(_balance(watcher), 10 ether - BOND);
        vm.assertEq(market.bondOf(ID, watcher), BOND);
        vm.assertEq(market.finalAt(ID), type(uint256).max);
        _mine(1, RESPONSE);
        _reveal(worker, ID, abi.encodePacked(_state(1), _state(2), _state(3)), 0);
        vm.expectRevert();
        market.slashFailedChallenger(ID, 0);
        _mine(1, RESPONSE + 1);
        market.slashFailedChallenger(ID, 0);
        vm.assertEq(_balance(worker), 10 ether + BOND / 2);
        vm.assertEq(market.collectableFees(), BOND / 2);
        vm.expectRevert();
        market.slashFailedChallenger(ID, 0);
        _mine(1, MARKET_PERIOD);
        _finalize(ID);
        vm.assertEq(_balance(worker), 10 ether + BOND / 2 + LOCKED - FEE);
        vm.assertEq(market.getAccount(worker).disputes, 0);
        vm.expectRevert();
        vm.prank(watcher);
        market.reclaimBond(ID);
    }

    function test_dispute_holdsPaymentAndStake_succeeds() external {
        vm.prank(worker);
        market.requestExit();
        _mine(1, MARKET_PERIOD - 1);
        _request(watcher, ID, 0);
        _mine(1, 1);
        _finalize(ID);
        _requireStatus(ID, IComputeMarket.TaskStatus.Submitted);
        vm.expectRevert(abi.encodeWithSelector(IComputeMarket.ComputeMarket_TooEarly.selector, type(uint256).max));
        vm.prank(worker);
        market.withdrawStake();
        _mine(1, RESPONSE + 1);
        vm.prank(watcher);
        market.challengeComputation(ID, _move(FaultProof.Move.Timeout, 0));
        vm.assertEq(market.getAccount(worker).stake, 0);
        vm.assertEq(_balance(watcher), 10 ether - BOND + MIN_STAKE / 2);
    }

    function test_dispute_silentWorker_succeeds() external {
        _request(watcher, ID, 1);
        _mine(1, RESPONSE + 1);
        vm.expectRevert();
        _reveal(worker, ID, abi.encodePacked(_state(5), _state(6)), 1);
        vm.prank(worker2);
        market.challengeComputation(ID, _move(FaultProof.Move.Timeout, 1));
        _requireStatus(ID, IComputeMarket.TaskStatus.Disproved);
        vm.prank(watcher);
        market.reclaimBond(ID);
        vm.assertEq(_balance(watcher), 10 ether);
        vm.expectRevert(IComputeMarket.ComputeMarket_NothingToDo.selector);
        vm.prank(watcher);
        market.reclaimBond(ID);
        vm.assertEq(_balance(requester), 10 ether);
    }

    /// @dev The answer to a request is wrong: one chunk shows it.
    function test_dispute_wrongAnswer_succeeds() external {
        _request(watcher, ID, 1);
        _reveal(worker, ID, abi.encodePacked(_state(5), bytes32("lie")), 1);
        FaultProof.Disproof memory proof;
        proof.chunk = 5;
        proof.trace = _opening();
        (proof.before, proof.beforePath) = (_state(5), abi.encodePacked(bytes32("lie")));
        (proof.after_, proof.afterPath) = (bytes32("lie"), abi.encodePacked(_state(5)));
        bytes memory counter = _counter(abi.encode(FaultProof.Move.Disprove, abi.encode(proof)));
        vm.prank(watcher);
        market.challengeComputation(ID, counter);
        vm.prank(watcher);
        market.reclaimBond(ID);
        vm.assertEq(_balance(watcher), 10 ether + MIN_STAKE / 2);
        vm.assertEq(market.getAccount(worker).stake, 0);
    }

    /// @dev Two tasks with the same claim: what one worker does not answer is nothing to the other.
    function test_dispute_sameClaim_reverts() external {
        bytes32 second = keccak256("task2");
        _offerAndAnswer(worker2, second);
        _request(watcher, ID, 0);
        _mine(1, RESPONSE + 1);
        vm.expectRevert(FaultProof.FaultProof_NotAsked.selector);
        vm.prank(watcher);
        market.challengeComputation(second, _move(FaultProof.Move.Timeout, 0));
        vm.expectRevert(IComputeMarket.ComputeMarket_NotDisputed.selector);
        vm.prank(worker2);
        market.revealTrace(second, 0, "");
    }

    function test_dispute_secondRequest_reverts() external {
        _request(watcher, ID, 0);
        vm.expectRevert(FaultProof.FaultProof_AlreadyAsked.selector);
        _request(watcher, ID, 1);
        _request(worker2, ID, 1);
        vm.assertEq(market.getAccount(worker).disputes, 1);
    }

    function test_dispute_moduleReplaced_succeeds() external {
        _request(watcher, ID, 0);
        address governor_ = market.governor();
        vm.prank(governor_);
        market.setEvidence(IEvidence.Kind.Fault, IEvidence(address(0)));
        vm.assertEq(market.finalAt(ID), type(uint256).max);
        _reveal(worker, ID, abi.encodePacked(_state(1), _state(2), _state(3)), 0);
        vm.assertEq(market.finalAt(ID), block.timestamp + MARKET_PERIOD);
    }

    function test_revealTrace_stranger_reverts() external {
        _request(watcher, ID, 0);
        vm.expectRevert(IComputeMarket.ComputeMarket_NotWorker.selector);
        _reveal(worker2, ID, abi.encodePacked(_state(1), _state(2), _state(3)), 0);
    }

    /// @dev The dispute ends with its task, when the worker was slashed for another one.
    function test_reclaimBond_voidResult_succeeds() external {
        _request(watcher, ID, 0);
        bytes32 second = keccak256("task2");
        _offerAndAnswer(worker, second);
        _request(worker2, second, 0);
        _mine(1, RESPONSE + 1);
        vm.prank(worker2);
        market.challengeComputation(second, _move(FaultProof.Move.Timeout, 0));
        vm.expectRevert();
        vm.prank(watcher);
        market.reclaimBond(ID);
        _finalize(ID);
        vm.prank(watcher);
        market.reclaimBond(ID);
        vm.assertEq(_balance(watcher), 10 ether);
    }
}
