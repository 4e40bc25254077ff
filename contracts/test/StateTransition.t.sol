// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FaultProof} from "../src/dispute/FaultProof.sol";
import {StateTransition} from "../src/dispute/StateTransition.sol";
import {IChunkVerifier} from "../src/interfaces/IChunkVerifier.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {IMessageBridge} from "../src/interfaces/IMessageBridge.sol";
import {IStateTransition} from "../src/interfaces/IStateTransition.sol";
import {AbiReader} from "../src/libraries/AbiReader.sol";
import {BatchLib} from "../src/libraries/BatchLib.sol";
import {Merkle} from "../src/libraries/Merkle.sol";
import {Messages} from "../src/libraries/Messages.sol";
import {ArtifactTest} from "./utils/RollupTest.sol";

/// @notice A machine that takes any step of which the proof names the state before.
contract ScriptedMachine is IChunkVerifier {
    error UnknownProgram();
    error WrongStart();

    bytes32 private immutable PROGRAM;

    constructor(bytes32 _program) {
        PROGRAM = _program;
    }

    function initialState(bytes32 _program, bytes32 _input) public view returns (bytes32) {
        if (_program != PROGRAM) revert UnknownProgram();
        return keccak256(abi.encode(_program, _input));
    }

    function run(bytes32 _program, bytes32 _start, bytes calldata _proof)
        external
        view
        returns (bytes32 end_, Status status_)
    {
        if (_program != PROGRAM) revert UnknownProgram();
        bytes32 start;
        (start, end_, status_) = abi.decode(_proof, (bytes32, bytes32, Status));
        if (start != _start) revert WrongStart();
    }
}

