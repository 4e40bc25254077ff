// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FaultProof} from "../src/dispute/FaultProof.sol";
import {IChunkVerifier} from "../src/interfaces/IChunkVerifier.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {ITrainingAccusations} from "../src/interfaces/ITrainingAccusations.sol";
import {ITrainingTypes} from "../src/interfaces/ITrainingTypes.sol";
import {BatchLib} from "../src/libraries/BatchLib.sol";
import {TrainingTest} from "./utils/TrainingTest.sol";

/// @notice What a program says of a contribution, and who is paid for it.
contract Training_Accusations_Test is TrainingTest {
    bytes32 private constant NORM = keccak256("norm");
    uint256 private constant RESPONSE = 1 hours;
    ITrainingTypes.Misbehaviour private constant KIND = ITrainingTypes.Misbehaviour.NormBound;

    address private _other = address(0xc003);

    function setUp() public override {
        super.setUp();
        _asGovernor(KIND, NORM);
        _fund(_other, 10 ether);
        _begin();
        _submit(0);
    }

    function _asGovernor(ITrainingTypes.Misbehaviour _kind, bytes32 _program) private {
        address by = training.governor();
        vm.prank(by);
        training.setAccusationProgram(_kind, _program);
    }

    /// @dev The module that asks for segments, in place of the double.
    function _useFaultProof() private {
        FaultProof module = new FaultProof(IChunkVerifier(address(0)), RESPONSE);
        address by = training.governor();
        vm.prank(by);
        training.setEvidence(IEvidence.Kind.Fault, module);
    }

    function _accuse(address _by, uint256 _worker, bytes memory _trace) private returns (bytes32) {
        vm.prank(_by);
        return training.accuse(JOB, 1, workers[_worker], KIND, _trace);
    }

    function _uphold(bytes32 _id) private {
        training.slashMaliciousWorker(workers[0], abi.encode(KIND, abi.encode(_id)));
    }

    function _challenge(address _by, bytes32 _id, bytes memory _proof) private {
        vm.prank(_by);
        training.challengeAccusation(_id, _proof);
    }

    /// @dev What the double takes for a disproof: the claim itself.
    function _disproofOf(bytes32 _id) private view returns (bytes memory) {
        ITrainingAccusations.Accusation memory a = training.getAccusation(_id);
        return abi.encode(IEvidence.Claim(a.program, a.input, bytes32(uint256(1)), a.trace, uint256(_id)));
    }

    /// @dev Four chunks in segments of two.
    function _longTrace() private pure returns (bytes memory) {
        return abi.encodePacked(uint32(4), uint32(2), keccak256("after two"));
    }

    function _segmentMove(FaultProof.Move _move) private pure returns (bytes memory) {
        FaultProof.Trace memory opened = FaultProof.Trace(4, 2, keccak256("after two"));
        return abi.encode(_move, abi.encode(opened, uint256(0)));
    }

    function _openError(ITrainingAccusations.AccusationStatus _status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITrainingAccusations.Training_NoAccusation.selector, _status);
    }

    function test_accuse_undisputed_slashes() external {
        bytes32 id = _accuse(watcher, 0, "");
        vm.assertEq(_balance(watcher), 10 ether - AGGREGATE_BOND);
        vm.assertEq(training.accusationsOf(JOB, workers[0]), 1);
        vm.expectPartialRevert(ITrainingTypes.Training_TooEarly.selector);
        _uphold(id);
        _mine(1, TRAINING_PERIOD);
        // Anyone calls, the accuser is paid.
        _uphold(id);
        vm.assertEq(_balance(watcher), 10 ether + WORKER_STAKE / 2);
        vm.assertEq(training.collectableFees(), WORKER_STAKE / 2);
        vm.assertTrue(training.getMember(JOB, workers[0]).isSlashed);
        vm.assertEq(training.accusationsOf(JOB, workers[0]), 0);
        vm.expectRevert(_openError(ITrainingAccusations.AccusationStatus.Upheld));
        _uphold(id);
    }

    function test_accuse_input_isRead() external {
        bytes32 config = keccak256(abi.encode(training.getJob(JOB).config));
        bytes32 contribution = training.contributionOf(JOB, 1, training.getMember(JOB, workers[0]).index);
        bytes32 input = keccak256(abi.encode(config, bytes32(0), workers[0], contribution));
        bytes32 id = _accuse(watcher, 0, _longTrace());
        ITrainingAccusations.Accusation memory a = training.getAccusation(id);
        vm.assertEq(a.input, input);
        vm.assertEq(a.program, NORM);
        vm.assertEq(a.trace, BatchLib.traceCommitment(4, 2, keccak256("after two")));
    }

    function test_accuse_wrong_reverts() external {
        vm.expectPartialRevert(ITrainingTypes.Training_InvalidContribution.selector);
        _accuse(watcher, 1, "");
        vm.expectPartialRevert(ITrainingTypes.Training_InsufficientBalance.selector);
        _accuse(address(0xbeef), 0, "");
        vm.expectRevert(BatchLib.BatchLib_MalformedTrace.selector);
        _accuse(watcher, 0, hex"00");
        vm.expectPartialRevert(ITrainingTypes.Training_NotMember.selector);
        vm.prank(watcher);
        training.accuse(JOB, 1, watcher, KIND, "");
        vm.expectRevert(ITrainingTypes.Training_NoProgram.selector);
        vm.prank(watcher);
        training.accuse(JOB, 1, workers[0], ITrainingTypes.Misbehaviour.WrongShard, "");
        _asGovernor(KIND, 0);
        vm.expectRevert(ITrainingTypes.Training_NoProgram.selector);
        _accuse(watcher, 0, "");
    }

    function test_setAccusationProgram_wrong_reverts() external {
        vm.expectRevert(ITrainingTypes.Training_NotGovernor.selector);
        training.setAccusationProgram(KIND, NORM);
        address by = training.governor();
        vm.expectPartialRevert(ITrainingTypes.Training_NotProvable.selector);
        vm.prank(by);
        training.setAccusationProgram(ITrainingTypes.Misbehaviour.Equivocation, NORM);
    }

    /// @dev A false accusation costs its bond; the next one is another.
    function test_challengeAccusation_disproved_succeeds() external {
        bytes32 id = _accuse(watcher, 0, "");
        vm.expectRevert(ITrainingTypes.Training_InvalidProof.selector);
        _challenge(_other, id, "wrong");
        _challenge(_other, id, _disproofOf(id));
        vm.assertEq(_balance(_other), 10 ether + AGGREGATE_BOND / 2);
        vm.assertEq(training.collectableFees(), AGGREGATE_BOND / 2);
        vm.assertEq(training.accusationsOf(JOB, workers[0]), 0);
        _mine(1, TRAINING_PERIOD);
        vm.expectRevert(_openError(ITrainingAccusations.AccusationStatus.Disproved));
        _uphold(id);
        vm.assertEq(training.getMember(JOB, workers[0]).stake, WORKER_STAKE);
        bytes32 again = _accuse(watcher, 0, "");
        vm.assertTrue(again != id);
        _mine(1, TRAINING_PERIOD);
        bytes memory late = _disproofOf(again);
        vm.expectPartialRevert(ITrainingTypes.Training_TooLate.selector);
        _challenge(_other, again, late);
    }

    /// @dev Who does not answer loses to whoever says so.
    function test_challengeAccusation_silent_disproves() external {
        _useFaultProof();
        bytes32 id = _accuse(watcher, 0, _longTrace());
        _challenge(_other, id, _segmentMove(FaultProof.Move.RequestSegment));
        vm.assertEq(training.accusationBondOf(id, _other), CHALLENGER_BOND);
        _mine(1, TRAINING_PERIOD);
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_TooEarly.selector, type(uint256).max));
        _uphold(id);
        _challenge(creator, id, _segmentMove(FaultProof.Move.Timeout));
        vm.assertEq(_balance(creator), 3 * POOL - POOL + AGGREGATE_BOND / 2);
        vm.prank(_other);
        training.reclaimAccusationBond(id);
        vm.assertEq(_balance(_other), 10 ether);
        vm.expectRevert(ITrainingTypes.Training_NothingToDo.selector);
        vm.prank(_other);
        training.reclaimAccusationBond(id);
    }

    /// @dev Who asks, is answered and shows nothing loses its bond.
    function test_revealAccusationTrace_answered_upholds() external {
        _useFaultProof();
        bytes32 id = _accuse(watcher, 0, _longTrace());
        _challenge(_other, id, _segmentMove(FaultProof.Move.RequestSegment));
        FaultProof.Trace memory opened = FaultProof.Trace(4, 2, keccak256("after two"));
        bytes memory answer = abi.encode(opened, abi.encodePacked(keccak256("after one")));
        vm.expectRevert(ITrainingAccusations.Training_NotAccuser.selector);
        training.revealAccusationTrace(id, 0, answer);
        vm.prank(watcher);
        training.revealAccusationTrace(id, 0, answer);
        vm.expectPartialRevert(ITrainingAccusations.Training_NoAccusation.selector);
        vm.prank(_other);
        training.reclaimAccusationBond(id);
        _mine(1, TRAINING_PERIOD);
        _uphold(id);
        training.slashAccusationChallenger(id, 0);
        vm.assertEq(_balance(watcher), 10 ether + WORKER_STAKE / 2 + CHALLENGER_BOND / 2);
        vm.assertEq(training.collectableFees(), WORKER_STAKE / 2 + CHALLENGER_BOND / 2);
        vm.expectRevert(ITrainingTypes.Training_NothingToDo.selector);
        training.slashAccusationChallenger(id, 0);
    }

    /// @dev Both may be right; one stake is taken once.
    function test_accuse_twice_slashesOnce() external {
        bytes32 first = _accuse(watcher, 0, "");
        bytes32 second = _accuse(_other, 0, "");
        bytes32 third = _accuse(_other, 0, "");
        vm.assertEq(training.accusationsOf(JOB, workers[0]), 3);
        _mine(1, TRAINING_PERIOD);
        _uphold(second);
        _uphold(first);
        _uphold(third);
        vm.assertEq(_balance(_other), 10 ether + WORKER_STAKE / 2);
        vm.assertEq(_balance(watcher), 10 ether);
        vm.assertEq(training.collectableFees(), WORKER_STAKE / 2);
        vm.expectPartialRevert(ITrainingTypes.Training_NotMember.selector);
        _accuse(watcher, 0, "");
    }

    /// @dev Leaving does not save a stake that is not yet released, nor does a false accusation keep it for ever.
    function test_releaseStake_accused_waits() external {
        vm.prank(workers[0]);
        training.leaveTrainingJob(JOB);
        _mine(1, 5 * PHASE);
        training.advance(JOB);
        _mine(1, TRAINING_PERIOD - 5 * PHASE - 1);
        bytes32 id = _accuse(watcher, 0, "");
        _mine(1, 2);
        vm.expectRevert(abi.encodeWithSelector(ITrainingTypes.Training_TooEarly.selector, type(uint256).max));
        vm.prank(workers[0]);
        training.releaseStake(JOB);
        _challenge(workers[0], _accuse(_other, 0, ""), _disproofOf(_last()));
        _mine(1, TRAINING_PERIOD);
        _uphold(id);
        vm.assertTrue(training.getMember(JOB, workers[0]).isSlashed);
        vm.expectPartialRevert(ITrainingTypes.Training_NotMember.selector);
        vm.prank(workers[0]);
        training.releaseStake(JOB);
    }

    /// @dev The accusation that was made last.
    function _last() private view returns (bytes32) {
        return keccak256(abi.encode(JOB, uint256(1), workers[0], KIND, uint256(2)));
    }

    function test_releaseStake_disproved_succeeds() external {
        vm.prank(workers[0]);
        training.leaveTrainingJob(JOB);
        _mine(1, 5 * PHASE);
        training.advance(JOB);
        bytes32 id = _accuse(watcher, 0, "");
        _challenge(_other, id, _disproofOf(id));
        _mine(1, TRAINING_PERIOD);
        vm.prank(workers[0]);
        training.releaseStake(JOB);
        vm.assertEq(_balance(workers[0]), 1 ether);
    }

    /// @dev An accusation is of one worker and one kind.
    function test_slashMaliciousWorker_otherAccusation_reverts() external {
        bytes32 id = _accuse(watcher, 0, "");
        _mine(1, TRAINING_PERIOD);
        vm.expectRevert(ITrainingTypes.Training_InvalidProof.selector);
        training.slashMaliciousWorker(workers[1], abi.encode(KIND, abi.encode(id)));
        vm.expectRevert(ITrainingTypes.Training_InvalidProof.selector);
        training.slashMaliciousWorker(workers[0], abi.encode(ITrainingTypes.Misbehaviour.WrongShard, abi.encode(id)));
        vm.expectRevert(_openError(ITrainingAccusations.AccusationStatus.None));
        _uphold(keccak256("none"));
    }
}
