// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ITrainingDisputes} from "../interfaces/ITrainingDisputes.sol";
import {EnclaveSignature} from "../libraries/EnclaveSignature.sol";
import {TrainingMessages} from "../libraries/TrainingMessages.sol";
import {Accusations} from "./Accusations.sol";

/// @notice The second part of distributed training. This last piece slashes workers by what they signed.
abstract contract TrainingDisputes is Accusations {
    /// @dev Owner, kind and share, of the message `Unmask`.
    uint256 private constant SHARE_BYTES = 35;
    uint256 private constant MAX_UNMASK_BYTES = 8_192;

    /// @inheritdoc ITrainingDisputes
    /// @dev `_misbehaviorProof = abi.encode(kind, body)`.
    /// `Equivocation`: `body = abi.encode(jobId, attempt, statement, first, firstSignature, second, secondSignature)`: two different
    /// statements of which a worker makes one at most. Of messages the hash of the body, of others their struct's last fields.
    /// `BothShares`: `body = abi.encode(jobId, attempt, message, signature, first, second)`: an `Unmask` whose entries at these two
    /// places are of one owner and of different kinds.
    /// `NormBound`, `WrongShard`: `body = abi.encode(accusation)`: one that nobody disproved. The reward is the accuser's.
    function slashMaliciousWorker(address _worker, bytes calldata _misbehaviorProof) external {
        (Misbehaviour kind, bytes memory body) = abi.decode(_misbehaviorProof, (Misbehaviour, bytes));
        if (_isByProgram(kind)) return _uphold(abi.decode(body, (bytes32)), _worker, kind);
        bytes32 jobId;
        if (kind == Misbehaviour.Equivocation) jobId = _equivocation(_worker, body);
        else if (kind == Misbehaviour.BothShares) jobId = _bothShares(_worker, body);
        else revert Training_NotProvable(kind);
        Member storage member = _store().members[jobId][_worker];
        if (!member.isMember || member.isSlashed) revert Training_NotMember(_worker);
        _slash(jobId, _worker, kind, msg.sender);
    }

    function _equivocation(address _worker, bytes memory _body) private view returns (bytes32) {
        (
            bytes32 jobId,
            uint256 attempt,
            Statement statement,
            bytes memory first,
            bytes memory firstSignature,
            bytes memory second,
            bytes memory secondSignature
        ) = abi.decode(_body, (bytes32, uint256, Statement, bytes, bytes, bytes, bytes));
        if (keccak256(first) == keccak256(second)) revert Training_InvalidProof();
        _requireSigned(_worker, _digest(statement, jobId, attempt, first), firstSignature);
        _requireSigned(_worker, _digest(statement, jobId, attempt, second), secondSignature);
        return jobId;
    }

    function _bothShares(address _worker, bytes memory _body) private view returns (bytes32) {
        (bytes32 jobId, uint256 attempt, bytes memory message, bytes memory signature, uint256 first, uint256 second) =
            abi.decode(_body, (bytes32, uint256, bytes, bytes, uint256, uint256));
        if (message.length > MAX_UNMASK_BYTES) revert Training_TooLong(MAX_UNMASK_BYTES);
        uint256 entries = message.length / SHARE_BYTES;
        if (first >= entries || second >= entries) revert Training_InvalidProof();
        (uint16 owner, uint8 kind) = _shareAt(message, first);
        (uint16 otherOwner, uint8 otherKind) = _shareAt(message, second);
        if (owner != otherOwner || kind == otherKind) revert Training_InvalidProof();
        bytes32 digest = _digest(Statement.Unmask, jobId, attempt, abi.encode(keccak256(message)));
        _requireSigned(_worker, digest, signature);
        return jobId;
    }

    function _digest(Statement _statement, bytes32 _jobId, uint256 _attempt, bytes memory _content)
        private
        view
        returns (bytes32)
    {
        (bytes32 context, bytes32 round) = secureDomains(_jobId, _attempt);
        bytes32 domain = _statement == Statement.AdvertiseKeys ? context : round;
        if (domain == 0 && _statement < Statement.GradientUpdate) revert Training_InvalidProof();
        return TrainingMessages.statementDigest(_statement, _jobId, _attempt, domain, _content);
    }

    function _requireSigned(address _worker, bytes32 _hash, bytes memory _signature) private pure {
        if (_worker == address(0) || EnclaveSignature.recover(_hash, _signature) != _worker) {
            revert Training_InvalidProof();
        }
    }

    function _shareAt(bytes memory _message, uint256 _place) private pure returns (uint16 owner_, uint8 kind_) {
        uint256 start = _place * SHARE_BYTES;
        owner_ = uint16(bytes2(_message[start])) | uint8(_message[start + 1]);
        kind_ = uint8(_message[start + 2]);
    }
}