abstract contract StateTransitionTest is ArtifactTest {
    /// @dev What `abi.encode` makes a witness of.
    struct Witness {
        bytes32 stateRoot;
        bytes32 transactionRoot;
        bytes32 receiptRoot;
        bytes32 claimedTransactionRoot;
        uint256 firstChunk;
        bytes trace;
        bytes revealed;
        bytes[] chunks;
    }

    bytes32 internal constant PROGRAM = "program";
    bytes32 internal constant PRE = "state before";
    bytes32 internal constant POST = "state after";
    bytes32 internal constant TRANSACTION_ROOT = "transaction root";
    bytes32 internal constant FAULTED = keccak256("lux-machine faulted");

    ScriptedMachine internal machine = new ScriptedMachine(PROGRAM);
    StateTransition internal judge = StateTransition(_create("StateTransition", abi.encode(machine, PROGRAM)));

    function _encode(Witness memory _w) internal pure returns (bytes memory) {
        return abi.encode(
            _w.stateRoot,
            _w.transactionRoot,
            _w.receiptRoot,
            _w.claimedTransactionRoot,
            _w.firstChunk,
            _w.trace,
            _w.revealed,
            _w.chunks
        );
    }

    /// @dev What a batch is derived from beside its payload.
    function _contextWords() internal pure returns (bytes32[6] memory) {
        return [bytes32("parent"), "from", "to", bytes32(uint256(1000)), bytes32(uint256(20)), "params"];
    }

    function _transactions(bytes memory _payload) internal pure returns (bytes[] memory ret_) {
        uint256 pieces = (_payload.length + 4095) / 4096;
        ret_ = new bytes[](1 + pieces);
        ret_[0] = abi.encode(_contextWords());
        for (uint256 i; i < pieces; ++i) {
            uint256 size = i + 1 == pieces ? _payload.length - 4096 * i : 4096;
            ret_[1 + i] = new bytes(size);
            for (uint256 j; j < size; ++j) {
                ret_[1 + i][j] = _payload[4096 * i + j];
            }
        }
    }

    function commitment(bytes calldata _payload) external pure returns (bytes32) {
        return BatchLib.commitment(_payload);
    }

    function _input(bytes32 _pre, bytes memory _payload) internal view returns (bytes32) {
        bytes32[6] memory c = _contextWords();
        return keccak256(abi.encode(_pre, c[0], this.commitment(_payload), c[1], c[2], c[3], c[4], c[5]));
    }

    function _receipts() internal pure returns (bytes[] memory ret_) {
        ret_ = new bytes[](4);
        (ret_[0], ret_[1], ret_[2], ret_[3]) = (abi.encode(3), abi.encode(1), abi.encode(2), abi.encode(4, 5, 6));
    }

    function _receiptRoot() internal pure returns (bytes32) {
        bytes32[] memory roots = new bytes32[](3);
        (roots[0], roots[1], roots[2]) = (bytes32(uint256(3)), bytes32(uint256(1)), bytes32(uint256(2)));
        bytes32[] memory messages = new bytes32[](3);
        (messages[0], messages[1], messages[2]) = (bytes32(uint256(4)), bytes32(uint256(5)), bytes32(uint256(6)));
        return keccak256(abi.encode(Merkle.root(roots), Merkle.root(messages)));
    }

    function _halted(bytes32 _hash) internal pure returns (bytes32) {
        return keccak256(abi.encode(bytes32("lux-machine halted"), _hash));
    }

    function _output() internal pure returns (bytes32) {
        return keccak256(abi.encode(POST, TRANSACTION_ROOT, _receiptRoot()));
    }

    /// @dev State after so many chunks of the true run.
    function _state(bytes32 _programInput, uint256 _number) internal view returns (bytes32) {
        return _number == 0 ? machine.initialState(PROGRAM, _programInput) : bytes32(1000 + _number);
    }

    /// @dev Proofs of a run that ends in `_end`.
    function _run(bytes32 _programInput, uint256 _chunks, bytes32 _end, IChunkVerifier.Status _status)
        internal
        view
        returns (bytes[] memory ret_)
    {
        ret_ = new bytes[](_chunks);
        for (uint256 i; i < _chunks; ++i) {
            bool isLast = i + 1 == _chunks;
            ret_[i] = abi.encode(
                _state(_programInput, i),
                isLast ? _end : _state(_programInput, i + 1),
                isLast ? _status : IChunkVerifier.Status.Running
            );
        }
    }

    function _witness(bytes32 _programInput, uint256 _chunks) internal view returns (Witness memory ret_) {
        (ret_.stateRoot, ret_.transactionRoot, ret_.receiptRoot) = (POST, TRANSACTION_ROOT, _receiptRoot());
        ret_.claimedTransactionRoot = TRANSACTION_ROOT;
        ret_.chunks = _run(_programInput, _chunks, _halted(_output()), IChunkVerifier.Status.Halted);
    }

    /// @dev A true transition.
    function _transition(bytes memory _payload, uint256 _chunks)
        internal
        view
        returns (IStateTransition.StateTransition memory)
    {
        bytes memory witness = _encode(_witness(_input(PRE, _payload), _chunks));
        return IStateTransition.StateTransition(PRE, POST, _transactions(_payload), _receipts(), witness);
    }
}

