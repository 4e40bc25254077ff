// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ILuxRollup} from "../interfaces/ILuxRollup.sol";
import {Merkle} from "./Merkle.sol";

/// @notice EIP-712 struct hashes of batches and the commitment to their payload.
library BatchLib {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant BATCH_HEADER_TYPEHASH = keccak256(
        "BatchHeader(uint256 batchNumber,bytes32 parentBatchHash,bytes32 stateRoot,bytes32 transactionRoot,bytes32 receiptRoot,uint256 timestamp,uint256 l1BlockNumber,address sequencer)"
    );
    bytes32 private constant SIGNED_BATCH_TYPEHASH =
        keccak256("SignedBatch(bytes32 batchHash,bytes32 transactionsHash)");

    error BatchLib_MalformedTrace();

    /// @notice `batchHash`: the header without its signature.
    function hash(ILuxRollup.BatchHeader calldata _header) internal pure returns (bytes32 ret_) {
        bytes32 typehash = BATCH_HEADER_TYPEHASH;
        // Memory map: type hash, then the header's eight words before the signature, all past the free memory pointer.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, typehash)
            calldatacopy(add(scratch, 0x20), _header, 0x100)
            ret_ := keccak256(scratch, 0x120)
        }
    }

    /// @notice `batchHash` of the genesis batch.
    function genesisHash(bytes32 _stateRoot, bytes32 _transactionRoot, uint256 _timestamp, uint256 _l1BlockNumber)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                BATCH_HEADER_TYPEHASH,
                uint256(0),
                bytes32(0),
                _stateRoot,
                _transactionRoot,
                bytes32(0),
                _timestamp,
                _l1BlockNumber,
                address(0)
            )
        );
    }

    /// @notice What the sequencer signs, before the domain is added.
    function signedHash(bytes32 _batchHash, bytes32 _transactionsHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(SIGNED_BATCH_TYPEHASH, _batchHash, _transactionsHash));
    }

    /// @notice EIP-712 domain of batches: name "LuxRollup", version "1", this chain, this contract.
    function domainSeparator() internal view returns (bytes32) {
        return
            keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("LuxRollup"), keccak256("1"), block.chainid, address(this)));
    }

    /// @notice EIP-712 digest of a struct hash in that domain.
    function typedHash(bytes32 _structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domainSeparator(), _structHash);
    }

    /// @notice Commitment to a trace: `uint32 chunks, uint32 stride`, then the state after every `stride` chunks, the last
    /// state left out. An empty trace stands for one chunk.
    function traceCommitment(bytes memory _trace) internal pure returns (bytes32) {
        if (_trace.length == 0) return traceCommitment(1, 1, 0);
        if (_trace.length % 32 != 8) revert BatchLib_MalformedTrace();
        uint256 head = uint256(Merkle.word(_trace, 0));
        (uint256 chunks, uint256 stride) = (head >> 224, uint32(head >> 192));
        bytes32[] memory checkpoints = new bytes32[](_trace.length / 32);
        if (chunks == 0 || stride == 0 || checkpoints.length != (chunks - 1) / stride) {
            revert BatchLib_MalformedTrace();
        }
        for (uint256 i; i < checkpoints.length; ++i) {
            bytes32 checkpoint;
            // Memory map: reads the eight bytes of the head, then words, all within `_trace`.
            assembly ("memory-safe") {
                checkpoint := mload(add(_trace, add(40, mul(i, 32))))
            }
            checkpoints[i] = checkpoint;
        }
        return traceCommitment(chunks, stride, Merkle.root(checkpoints));
    }

    /// @notice The same from the Merkle root of the checkpoints.
    function traceCommitment(uint256 _chunks, uint256 _stride, bytes32 _root) internal pure returns (bytes32) {
        return keccak256(abi.encode(_chunks, _stride, _root));
    }

    /// @notice Commitment to a payload, readable in pieces.
    function commitment(bytes calldata _payload) internal pure returns (bytes32) {
        return keccak256(abi.encode(_payload.length, Merkle.rootOfPieces(_payload)));
    }
}
