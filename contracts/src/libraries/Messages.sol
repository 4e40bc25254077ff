// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {IMessageBridge} from "../interfaces/IMessageBridge.sol";
import {Merkle} from "./Merkle.sol";

/// @notice Hashes, statuses and inclusion proofs of cross-layer messages.
library Messages {
    uint8 internal constant UNKNOWN = 0;
    uint8 internal constant SENT = 1;
    uint8 internal constant EXECUTED = 2;
    uint8 internal constant FAILED = 3;

    /// @dev A queue entry's data, with the call around a message, stays below 24,576 bytes: the largest preimage.
    uint256 internal constant MAX_DATA_BYTES = 24_000;
    uint256 private constant MAX_DEPTH = 32;

    error Messages_InvalidProof();

    /// @notice `messageHash` of docs/protocol.md.
    function hash(IMessageBridge.L2Message memory _message) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                _message.sender, _message.target, _message.value, _message.gasLimit, _message.data, _message.nonce
            )
        );
    }

    /// @notice Reverts unless the message is in the batch whose receipt root is given.
    function requireIncluded(bytes32 _messageHash, IMessageBridge.MessageProof memory _proof, bytes32 _receiptRoot)
        internal
        pure
    {
        bytes memory path = _proof.merkleProof;
        if (_messageHash != _proof.messageHash || path.length < 32 || path.length % 32 != 0) {
            revert Messages_InvalidProof();
        }
        uint256 depth = path.length / 32 - 1;
        if (depth > MAX_DEPTH || _proof.messageIndex >> depth != 0) revert Messages_InvalidProof();
        bytes32 messagesRoot = Merkle.rootOfPath(_messageHash, _proof.messageIndex, path, depth);
        if (Hashes.efficientKeccak256(Merkle.word(path, depth), messagesRoot) != _receiptRoot) {
            revert Messages_InvalidProof();
        }
    }
}
