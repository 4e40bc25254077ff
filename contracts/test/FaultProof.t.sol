// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FaultProof} from "../src/dispute/FaultProof.sol";
import {IChunkVerifier} from "../src/interfaces/IChunkVerifier.sol";
import {IEvidence} from "../src/interfaces/IEvidence.sol";
import {BatchLib} from "../src/libraries/BatchLib.sol";
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

    FaultProof private _module;
    uint256 private _length;

    function _machine(uint256 _chunks) private {
        _length = _chunks;
        bytes32 end = keccak256(abi.encode(bytes32("lux-machine halted"), OUTPUT));
        _module = FaultProof(_create("FaultProof", abi.encode(new CounterMachine(_chunks, end))));
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
        proof.chunks = _trace.length + 1;
        if (_chunk != 0) (proof.before, proof.beforePath) = (_trace[_chunk - 1], _path(_trace, _chunk - 1));
        if (_chunk < _trace.length) (proof.after_, proof.afterPath) = (_trace[_chunk], _path(_trace, _chunk));
        return abi.encode(proof);
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
        vm.assertFalse(_module.disproves(_claim(trace, OUTPUT), _disproof(trace, _chunk % _chunks)));
    }

    function testFuzz_disproves_wrongCheckpoint_succeeds(uint256 _chunks, uint256 _lie, bytes32 _value) external {
        _chunks = 2 + _chunks % 70;
        _lie = _lie % (_chunks - 1);
        vm.assume(uint256(_value) != 1001 + _lie);
        _machine(_chunks);
        bytes32[] memory trace = _checkpoints(_chunks - 1);
        trace[_lie] = _value;
        vm.assertTrue(_module.disproves(_claim(trace, OUTPUT), _disproof(trace, _lie)));
    }

    function testFuzz_disproves_wrongOutput_succeeds(uint256 _chunks, bytes32 _output) external {
        vm.assume(_output != OUTPUT);
        _chunks = 1 + _chunks % 70;
        _machine(_chunks);
        bytes32[] memory trace = _checkpoints(_chunks - 1);
        vm.assertTrue(_module.disproves(_claim(trace, _output), _disproof(trace, _chunks - 1)));
    }

    function testFuzz_disproves_tooFewChunks_succeeds(uint256 _chunks, uint256 _claimed) external {
        _chunks = 2 + _chunks % 70;
        _claimed = 1 + _claimed % (_chunks - 1);
        _machine(_chunks);
        bytes32[] memory trace = _checkpoints(_claimed - 1);
        vm.assertTrue(_module.disproves(_claim(trace, OUTPUT), _disproof(trace, _claimed - 1)));
    }

    function testFuzz_disproves_tooManyChunks_succeeds(uint256 _chunks, uint256 _more, bool _isHonestEnd) external {
        _chunks = 1 + _chunks % 40;
        _machine(_chunks);
        bytes32[] memory trace = _checkpoints(_chunks + _more % 30);
        // Even where the claim has the true end among its checkpoints: nothing follows a halt.
        if (_isHonestEnd) trace[_chunks - 1] = keccak256(abi.encode(bytes32("lux-machine halted"), OUTPUT));
        vm.assertTrue(_module.disproves(_claim(trace, OUTPUT), _disproof(trace, _chunks - 1)));
    }

    function test_disproves_foreignTrace_reverts() external {
        _machine(9);
        bytes32[] memory honest = _checkpoints(8);
        bytes32[] memory other = _checkpoints(8);
        other[3] = 0;
        vm.expectRevert(FaultProof.FaultProof_WrongTrace.selector);
        _module.disproves(_claim(honest, OUTPUT), _disproof(other, 3));
        // The same root with another number of chunks.
        FaultProof.Disproof memory proof = abi.decode(_disproof(honest, 3), (FaultProof.Disproof));
        proof.chunks = 8;
        vm.expectRevert(FaultProof.FaultProof_WrongTrace.selector);
        _module.disproves(_claim(honest, OUTPUT), abi.encode(proof));
        // Another position of the same checkpoint.
        proof.chunks = 9;
        proof.chunk = 4;
        vm.expectRevert(FaultProof.FaultProof_WrongTrace.selector);
        _module.disproves(_claim(honest, OUTPUT), abi.encode(proof));
        proof.chunk = 9;
        vm.expectRevert(FaultProof.FaultProof_NoSuchChunk.selector);
        _module.disproves(_claim(honest, OUTPUT), abi.encode(proof));
        proof = abi.decode(_disproof(honest, 3), (FaultProof.Disproof));
        proof.afterPath = abi.encodePacked(proof.afterPath, bytes32(0));
        vm.expectRevert(FaultProof.FaultProof_WrongTrace.selector);
        _module.disproves(_claim(honest, OUTPUT), abi.encode(proof));
    }
}