contract StateTransition_VerifyStateTransition_Test is StateTransitionTest {
    function _expectUnproven(uint256 _chunk, bytes memory _reason) private {
        vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_UnprovenChunk.selector, _chunk, _reason));
    }

    function _expectWrongStart(uint256 _chunk) private {
        _expectUnproven(_chunk, abi.encodePacked(ScriptedMachine.WrongStart.selector));
    }

    function testFuzz_verify_trueTransition_isTrue(uint256 _length, bytes32 _seed, uint256 _chunks) external view {
        bytes memory payload = new bytes(_length % 13_000);
        for (uint256 i; i < payload.length; i += 97) {
            payload[i] = bytes1(keccak256(abi.encode(_seed, i)));
        }
        vm.assertTrue(judge.verifyStateTransition(_transition(payload, 1 + _chunks % 8)));
    }

    function test_verify_wrongResult_isFalse() external view {
        IStateTransition.StateTransition memory t = _transition("payload", 3);
        t.postStateRoot = "another";
        vm.assertFalse(judge.verifyStateTransition(t));
        t = _transition("payload", 3);
        t.receipts[1] = abi.encode(7);
        vm.assertFalse(judge.verifyStateTransition(t));
        t = _transition("payload", 3);
        t.receipts[3] = abi.encode(4, 5);
        vm.assertFalse(judge.verifyStateTransition(t));
        t.receipts = new bytes[](1);
        t.receipts[0] = abi.encode(_receiptRoot());
        vm.assertTrue(judge.verifyStateTransition(t));
        t.receipts[0] = abi.encode(keccak256("another"));
        vm.assertFalse(judge.verifyStateTransition(t));
    }

    /// @dev A claim's transaction root is no part of a transition.
    function test_verify_claimedTransactionRoot_isIgnored() external view {
        IStateTransition.StateTransition memory t = _transition("payload", 3);
        Witness memory w = _witness(_input(PRE, "payload"), 3);
        w.claimedTransactionRoot = "lie";
        t.witness = _encode(w);
        vm.assertTrue(judge.verifyStateTransition(t));
    }

    /// @dev The run is that of another input, and shows nothing.
    function test_verify_runOfAnotherInput_reverts() external {
        IStateTransition.StateTransition memory t = _transition("payload", 3);
        t.preStateRoot = "another";
        _expectWrongStart(0);
        judge.verifyStateTransition(t);
        t = _transition("payload", 3);
        t.transactions[1][0] = "P";
        _expectWrongStart(0);
        judge.verifyStateTransition(t);
        for (uint256 i; i < 6; ++i) {
            t = _transition("payload", 3);
            t.transactions[0][32 * i + 31] ^= 0x01;
            _expectWrongStart(0);
            judge.verifyStateTransition(t);
        }
    }

    /// @dev From a state that is no batch's the program itself says so, which shows that the transition is false.
    function test_verify_noOutput_isFalse() external view {
        IStateTransition.StateTransition memory t = _transition("payload", 3);
        t.preStateRoot = "no state";
        Witness memory w;
        w.chunks = _run(_input("no state", "payload"), 2, _halted(0), IChunkVerifier.Status.Halted);
        t.witness = _encode(w);
        vm.assertFalse(judge.verifyStateTransition(t));
        w.chunks = _run(_input("no state", "payload"), 2, FAULTED, IChunkVerifier.Status.Faulted);
        t.witness = _encode(w);
        vm.assertFalse(judge.verifyStateTransition(t));
    }

    function test_verify_wrongOutput_reverts() external {
        IStateTransition.StateTransition memory t = _transition("payload", 3);
        for (uint256 i; i < 3; ++i) {
            Witness memory w = _witness(_input(PRE, "payload"), 3);
            if (i == 0) w.stateRoot = "another";
            if (i == 1) w.transactionRoot = "another";
            if (i == 2) w.receiptRoot = "another";
            t.witness = _encode(w);
            // Even for a state root that would then agree.
            t.postStateRoot = w.stateRoot;
            vm.expectRevert(StateTransition.StateTransition_WrongOutput.selector);
            judge.verifyStateTransition(t);
        }
    }

    function test_verify_incompleteRun_reverts() external {
        IStateTransition.StateTransition memory t = _transition("payload", 3);
        bytes32 input = _input(PRE, "payload");
        Witness memory w = _witness(input, 3);
        bytes[] memory whole = w.chunks;
        w.chunks = new bytes[](2);
        (w.chunks[0], w.chunks[1]) = (whole[0], whole[1]);
        t.witness = _encode(w);
        vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_Unfinished.selector, 2));
        judge.verifyStateTransition(t);
        w.chunks[1] = whole[2];
        t.witness = _encode(w);
        _expectWrongStart(1);
        judge.verifyStateTransition(t);
        w.chunks = new bytes[](0);
        t.witness = _encode(w);
        vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_Unfinished.selector, 0));
        judge.verifyStateTransition(t);
        w.chunks = new bytes[](4);
        (w.chunks[0], w.chunks[1], w.chunks[2]) = (whole[0], whole[1], whole[2]);
        w.chunks[3] = abi.encode(_halted(_output()), bytes32(0), IChunkVerifier.Status.Running);
        t.witness = _encode(w);
        vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_ChunksAfterEnd.selector, 3));
        judge.verifyStateTransition(t);
        w = _witness(input, 3);
        w.firstChunk = 1;
        t.witness = _encode(w);
        vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_WrongFirstChunk.selector, 1));
        judge.verifyStateTransition(t);
    }

    /// @dev A chunk that lacks gas is not proven, and no transition is false for it.
    function test_verify_outOfGas_reverts() external {
        IStateTransition.StateTransition memory t = _transition("payload", 1);
        address hog = address(new GasHog());
        StateTransition other = StateTransition(_create("StateTransition", abi.encode(hog, PROGRAM)));
        _expectUnproven(0, "");
        other.verifyStateTransition{gas: 3_000_000}(t);
    }

    function test_verify_malformedTransactions_reverts() external {
        bytes memory payload = new bytes(9000);
        for (uint256 i; i < 4; ++i) {
            IStateTransition.StateTransition memory t = _transition(payload, 1);
            if (i == 0) t.transactions[0] = new bytes(191);
            if (i == 1) t.transactions[1] = new bytes(4095);
            if (i == 2) t.transactions[2] = new bytes(4097);
            if (i == 3) t.transactions[3] = "";
            vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_MalformedTransactions.selector, i));
            judge.verifyStateTransition(t);
        }
        IStateTransition.StateTransition memory none = _transition("", 1);
        none.transactions = new bytes[](0);
        vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_MalformedTransactions.selector, 0));
        judge.verifyStateTransition(none);
    }

    function test_verify_malformedReceipts_reverts() external {
        for (uint256 i; i < 4; ++i) {
            IStateTransition.StateTransition memory t = _transition("", 1);
            t.receipts[i] = new bytes(33);
            vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_MalformedReceipts.selector, i));
            judge.verifyStateTransition(t);
        }
        for (uint256 i; i < 2; ++i) {
            IStateTransition.StateTransition memory t = _transition("", 1);
            t.receipts = new bytes[](i);
            vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_MalformedReceipts.selector, 0));
            judge.verifyStateTransition(t);
        }
    }

    /// @dev Whatever the bytes, there is a named error or the answer that the whole witness gives.
    function testFuzz_verify_brokenWitness_neverAnswersOtherwise(uint256 _cut, uint256 _at, bytes32 _word)
        external
        view
    {
        IStateTransition.StateTransition memory t = _transition("payload", 3);
        bytes memory witness = t.witness;
        _at = _at % (witness.length / 32);
        assembly ("memory-safe") {
            mstore(add(add(witness, 32), mul(_at, 32)), _word)
        }
        if (_cut % 2 == 0) {
            uint256 length = (_cut / 2) % witness.length;
            assembly ("memory-safe") {
                mstore(witness, length)
            }
        }
        try judge.verifyStateTransition(t) returns (bool isTrue) {
            // A word that is not read was overwritten.
            vm.assertTrue(isTrue);
        } catch (bytes memory reason) {
            vm.assertTrue(reason.length >= 4);
            vm.assertTrue(bytes4(reason) != bytes4(keccak256("Panic(uint256)")));
        }
    }

    function test_verify_truncatedWitness_reverts() external view {
        IStateTransition.StateTransition memory t = _transition("payload", 1);
        bytes memory witness = t.witness;
        for (uint256 length; length < witness.length; length += 16) {
            t.witness = new bytes(length);
            for (uint256 i; i < length; ++i) {
                t.witness[i] = witness[i];
            }
            (bool success, bytes memory reason) =
                address(judge).staticcall(abi.encodeCall(judge.verifyStateTransition, (t)));
            vm.assertFalse(success);
            vm.assertEq(bytes32(bytes4(reason)), bytes32(AbiReader.AbiReader_OutOfBounds.selector));
        }
    }

    function test_constructor_unknownProgram_reverts() external {
        bytes memory code = bytes.concat(
            vm.parseJsonBytes(_artifact("StateTransition"), ".bytecode"), abi.encode(machine, bytes32("unknown"))
        );
        address created;
        assembly ("memory-safe") {
            created := create(0, add(code, 32), mload(code))
        }
        vm.assertEq(created, address(0));
    }
}

