// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @notice Binary keccak Merkle trees: leaves padded with zero words to a power of two, `node = H(left || right)`.
library Merkle {
    uint256 internal constant PIECE_BYTES = 4096;

    /// @notice Root of `_leaves`, which is overwritten. No leaves: zero; one leaf: itself.
    function root(bytes32[] memory _leaves) internal pure returns (bytes32 ret_) {
        uint256 count = _leaves.length;
        if (count == 0) return 0;
        bytes32 padding;
        while (count > 1) {
            uint256 parents = (count + 1) / 2;
            for (uint256 i; i < parents; ++i) {
                bytes32 right = 2 * i + 1 < count ? _leaves[2 * i + 1] : padding;
                _leaves[i] = Hashes.efficientKeccak256(_leaves[2 * i], right);
            }
            padding = Hashes.efficientKeccak256(padding, padding);
            count = parents;
        }
        ret_ = _leaves[0];
    }

    /// @notice Siblings of the leaf at `_index`, from the leaf up. `_leaves` is overwritten.
    function path(bytes32[] memory _leaves, uint256 _index) internal pure returns (bytes memory ret_) {
        bytes32 padding;
        for (uint256 count = _leaves.length; count > 1; count = (count + 1) / 2) {
            ret_ = bytes.concat(ret_, (_index ^ 1) < count ? _leaves[_index ^ 1] : padding);
            for (uint256 i; i < count; i += 2) {
                _leaves[i / 2] = Hashes.efficientKeccak256(_leaves[i], i + 1 < count ? _leaves[i + 1] : padding);
            }
            padding = Hashes.efficientKeccak256(padding, padding);
            _index /= 2;
        }
    }

    /// @notice Root over the keccak hashes of the pieces of `_data`.
    function rootOfPieces(bytes calldata _data) internal pure returns (bytes32) {
        bytes32[] memory leaves = new bytes32[]((_data.length + PIECE_BYTES - 1) / PIECE_BYTES);
        for (uint256 i; i < leaves.length; ++i) {
            uint256 start = i * PIECE_BYTES;
            uint256 size = _data.length - start < PIECE_BYTES ? _data.length - start : PIECE_BYTES;
            bytes32 leaf;
            // Memory map: the piece is copied to the free memory, which is not allocated: the next piece reuses it.
            assembly ("memory-safe") {
                let scratch := mload(0x40)
                calldatacopy(scratch, add(_data.offset, start), size)
                leaf := keccak256(scratch, size)
            }
            leaves[i] = leaf;
        }
        return root(leaves);
    }

    /// @notice Root that `_leaf` at `_index` leads to with the first `_depth` words of `_path` as siblings, from the leaf up.
    function rootOfPath(bytes32 _leaf, uint256 _index, bytes memory _path, uint256 _depth)
        internal
        pure
        returns (bytes32 ret_)
    {
        ret_ = _leaf;
        for (uint256 i; i < _depth; ++i) {
            bytes32 sibling = word(_path, i);
            ret_ = _index & 1 == 0 ? Hashes.efficientKeccak256(ret_, sibling) : Hashes.efficientKeccak256(sibling, ret_);
            _index >>= 1;
        }
    }

    /// @notice The `_index`-th word of `_data`, which the caller knows to be long enough.
    function word(bytes memory _data, uint256 _index) internal pure returns (bytes32 ret_) {
        assembly ("memory-safe") {
            ret_ := mload(add(add(_data, 32), mul(_index, 32)))
        }
    }
}
