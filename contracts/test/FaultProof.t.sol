// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FaultProof} from "../src/dispute/FaultProof.sol";
import {IChunkVerifier} from "../src/interfaces/IChunkVerifier.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {BatchLib} from "../src/libraries/BatchLib.sol";
import {Merkle} from "../src/libraries/Merkle.sol";
import {ArtifactTest} from "./utils/RollupTest.sol";

/// @notice A machine whose states are numbers: a chunk adds one, and state `length` is the last.
contract CounterMachine is IChunkVerifier {
    uint256 private immutable LENGTH;
    bytes32 private immutable END;

    constructor(uint256 _length, bytes32 _end) {
        LENGTH = _length;
        END = _end;
    }

    function initialState(bytes32, bytes32) external pure returns (bytes32) {
        return bytes32(uint256(1000));
    }

    function run(bytes32, bytes32 _start, bytes calldata) external view returns (bytes32 end_, Status status_) {
        uint256 next = uint256(_start) - 1000 + 1;
        require(next <= LENGTH, "no successor");
        return next == LENGTH ? (END, Status.Halted) : (bytes32(1000 + next), Status.Running);
    }
}

contract FaultProof_Disproves_Test is ArtifactTest {
    bytes32 private constant OUTPUT = "output";
    uint256 private constant RESPONSE = 1 hours;

    FaultProof private _module;
    uint256 private _length;

    function _machine(uint256 _chunks) private {
        _length = _chunks;
        bytes32 end = keccak256(abi.encode(bytes32("lux-machine halted"), OUTPUT));
        _module = FaultProof(_create("FaultProof", abi.encode(new CounterMachine(_chunks, end), RESPONSE)));
    }

    /// @dev The first `_count` checkpoints of the run, and what would follow after its end.
    function _checkpoints(uint256 _count) private pure returns (bytes32[] memory ret_) {
        ret_ = new bytes32[](_count);
        for (uint256 i; i < _count; ++i) {
            ret_[i] = bytes32(1001 + i);
        }
    }

    function _claim(bytes32[] memory _trace, bytes32 _output) private pure returns (IEvidence.Claim memory claim_) {
        claim_.output = _output;
        claim_.trace =
            BatchLib.traceCommitment(abi.encodePacked(uint32(_trace.length + 1), uint32(1), abi.encodePacked(_trace)));
    }

    /// @dev Disproof of chunk `_chunk` from the claim's own checkpoints.
    function _disproof(bytes32[] memory _trace, uint256 _chunk) private pure returns (bytes memory) {
        FaultProof.Disproof memory proof;
        proof.chunk = _chunk;
        proof.trace = FaultProof.Trace(_trace.length + 1, 1, Merkle.root(_copy(_trace)));
        if (_chunk != 0) (proof.before, proof.beforePath) = (_trace[_chunk - 1], _path(_trace, _chunk - 1));
        if (_chunk < _trace.length) (proof.after_, proof.afterPath) = (_trace[_chunk], _path(_trace, _chunk));
        return _move(proof);
    }

    function _move(FaultProof.Disproof memory _proof) private pure returns (bytes memory) {
        return abi.encode(FaultProof.Move.Disprove, abi.encode(_proof));
    }

    function _decode(bytes memory _proof) private pure returns (FaultProof.Disproof memory) {
        (, bytes memory body) = abi.decode(_proof, (FaultProof.Move, bytes));
        return abi.decode(body, (FaultProof.Disproof));
    }

    /// @dev `Merkle.root` overwrites its argument.
    function _copy(bytes32[] memory _words) private pure returns (bytes32[] memory ret_) {
        ret_ = new bytes32[](_words.length);
        for (uint256 i; i < ret_.length; ++i) {
            ret_[i] = _words[i];
        }
    }

    function _disproved(IEvidence.Claim memory _of, bytes memory _proof) private returns (bool) {
        return _module.challenge(_of, _proof, address(this)) == IEvidence.Verdict.Disproved;
    }

    /// @dev Siblings from the leaf up, of a tree padded with zeros.
    function _path(bytes32[] memory _leaves, uint256 _index) private pure returns (bytes memory path_) {
        uint256 width = 1;
        while (width < _leaves.length) width *= 2;
        bytes32[] memory level = new bytes32[](width);
        for (uint256 i; i < _leaves.length; ++i) {
            level[i] = _leaves[i];
        }
        for (; width > 1; width /= 2) {
            path_ = abi.encodePacked(path_, level[_index ^ 1]);
            for (uint256 i; i < width / 2; ++i) {
                level[i] = keccak256(abi.encodePacked(level[2 * i], level[2 * i + 1]));
            }
            _index /= 2;
        }
    }

    function testFuzz_disproves_honestClaim_fails(uint256 _chunks, uint256 _chunk) external {
        _chunks = 1 + _chunks % 70;
        _machine(_chunks);
        bytes32[] memory trace = _checkpoints(_chunks - 1);
        vm.assertFalse(_disproved(_claim(trace, OUTPUT), _disproof(trace, _chunk % _chunks)));
    }

    function testFuzz_disproves_wrongCheckpoint_succeeds(uint256 _chunks, uint256 _lie, bytes32 _value) external {
        _chunks = 2 + _chunks % 70;
        _lie = _lie % (_chunks - 1);
        vm.assume(uint256(_value) != 1001 + _lie);
        _machine(_chunks);
        bytes32[] memory trace = _checkpoints(_chunks - 1);
        trace[_lie] = _value;
        vm.assertTrue(_disproved(_claim(trace, OUTPUT), _disproof(trace, _lie)));
    }

    function testFuzz_disproves_wrongOutput_succeeds(uint256 _chunks, bytes32 _output) external {
        vm.assume(_output != OUTPUT);
        _chunks = 1 + _chunks % 70;
        _machine(_chunks);
        bytes32[] memory trace = _checkpoints(_chunks - 1);
        vm.assertTrue(_disproved(_claim(trace, _output), _disproof(trace, _chunks - 1)));
    }

    function testFuzz_disproves_tooFewChunks_succeeds(uint256 _chunks, uint256 _claimed) external {
        _chunks = 2 + _chunks % 70;
        _claimed = 1 + _claimed % (_chunks - 1);
        _machine(_chunks);
        bytes32[] memory trace = _checkpoints(_claimed - 1);
        vm.assertTrue(_disproved(_claim(trace, OUTPUT), _disproof(trace, _claimed - 1)));
    }

    function testFuzz_disproves_tooManyChunks_succeeds(uint256 _chunks, uint256 _more, bool _isHonestEnd) external {
        _chunks = 1 + _chunks % 40;
        _machine(_chunks);
        bytes32[] memory trace = _checkpoints(_chunks + _more % 30);
        // Even where the claim has the true end among its checkpoints: nothing follows a halt.
        if (_isHonestEnd) trace[_chunks - 1] = keccak256(abi.encode(bytes32("lux-machine halted"), OUTPUT));
        vm.assertTrue(_disproved(_claim(trace, OUTPUT), _disproof(trace, _chunks - 1)));
    }

    function test_disproves_foreignTrace_reverts() external {
        _machine(9);
        bytes32[] memory honest = _checkpoints(8);
        bytes32[] memory other = _checkpoints(8);
        other[3] = 0;
        vm.expectRevert(FaultProof.FaultProof_WrongTrace.selector);
        _module.challenge(_claim(honest, OUTPUT), _disproof(other, 3), address(this));
        // The same root with another number of chunks.
        FaultProof.Disproof memory proof = _decode(_disproof(honest, 3));
        proof.trace.chunks = 8;
        vm.expectRevert(FaultProof.FaultProof_WrongTrace.selector);
        _module.challenge(_claim(honest, OUTPUT), _move(proof), address(this));
        // Another position of the same checkpoint.
        proof.trace.chunks = 9;
        proof.chunk = 4;
        vm.expectRevert(FaultProof.FaultProof_WrongTrace.selector);
        _module.challenge(_claim(honest, OUTPUT), _move(proof), address(this));
        proof.chunk = 9;
        vm.expectRevert(FaultProof.FaultProof_NoSuchChunk.selector);
        _module.challenge(_claim(honest, OUTPUT), _move(proof), address(this));
        proof = _decode(_disproof(honest, 3));
        proof.afterPath = abi.encodePacked(proof.afterPath, bytes32(0));
        vm.expectRevert(FaultProof.FaultProof_WrongTrace.selector);
        _module.challenge(_claim(honest, OUTPUT), _move(proof), address(this));
    }

    // --- Traces with a stride ---

    /// @dev Some of `_states`, which are those after the chunks 1, 2, … of a run, and their commitment.
    function _coarse(bytes32[] memory _states, uint256 _stride)
        private
        pure
        returns (bytes32[] memory checkpoints_, FaultProof.Trace memory trace_, IEvidence.Claim memory claim_)
    {
        checkpoints_ = new bytes32[](_states.length / _stride);
        for (uint256 i; i < checkpoints_.length; ++i) {
            checkpoints_[i] = _states[(i + 1) * _stride - 1];
        }
        trace_ = FaultProof.Trace(_states.length + 1, _stride, Merkle.root(_copy(checkpoints_)));
        claim_.output = OUTPUT;
        claim_.trace = BatchLib.traceCommitment(trace_.chunks, _stride, trace_.root);
    }

    /// @dev States strictly inside a segment.
    function _inside(bytes32[] memory _states, uint256 _stride, uint256 _segment)
        private
        pure
        returns (bytes32[] memory ret_)
    {
        uint256 end = (_segment + 1) * _stride - 1;
        if (end > _states.length) end = _states.length;
        ret_ = new bytes32[](end - _segment * _stride);
        for (uint256 i; i < ret_.length; ++i) {
            ret_[i] = _states[_segment * _stride + i];
        }
    }

    function _request(FaultProof.Trace memory _trace, uint256 _segment) private pure returns (bytes memory) {
        return abi.encode(FaultProof.Move.RequestSegment, abi.encode(_trace, _segment));
    }

    function _timeout(FaultProof.Trace memory _trace, uint256 _segment) private pure returns (bytes memory) {
        return abi.encode(FaultProof.Move.Timeout, abi.encode(_trace, _segment));
    }

    function _reveal(IEvidence.Claim memory _of, FaultProof.Trace memory _trace, uint256 _segment, bytes32[] memory _in)
        private
    {
        _module.reveal(_of, _segment, abi.encode(_trace, abi.encodePacked(_in)));
    }

    /// @dev A state with its path, from the trace or from what is inside its segment.
    function _opening(bytes32[] memory _states, uint256 _stride, uint256 _number)
        private
        pure
        returns (bytes32 state_, bytes memory path_)
    {
        state_ = _states[_number - 1];
        if (_number % _stride == 0) {
            (bytes32[] memory checkpoints,,) = _coarse(_states, _stride);
            path_ = _path(checkpoints, _number / _stride - 1);
        } else {
            path_ = _path(_inside(_states, _stride, _number / _stride), _number % _stride - 1);
        }
    }

    function _strideProof(bytes32[] memory _states, uint256 _stride, uint256 _chunk)
        private
        pure
        returns (bytes memory)
    {
        FaultProof.Disproof memory proof;
        proof.chunk = _chunk;
        (, proof.trace,) = _coarse(_states, _stride);
        if (_chunk != 0) (proof.before, proof.beforePath) = _opening(_states, _stride, _chunk);
        if (_chunk < _states.length) (proof.after_, proof.afterPath) = _opening(_states, _stride, _chunk + 1);
        return _move(proof);
    }

    function testFuzz_challenge_stride_succeeds(uint256 _chunks, uint256 _stride, uint256 _lie, bool _isOneOnly)
        external
    {
        _chunks = 2 + _chunks % 40;
        _stride = 2 + _stride % 9;
        _lie = _lie % (_chunks - 1);
        _machine(_chunks);
        bytes32[] memory states = _checkpoints(_chunks - 1);
        for (uint256 i = _lie; i < (_isOneOnly ? _lie + 1 : states.length); ++i) {
            states[i] = keccak256(abi.encode(states[i]));
        }
        (, FaultProof.Trace memory trace, IEvidence.Claim memory claim) = _coarse(states, _stride);
        uint256 segment = _lie / _stride;
        bytes32[] memory inside = _inside(states, _stride, segment);
        if (inside.length != 0) {
            vm.assertTrue(_module.challenge(claim, _request(trace, segment), address(1)) == IEvidence.Verdict.Open);
            vm.assertEq(_module.openUntil(claim), type(uint256).max);
            _reveal(claim, trace, segment, inside);
            vm.assertEq(_module.openUntil(claim), block.timestamp + RESPONSE);
        }
        vm.assertTrue(_disproved(claim, _strideProof(states, _stride, _lie)));
        // Of the other chunks of the segment, none before the lie is wrong.
        for (uint256 i = segment * _stride; i < _lie; ++i) {
            vm.assertFalse(_disproved(claim, _strideProof(states, _stride, i)));
        }
    }

    function test_challenge_silence_succeeds() external {
        _machine(20);
        (, FaultProof.Trace memory trace, IEvidence.Claim memory claim) = _coarse(_checkpoints(19), 8);
        vm.expectRevert(FaultProof.FaultProof_NotAsked.selector);
        _module.challenge(claim, _timeout(trace, 1), address(1));
        _module.challenge(claim, _request(trace, 1), address(1));
        uint256 deadline = block.timestamp + RESPONSE;
        vm.expectRevert(abi.encodeWithSelector(FaultProof.FaultProof_TooEarly.selector, deadline));
        _module.challenge(claim, _timeout(trace, 1), address(2));
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(FaultProof.FaultProof_TooLate.selector, deadline));
        _reveal(claim, trace, 1, _inside(_checkpoints(19), 8, 1));
        vm.assertTrue(_disproved(claim, _timeout(trace, 1)));
    }

    function test_challenge_claimedAgain_startsAnew() external {
        _machine(20);
        (, FaultProof.Trace memory trace, IEvidence.Claim memory claim) = _coarse(_checkpoints(19), 8);
        _module.challenge(claim, _request(trace, 1), address(1));
        vm.warp(block.timestamp + RESPONSE + 1);
        // An old question must not become a silence about the same claim made again.
        claim.claimedAt = block.timestamp;
        vm.assertEq(_module.openUntil(claim), 0);
        vm.expectRevert(FaultProof.FaultProof_NotAsked.selector);
        _module.challenge(claim, _timeout(trace, 1), address(1));
        _module.challenge(claim, _request(trace, 1), address(1));
        _reveal(claim, trace, 1, _inside(_checkpoints(19), 8, 1));
    }

    function test_challenge_request_reverts() external {
        _machine(20);
        (, FaultProof.Trace memory trace, IEvidence.Claim memory claim) = _coarse(_checkpoints(19), 8);
        vm.expectRevert(FaultProof.FaultProof_NoSuchSegment.selector);
        _module.challenge(claim, _request(trace, 3), address(1));
        _module.challenge(claim, _request(trace, 0), address(1));
        vm.expectRevert(FaultProof.FaultProof_AlreadyAsked.selector);
        _module.challenge(claim, _request(trace, 0), address(2));
        vm.expectRevert(FaultProof.FaultProof_AlreadyAsked.selector);
        _module.challenge(claim, _request(trace, 1), address(1));
        vm.expectRevert(FaultProof.FaultProof_WrongTrace.selector);
        _reveal(claim, trace, 0, _checkpoints(6));
        vm.expectRevert(FaultProof.FaultProof_NotAsked.selector);
        _reveal(claim, trace, 1, _inside(_checkpoints(19), 8, 1));
        // Another holder's dispute is another one.
        vm.prank(address(7), address(7));
        vm.expectRevert(FaultProof.FaultProof_NotAsked.selector);
        _reveal(claim, trace, 0, _inside(_checkpoints(19), 8, 0));
        vm.expectRevert(FaultProof.FaultProof_WrongTrace.selector);
        _module.challenge(claim, _strideProof(_checkpoints(19), 8, 0), address(1));
        // With a stride of one there is nothing to ask for.
        (, trace, claim) = _coarse(_checkpoints(19), 1);
        vm.expectRevert(FaultProof.FaultProof_NoSuchSegment.selector);
        _module.challenge(claim, _request(trace, 0), address(1));
    }

    function test_takeFailedChallenger_once_succeeds() external {
        _machine(20);
        (, FaultProof.Trace memory trace, IEvidence.Claim memory claim) = _coarse(_checkpoints(19), 8);
        _module.challenge(claim, _request(trace, 2), address(9));
        vm.assertEq(_module.takeFailedChallenger(claim, 2), address(0));
        _reveal(claim, trace, 2, _inside(_checkpoints(19), 8, 2));
        vm.expectRevert(abi.encodeWithSelector(FaultProof.FaultProof_TooEarly.selector, block.timestamp + RESPONSE));
        _module.takeFailedChallenger(claim, 2);
        vm.warp(block.timestamp + RESPONSE + 1);
        vm.assertEq(_module.takeFailedChallenger(claim, 2), address(9));
        vm.assertEq(_module.takeFailedChallenger(claim, 2), address(0));
    }
}