/// @notice A verifier that uses up all gas.
contract GasHog {
    function initialState(bytes32, bytes32) external pure returns (bytes32) {
        return 0;
    }

    function run(bytes32, bytes32, bytes calldata) external pure {
        assembly {
            invalid()
        }
    }
}

contract StateTransition_ComputeStateRoot_Test is StateTransitionTest {
    function _arguments(IStateTransition.StateTransition memory _t) private pure returns (bytes[] memory ret_) {
        ret_ = new bytes[](1 + _t.transactions.length);
        ret_[0] = abi.encode(_t.preStateRoot, _t.witness);
        for (uint256 i; i < _t.transactions.length; ++i) {
            ret_[1 + i] = _t.transactions[i];
        }
    }

    function test_compute_succeeds() external view {
        vm.assertEq(judge.computeStateRoot(_arguments(_transition(new bytes(5000), 5))), POST);
    }

    function test_compute_notShown_reverts() external {
        IStateTransition.StateTransition memory t = _transition("payload", 3);
        t.preStateRoot = "another";
        bytes memory reason = abi.encodePacked(ScriptedMachine.WrongStart.selector);
        vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_UnprovenChunk.selector, 0, reason));
        judge.computeStateRoot(_arguments(t));
        Witness memory w = _witness(_input("another", "payload"), 3);
        w.chunks = _run(_input("another", "payload"), 3, _halted(0), IChunkVerifier.Status.Halted);
        t.witness = _encode(w);
        vm.expectRevert(StateTransition.StateTransition_NoOutput.selector);
        judge.computeStateRoot(_arguments(t));
    }

    function test_compute_malformed_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_MalformedTransactions.selector, 0));
        judge.computeStateRoot(new bytes[](0));
        vm.expectRevert(abi.encodeWithSelector(AbiReader.AbiReader_OutOfBounds.selector, 32));
        judge.computeStateRoot(new bytes[](2));
        bytes[] memory arguments = _arguments(_transition("payload", 1));
        arguments[1] = "";
        vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_MalformedTransactions.selector, 1));
        judge.computeStateRoot(arguments);
    }
}

