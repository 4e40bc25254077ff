// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice LP-500, verbatim.
interface IMessageBridge {
    struct L2Message {
        address sender;
        address target;
        uint256 value;
        uint256 gasLimit;
        bytes data;
        uint256 nonce;
    }

    struct MessageProof {
        bytes32 batchHash;
        bytes32 messageHash;
        bytes merkleProof;
        uint256 messageIndex;
    }

    // L1 -> L2 messaging
    function sendMessageToL2(address target, bytes calldata data) external payable returns (uint256);
    function relayMessageToL2(L2Message calldata message, bytes calldata signature) external;

    // L2 -> L1 messaging
    function sendMessageToL1(address target, bytes calldata data) external returns (bytes32);
    function relayMessageFromL2(L2Message calldata message, MessageProof calldata proof) external;

    // Message status
    function getMessageStatus(bytes32 messageHash) external view returns (uint8);
    function isMessageExecuted(bytes32 messageHash) external view returns (bool);
}
