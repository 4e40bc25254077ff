// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IChunkVerifier} from "../interfaces/IChunkVerifier.sol";
import {IEvidence} from "../interfaces/IEvidence.sol";
import {BatchLib} from "../libraries/BatchLib.sol";
import {Merkle} from "../libraries/Merkle.sol";

/// @notice Disproves a claim about a program run by running one chunk of it: the first one that its trace has wrong.
contract FaultProof is IEvidence {
    /// @notice One chunk of a claim's run. `before` and `after_` are the checkpoints around it with their Merkle paths; both
    /// are ignored where the claim itself fixes the state: before the first chunk and after the last.
    struct Disproof {
        uint256 chunk;
        uint256 chunks;
        bytes32 before;
        bytes beforePath;
        bytes32 after_;
        bytes afterPath;
        bytes execution;
    }

    bytes32 private constant HALTED = "lux-machine halted";

    IChunkVerifier public immutable verifier;

    error FaultProof_NoSuchChunk();
    error FaultProof_WrongTrace();

    constructor(IChunkVerifier _verifier) {
        verifier = _verifier;
    }

    /// @inheritdoc IEvidence
    function kind() external pure returns (Kind) {
        return Kind.Fault;
    }

    /// @inheritdoc IEvidence
    /// @dev `_proof = abi.encode(Disproof)`. Reverts when the proof itself is wrong, `false` when it shows a correct chunk.
    function disproves(Claim calldata _claim, bytes calldata _proof) external view returns (bool) {
        Disproof memory proof = abi.decode(_proof, (Disproof));
        if (proof.chunk >= proof.chunks) revert FaultProof_NoSuchChunk();
        _requireTrace(_claim.trace, proof);
        bool isLast = proof.chunk + 1 == proof.chunks;
        bytes32 start = proof.chunk == 0 ? verifier.initialState(_claim.program, _claim.input) : proof.before;
        (bytes32 end, IChunkVerifier.Status status) = verifier.run(_claim.program, start, proof.execution);
        if (isLast) return end != keccak256(abi.encode(HALTED, _claim.output));
        return status != IChunkVerifier.Status.Running || end != proof.after_;
    }

    /// @inheritdoc IEvidence
    /// @dev A fault proof never shows that a claim is right.
    function proves(Claim calldata, bytes calldata) external pure returns (bool) {
        return false;
    }

    /// @dev The checkpoints that the chunk needs are the claim's, and the claim has that many.
    function _requireTrace(bytes32 _trace, Disproof memory _proof) private pure {
        uint256 count = _proof.chunks - 1;
        if (count == 0) {
            if (_trace != BatchLib.traceCommitment(1, 1, 0)) revert FaultProof_WrongTrace();
            return;
        }
        uint256 depth;
        while (count > 1 << depth) ++depth;
        if (_proof.chunk != 0) {
            _requireCheckpoint(_trace, count, _proof.before, _proof.chunk - 1, _proof.beforePath, depth);
        }
        if (_proof.chunk != count) {
            _requireCheckpoint(_trace, count, _proof.after_, _proof.chunk, _proof.afterPath, depth);
        }
    }

    function _requireCheckpoint(
        bytes32 _trace,
        uint256 _count,
        bytes32 _checkpoint,
        uint256 _index,
        bytes memory _path,
        uint256 _depth
    ) private pure {
        if (_path.length != 32 * _depth) revert FaultProof_WrongTrace();
        bytes32 root = Merkle.rootOfPath(_checkpoint, _index, _path, _depth);
        if (BatchLib.traceCommitment(_count + 1, 1, root) != _trace) revert FaultProof_WrongTrace();
    }
}
