// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ITrainingTypes} from "../interfaces/ITrainingTypes.sol";
import {Merkle} from "./Merkle.sol";

/// @notice Input and output of a claim of the program `aggregate`, as docs/training.md, "The claim", has them.
library AggregateInput {
    uint256 internal constant MAX_LENGTH = 1 << 28;
    uint256 internal constant MAX_POINTS = 1 << 24;
    uint256 internal constant MAX_CLIP = 1 << 36;
    uint256 internal constant MAX_SHIFT = 31;
    /// @dev Bytes that the description has for a contribution, and the report for its verdict.
    uint256 internal constant VERDICT_BYTES = 7;

    /// @notice What the description of a round begins with; contributions of 36 bytes follow.
    function head(ITrainingTypes.JobConfig storage _config, uint32 _length, uint256 _count)
        internal
        view
        returns (bytes memory)
    {
        return abi.encodePacked(
            "LUXA\x01",
            uint8(_config.rule),
            uint8(0),
            _config.shift,
            _config.p1,
            _config.p2,
            _config.clip,
            _config.multiplier,
            _length,
            uint32(_count)
        );
    }

    /// @notice Claim input: old weights and the commitment of the description.
    function hash(bytes32 _weights, bytes memory _description) internal pure returns (bytes32) {
        bytes32[] memory leaves = new bytes32[]((_description.length + Merkle.PIECE_BYTES - 1) / Merkle.PIECE_BYTES);
        for (uint256 i; i < leaves.length; ++i) {
            uint256 start = i * Merkle.PIECE_BYTES;
            uint256 left = _description.length - start;
            uint256 size = left < Merkle.PIECE_BYTES ? left : Merkle.PIECE_BYTES;
            bytes32 leaf;
            // Memory map: reads `size` bytes of the description, all within it.
            assembly ("memory-safe") {
                leaf := keccak256(add(add(_description, 32), start), size)
            }
            leaves[i] = leaf;
        }
        bytes32 commitment = keccak256(abi.encode(_description.length, Merkle.root(leaves)));
        return keccak256(abi.encode(_weights, commitment));
    }

    /// @notice Claim output with a summary.
    function output(bytes32 _aggregate, bytes32 _weights, bytes memory _report) internal pure returns (bytes32) {
        return keccak256(abi.encode(_aggregate, _weights, keccak256(_report)));
    }

    /// @notice Fewest contributions that the rule works on; zero where its parameters are none.
    function fewest(ITrainingTypes.Rule _rule, uint256 _p1, uint256 _p2, uint256 _workers)
        internal
        pure
        returns (uint256)
    {
        if (_rule == ITrainingTypes.Rule.Krum) {
            bool isPossible = _p2 != 0 && _p2 + _p1 + 2 <= _workers;
            if (!isPossible) return 0;
            return _max(2 * _p1 + 3, _p1 + _p2 + 2);
        }
        if (_p2 != 0) return 0;
        if (_rule == ITrainingTypes.Rule.Mean) return _p1 == 0 || _p1 > MAX_POINTS ? 0 : 1;
        if (_rule == ITrainingTypes.Rule.Median) return _p1 == 0 ? 1 : 0;
        return _rule == ITrainingTypes.Rule.TrimmedMean ? 2 * _p1 + 1 : 4 * _p1 + 3;
    }

    function _max(uint256 _a, uint256 _b) private pure returns (uint256) {
        return _a > _b ? _a : _b;
    }
}