contract StateTransition_GenerateFraudProof_Test is StateTransitionTest {
    bytes private constant PAYLOAD = "payload";
    uint256 private constant RESPONSE = 1 hours;

    FaultProof private _module = FaultProof(_create("FaultProof", abi.encode(machine, RESPONSE)));

    /// @dev The states that a claim about a run of `_chunks` chunks has between them, with a lie after chunk `_lie`.
    function _claimed(uint256 _chunks, uint256 _lie) private pure returns (bytes32[] memory ret_) {
        ret_ = new bytes32[](_chunks - 1);
        for (uint256 i; i < ret_.length; ++i) {
            ret_[i] = bytes32(1001 + i);
        }
        if (_lie < ret_.length) ret_[_lie] = "lie";
    }

    function _part(bytes32[] memory _states, uint256 _from, uint256 _to, uint256 _step)
        private
        pure
        returns (bytes memory ret_)
    {
        for (uint256 i = _from; i < _to && i < _states.length; i += _step) {
            ret_ = bytes.concat(ret_, _states[i]);
        }
    }

    function _transition(bytes32[] memory _states, uint256 _stride, uint256 _chunk)
        private
        view
        returns (IStateTransition.StateTransition memory t_)
    {
        uint256 chunks = _states.length + 1;
        t_ = _transition(PAYLOAD, chunks);
        Witness memory w = _witness(_input(PRE, PAYLOAD), chunks);
        w.trace = abi.encodePacked(uint32(chunks), uint32(_stride), _part(_states, _stride - 1, chunks, _stride));
        uint256 start = _chunk / _stride * _stride;
        w.revealed = _part(_states, start, start + _stride - 1, 1);
        t_.witness = _encode(w);
    }

    function _claim(IStateTransition.StateTransition memory _t) private view returns (IEvidence.Claim memory ret_) {
        (ret_.program, ret_.input, ret_.output, ret_.trace) = judge.claimOf(_t);
    }

    /// @dev Asks for the segment of the chunk and gets what the claimant says.
    function _reveal(IEvidence.Claim memory _of, bytes32[] memory _states, uint256 _stride, uint256 _chunk) private {
        bytes32[] memory checkpoints = new bytes32[](_states.length / _stride);
        for (uint256 i; i < checkpoints.length; ++i) {
            checkpoints[i] = _states[(i + 1) * _stride - 1];
        }
        FaultProof.Trace memory trace = FaultProof.Trace(_states.length + 1, _stride, Merkle.root(checkpoints));
        uint256 segment = _chunk / _stride;
        bytes memory inside = _part(_states, segment * _stride, segment * _stride + _stride - 1, 1);
        if (inside.length == 0) return;
        _module.challenge(_of, abi.encode(FaultProof.Move.RequestSegment, abi.encode(trace, segment)), address(1));
        _module.reveal(_of, segment, abi.encode(trace, inside));
    }

    function testFuzz_generate_wrongState_isAccepted(uint256 _chunks, uint256 _stride, uint256 _lie) external {
        _chunks = 2 + _chunks % 30;
        _stride = 1 + _stride % 7;
        _lie = _lie % (_chunks - 1);
        bytes32[] memory states = _claimed(_chunks, _lie);
        IStateTransition.StateTransition memory t = _transition(states, _stride, _lie);
        IEvidence.Claim memory claim = _claim(t);
        vm.assertEq(claim.trace, BatchLib.traceCommitment(_chunks, _stride, _rootOf(states, _stride)));
        _reveal(claim, states, _stride, _lie);
        bytes memory proof = judge.generateFraudProof(t, _lie);
        vm.assertTrue(_module.challenge(claim, proof, address(this)) == IEvidence.Verdict.Disproved);
        for (uint256 i = _lie / _stride * _stride; i < _lie; ++i) {
            vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_ChunkIsRight.selector, i));
            judge.generateFraudProof(t, i);
        }
    }

    function _rootOf(bytes32[] memory _states, uint256 _stride) private pure returns (bytes32) {
        bytes32[] memory checkpoints = new bytes32[](_states.length / _stride);
        for (uint256 i; i < checkpoints.length; ++i) {
            checkpoints[i] = _states[(i + 1) * _stride - 1];
        }
        return Merkle.root(checkpoints);
    }

    function testFuzz_generate_wrongResult_isAccepted(uint256 _chunks, uint256 _kind) external {
        _chunks = 1 + _chunks % 20;
        IStateTransition.StateTransition memory t = _transition(_claimed(_chunks, _chunks), 1, 0);
        if (_kind % 3 == 0) t.postStateRoot = "lie";
        if (_kind % 3 == 1) t.receipts[0] = abi.encode(9);
        if (_kind % 3 == 2) {
            Witness memory w = _witness(_input(PRE, PAYLOAD), _chunks);
            w.claimedTransactionRoot = "lie";
            w.trace = abi.encodePacked(uint32(_chunks), uint32(1), _part(_claimed(_chunks, _chunks), 0, _chunks, 1));
            t.witness = _encode(w);
        }
        bytes memory proof = judge.generateFraudProof(t, _chunks - 1);
        vm.assertTrue(_module.challenge(_claim(t), proof, address(this)) == IEvidence.Verdict.Disproved);
    }

    /// @dev The claim ends before the run, or goes on after it.
    function test_generate_wrongLength_isAccepted() external {
        IStateTransition.StateTransition memory t = _transition(PAYLOAD, 5);
        Witness memory w = _witness(_input(PRE, PAYLOAD), 5);
        w.trace = "";
        t.witness = _encode(w);
        vm.assertTrue(
            _module.challenge(_claim(t), judge.generateFraudProof(t, 0), address(this)) == IEvidence.Verdict.Disproved
        );
        bytes32[] memory states = _claimed(6, 9);
        states[4] = _halted(_output());
        w.trace = abi.encodePacked(uint32(6), uint32(1), _part(states, 0, 5, 1));
        t.witness = _encode(w);
        vm.assertTrue(
            _module.challenge(_claim(t), judge.generateFraudProof(t, 4), address(this)) == IEvidence.Verdict.Disproved
        );
    }

    function test_generate_oneProof_isEnough() external {
        bytes32[] memory states = _claimed(9, 5);
        IStateTransition.StateTransition memory t = _transition(states, 1, 5);
        bytes memory whole = judge.generateFraudProof(t, 5);
        Witness memory w = _witness(_input(PRE, PAYLOAD), 9);
        bytes memory only = w.chunks[5];
        w.trace = abi.encodePacked(uint32(9), uint32(1), _part(states, 0, 8, 1));
        (w.firstChunk, w.chunks) = (5, new bytes[](1));
        w.chunks[0] = only;
        t.witness = _encode(w);
        vm.assertEq(judge.generateFraudProof(t, 5), whole);
        for (uint256 chunk = 4; chunk < 8; chunk += 2) {
            vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_MissingChunk.selector, 5, 1));
            judge.generateFraudProof(t, chunk);
        }
        vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_NoSuchChunk.selector, 9));
        judge.generateFraudProof(t, 9);
    }

    function test_generate_notShown_reverts() external {
        bytes32[] memory states = _claimed(9, 5);
        IStateTransition.StateTransition memory t = _transition(states, 1, 5);
        // After the lie the claim starts where the run is not.
        bytes memory reason = abi.encodePacked(ScriptedMachine.WrongStart.selector);
        vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_UnprovenChunk.selector, 6, reason));
        judge.generateFraudProof(t, 6);
        t = _transition(states, 3, 0);
        // Revealed is the segment of chunk 0, of the same length: the state inside is not the one before chunk 4.
        vm.expectRevert(abi.encodeWithSelector(StateTransition.StateTransition_UnprovenChunk.selector, 4, reason));
        judge.generateFraudProof(t, 4);
    }

    function test_generate_malformedTrace_reverts() external {
        bytes[7] memory traces = [
            bytes("short"),
            abi.encodePacked(uint32(2), uint32(1)),
            abi.encodePacked(uint32(0), uint32(1)),
            abi.encodePacked(uint32(2), uint32(0)),
            abi.encodePacked(uint32(2), uint32(1), bytes31(0)),
            abi.encodePacked(uint32(2), uint32(1), bytes32(0), bytes32(0)),
            // Two states are inside the segment, none is revealed.
            abi.encodePacked(uint32(3), uint32(3))
        ];
        IStateTransition.StateTransition memory t = _transition(PAYLOAD, 3);
        for (uint256 i; i < traces.length; ++i) {
            Witness memory w = _witness(_input(PRE, PAYLOAD), 3);
            w.trace = traces[i];
            t.witness = _encode(w);
            vm.expectRevert(StateTransition.StateTransition_MalformedTrace.selector);
            judge.generateFraudProof(t, 1);
        }
    }
}

