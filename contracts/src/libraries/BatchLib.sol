// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILuxRollup} from "../interfaces/ILuxRollup.sol";
import {Merkle} from "./Merkle.sol";

/// @notice EIP-712 struct hashes of batches and the commitment to their payload.
library BatchLib {
    bytes32 private constant BATCH_HEADER_TYPEHASH = keccak256(
        "BatchHeader(uint256 batchNumber,bytes32 parentBatchHash,bytes32 stateRoot,bytes32 transactionRoot,bytes32 receiptRoot,uint256 timestamp,uint256 l1BlockNumber,address sequencer)"
    );
    bytes32 private constant SIGNED_BATCH_TYPEHASH =
        keccak256("SignedBatch(bytes32 batchHash,bytes32 transactionsHash)");

    /// @notice `batchHash`: the header without its signature.
    function hash(ILuxRollup.BatchHeader memory _header) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                BATCH_HEADER_TYPEHASH,
                _header.batchNumber,
                _header.parentBatchHash,
                _header.stateRoot,
                _header.transactionRoot,
                _header.receiptRoot,
                _header.timestamp,
                _header.l1BlockNumber,
                _header.sequencer
            )
        );
    }

    /// @notice What the sequencer signs, before the domain is added.
    function signedHash(bytes32 _batchHash, bytes32 _transactionsHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(SIGNED_BATCH_TYPEHASH, _batchHash, _transactionsHash));
    }

    /// @notice Commitment to a payload, readable in pieces.
    function commitment(bytes calldata _payload) internal pure returns (bytes32) {
        return keccak256(abi.encode(_payload.length, Merkle.rootOfPieces(_payload)));
    }
}
