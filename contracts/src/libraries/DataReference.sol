// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {Merkle} from "./Merkle.sol";

/// @notice How tasks name their input, and results carry their output.
library DataReference {
    uint256 internal constant MAX_LOCATION_BYTES = 256;
    /// @notice One Merkle piece, so that its commitment is two hashes.
    uint256 internal constant MAX_INLINE_BYTES = Merkle.PIECE_BYTES;

    /// @dev Multihash head: keccak-256, 32 bytes.
    bytes2 private constant MULTIHASH_KECCAK = 0x1b20;
    bytes7 private constant INLINE = "inline:";

    /// @notice Commitment in `inputDataHash`, and whether its location asks for the output inline.
    /// @dev 32 bytes, or `0x1b 0x20`, 32 bytes, location.
    function parse(bytes calldata _inputDataHash) internal pure returns (bytes32 commitment_, bool isInline_) {
        if (_inputDataHash.length == 32) return (bytes32(_inputDataHash), false);
        if (
            _inputDataHash.length < 34 || _inputDataHash.length > 34 + MAX_LOCATION_BYTES
                || bytes2(_inputDataHash) != MULTIHASH_KECCAK
        ) revert IComputeMarket.ComputeMarket_InvalidInputData();
        bytes calldata location = _inputDataHash[34:];
        return (bytes32(_inputDataHash[2:]), location.length >= 7 && bytes7(location) == INLINE);
    }

    /// @notice `BatchLib.commitment` of data of one piece.
    function inlineCommitment(bytes memory _data) internal pure returns (bytes32) {
        return keccak256(abi.encode(_data.length, keccak256(_data)));
    }
}