contract StateTransition_Inclusion_Test is StateTransitionTest {
    function _leaves(uint256 _count, bytes32 _seed) private pure returns (bytes[] memory ret_) {
        ret_ = new bytes[](_count);
        for (uint256 i; i < _count; ++i) {
            uint256 length = uint256(keccak256(abi.encode(_seed, i))) % 62;
            ret_[i] = bytes.concat(new bytes(length), bytes1(uint8(i)));
        }
    }

    function _hashes(bytes[] memory _of) private pure returns (bytes32[] memory ret_) {
        ret_ = new bytes32[](_of.length);
        for (uint256 i; i < ret_.length; ++i) {
            ret_[i] = keccak256(_of[i]);
        }
    }

    function testFuzz_verifyInclusion_leaf_isTrue(uint256 _count, uint256 _index, bytes32 _seed) external view {
        _count = 1 + _count % 40;
        _index = _index % _count;
        bytes[] memory leaves = _leaves(_count, _seed);
        bytes32 root = judge.computeMerkleRoot(leaves);
        vm.assertEq(root, Merkle.root(_hashes(leaves)));
        bytes memory proof = abi.encodePacked(_index, Merkle.path(_hashes(leaves), _index));
        vm.assertTrue(judge.verifyInclusion(root, proof, leaves[_index]));
        vm.assertFalse(judge.verifyInclusion(root, proof, bytes.concat(leaves[_index], bytes1(0))));
        vm.assertFalse(judge.verifyInclusion(keccak256("another"), proof, leaves[_index]));
        if (_count > 1) {
            proof = abi.encodePacked(_index ^ 1, Merkle.path(_hashes(leaves), _index));
            vm.assertFalse(judge.verifyInclusion(root, proof, leaves[_index]));
        }
    }

    function test_computeMerkleRoot_none_isZero() external view {
        vm.assertEq(judge.computeMerkleRoot(new bytes[](0)), bytes32(0));
    }

    /// @dev An inner node is no leaf.
    function test_inclusion_ambiguousLeaf_reverts() external {
        bytes[] memory leaves = _leaves(4, 0);
        bytes32[] memory hashes = _hashes(leaves);
        bytes memory inner = abi.encodePacked(hashes[0], hashes[1]);
        bytes memory proof = abi.encodePacked(uint256(0), keccak256(abi.encodePacked(hashes[2], hashes[3])));
        bytes32 root = judge.computeMerkleRoot(leaves);
        vm.expectRevert(StateTransition.StateTransition_AmbiguousLeaf.selector);
        judge.verifyInclusion(root, proof, inner);
        leaves[2] = inner;
        vm.expectRevert(StateTransition.StateTransition_AmbiguousLeaf.selector);
        judge.computeMerkleRoot(leaves);
    }

    function test_verifyInclusion_malformedProof_reverts() external {
        bytes[4] memory proofs = [
            bytes(""),
            new bytes(33),
            // There is one position without siblings, and two with one.
            abi.encodePacked(uint256(1)),
            abi.encodePacked(uint256(2), bytes32(0))
        ];
        for (uint256 i; i < proofs.length; ++i) {
            vm.expectRevert(StateTransition.StateTransition_MalformedProof.selector);
            judge.verifyInclusion(0, proofs[i], "leaf");
        }
    }

    /// @dev A message proof is an inclusion proof with one level more: the messages are the right half.
    function testFuzz_verifyInclusion_message_agrees(uint256 _count, uint256 _index, bytes32 _receiptsRoot)
        external
        view
    {
        _count = 1 + _count % 20;
        _index = _index % _count;
        IMessageBridge.L2Message memory message;
        bytes32[] memory hashes = new bytes32[](_count);
        for (uint256 i; i < _count; ++i) {
            message.nonce = i;
            hashes[i] = Messages.hash(message);
        }
        message.nonce = _index;
        IMessageBridge.MessageProof memory proof;
        proof.messageHash = hashes[_index];
        proof.messageIndex = _index;
        bytes memory path = Merkle.path(_copy(hashes), _index);
        proof.merkleProof = abi.encodePacked(path, _receiptsRoot);
        bytes32 receiptRoot = keccak256(abi.encodePacked(_receiptsRoot, Merkle.root(hashes)));
        Messages.requireIncluded(proof.messageHash, proof, receiptRoot);
        uint256 index = _index + (1 << (path.length / 32));
        bytes memory leaf =
            abi.encode(message.sender, message.target, message.value, message.gasLimit, message.data, message.nonce);
        vm.assertTrue(judge.verifyInclusion(receiptRoot, abi.encodePacked(index, proof.merkleProof), leaf));
    }

    function _copy(bytes32[] memory _words) private pure returns (bytes32[] memory ret_) {
        ret_ = new bytes32[](_words.length);
        for (uint256 i; i < ret_.length; ++i) {
            ret_[i] = _words[i];
        }
    }
}
