// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IDistributedTrainingRollup} from "../interfaces/IDistributedTrainingRollup.sol";
import {ITrainingTypes} from "../interfaces/ITrainingTypes.sol";

/// @notice What workers of a training job sign: EIP-712, and the domains of docs/secure-aggregation.md.
library TrainingMessages {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant GRADIENT_TYPEHASH = keccak256(
        "GradientUpdate(bytes32 jobId,uint256 attempt,address worker,bytes32 gradientHash,uint256 dataPointsProcessed,bytes32[] dataShardHashes)"
    );
    bytes32 private constant VOTE_TYPEHASH =
        keccak256("AggregateVote(bytes32 jobId,uint256 attempt,bytes32 aggregate,bytes32 weights,uint256 survivors)");
    bytes32 private constant MEMBERSHIP_TYPEHASH = keccak256("Membership(bytes32 jobId,address worker)");

    bytes32 private constant CONTEXT_TAG = keccak256("lux-secagg/1 context");
    bytes32 private constant ROSTER_TAG = keccak256("lux-secagg/1 roster");
    bytes32 private constant ROUND_TAG = keccak256("lux-secagg/1 round");
    bytes32 private constant ADVERTISE_KEYS_TAG = keccak256("lux-secagg/1 AdvertiseKeys");

    /// @notice Struct hash of a worker's update for a run.
    function gradientHash(
        bytes32 _jobId,
        uint256 _attempt,
        IDistributedTrainingRollup.WorkerContribution calldata _update
    ) internal pure returns (bytes32) {
        bytes32 shards = keccak256(abi.encodePacked(_update.dataShardHashes));
        return keccak256(
            abi.encode(
                GRADIENT_TYPEHASH,
                _jobId,
                _attempt,
                _update.worker,
                _update.gradientHash,
                _update.dataPointsProcessed,
                shards
            )
        );
    }

    function voteHash(bytes32 _jobId, uint256 _attempt, bytes32 _aggregate, bytes32 _weights, uint256 _survivors)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(VOTE_TYPEHASH, _jobId, _attempt, _aggregate, _weights, _survivors));
    }

    function membershipHash(bytes32 _jobId, address _worker) internal pure returns (bytes32) {
        return keccak256(abi.encode(MEMBERSHIP_TYPEHASH, _jobId, _worker));
    }

    /// @notice EIP-712 digest: name "LuxTraining", version "1", this chain, this contract.
    function typed(bytes32 _structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("LuxTraining"), keccak256("1"), block.chainid, address(this))
        );
        return MessageHashUtils.toTypedDataHash(domain, _structHash);
    }

    /// @notice Digest of the context. Job ids are of one contract, so the contract is part of what stands for the job.
    function contextOf(bytes32 _jobId, uint256 _attempt) internal view returns (bytes32) {
        bytes32 job = keccak256(abi.encode(address(this), _jobId));
        return keccak256(abi.encode(CONTEXT_TAG, block.chainid, job, _attempt));
    }

    /// @notice Digest of a roster; `_members` has address and keys of each.
    function rosterOf(bytes32 _context, uint256 _eligible, bytes memory _members) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(ROSTER_TAG, _context, uint16(_eligible), _members));
    }

    /// @notice Digest of a round whose workers all are neighbours.
    function roundOf(
        bytes32 _context,
        bytes32 _roster,
        bytes32 _beacon,
        uint256 _workers,
        uint32 _entries,
        uint8 _wordBits
    ) internal pure returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                ROUND_TAG,
                _context,
                _roster,
                _beacon,
                uint16(_workers - 1),
                uint16(quorum(_workers)),
                _entries,
                _wordBits
            )
        );
    }

    /// @notice What is signed of keys of 64 bytes.
    function keysDigest(bytes32 _context, bytes calldata _keys) internal pure returns (bytes32) {
        return keccak256(abi.encode(ADVERTISE_KEYS_TAG, _context, keccak256(_keys)));
    }

    /// @notice What is signed of a statement whose own part is `_content`: the hash of a body, or the struct's last fields.
    function statementDigest(
        ITrainingTypes.Statement _statement,
        bytes32 _jobId,
        uint256 _attempt,
        bytes32 _domain,
        bytes memory _content
    ) internal view returns (bytes32) {
        if (_statement >= ITrainingTypes.Statement.GradientUpdate) {
            bool isUpdate = _statement == ITrainingTypes.Statement.GradientUpdate;
            if (_content.length != (isUpdate ? 128 : 96)) revert ITrainingTypes.Training_InvalidEncoding();
            bytes32 typehash = isUpdate ? GRADIENT_TYPEHASH : VOTE_TYPEHASH;
            return typed(keccak256(bytes.concat(abi.encode(typehash, _jobId, _attempt), _content)));
        }
        if (_content.length != 32) revert ITrainingTypes.Training_InvalidEncoding();
        return keccak256(bytes.concat(_tagOf(_statement), _domain, _content));
    }

    /// @notice More than two thirds.
    function quorum(uint256 _workers) internal pure returns (uint256) {
        return 2 * _workers / 3 + 1;
    }

    function _tagOf(ITrainingTypes.Statement _statement) private pure returns (bytes32) {
        if (_statement == ITrainingTypes.Statement.AdvertiseKeys) return ADVERTISE_KEYS_TAG;
        if (_statement == ITrainingTypes.Statement.ShareKeys) return keccak256("lux-secagg/1 ShareKeys");
        if (_statement == ITrainingTypes.Statement.MaskedInput) return keccak256("lux-secagg/1 MaskedInput");
        if (_statement == ITrainingTypes.Statement.Survivors) return keccak256("lux-secagg/1 Survivors");
        return keccak256("lux-secagg/1 Unmask");
    }
}
