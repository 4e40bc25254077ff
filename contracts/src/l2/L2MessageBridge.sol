// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {LibCall} from "solady/utils/LibCall.sol";
import {IMessageBridge} from "../interfaces/IMessageBridge.sol";
import {Messages} from "../libraries/Messages.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @notice L2 side of the bridge. Messages from L1 arrive as deposits; messages to L1 are events that batches commit to.
contract L2MessageBridge is IMessageBridge, ReentrancyGuardTransient {
    /// @notice L1 gas that a message to L1 is promised at least.
    uint256 public constant L1_GAS_LIMIT = 200_000;
    /// @notice Kept from a delivered call to record its outcome.
    uint256 private constant RESERVED_GAS = 60_000;

    /// @notice Number of messages sent to L1, and the nonce of the next one.
    uint256 public messageNonce;
    /// @dev Apart, because the two directions number their messages independently: equal hashes must not meet.
    mapping(bytes32 => bool) private _sent;
    mapping(bytes32 => uint8) private _status;
    address private transient _crossDomainSender;

    event MessageSentToL1(
        bytes32 indexed messageHash,
        address indexed sender,
        address indexed target,
        uint256 value,
        uint256 gasLimit,
        bytes data,
        uint256 nonce
    );
    event MessageExecuted(bytes32 indexed messageHash);
    event MessageFailed(bytes32 indexed messageHash);

    error L2MessageBridge_WrongLayer();
    error L2MessageBridge_NotL1Bridge();
    error L2MessageBridge_NotFailed();
    error L2MessageBridge_CallFailed();
    error L2MessageBridge_InsufficientGas();
    error L2MessageBridge_ForbiddenTarget();
    error L2MessageBridge_DataTooLong();
    error L2MessageBridge_NoMessage();

    /// @notice First delivery of a message from L1. Never reverts: a failing call is recorded, its value kept.
    function deliverMessage(L2Message calldata _message) external payable nonReentrant {
        if (msg.sender != Predeploys.L1_MESSAGE_BRIDGE) revert L2MessageBridge_NotL1Bridge();
        bytes32 messageHash = Messages.hash(_message);
        bytes memory data = _message.data;
        _status[messageHash] = Messages.EXECUTED;
        uint256 available = gasleft();
        available = available > RESERVED_GAS ? available - RESERVED_GAS : 0;
        if (_call(_message, available < _message.gasLimit ? available : _message.gasLimit, data)) {
            emit MessageExecuted(messageHash);
        } else {
            _status[messageHash] = Messages.FAILED;
            emit MessageFailed(messageHash);
        }
    }

    /// @inheritdoc IMessageBridge
    /// @dev Repeats a failed delivery, by anyone and with all the gas of the caller; the signature is not used.
    function relayMessageToL2(L2Message calldata _message, bytes calldata) external nonReentrant {
        bytes32 messageHash = Messages.hash(_message);
        if (_status[messageHash] != Messages.FAILED) revert L2MessageBridge_NotFailed();
        _status[messageHash] = Messages.EXECUTED;
        bytes memory data = _message.data;
        if (gasleft() < _message.gasLimit + _message.gasLimit / 63 + RESERVED_GAS + 40_000) {
            revert L2MessageBridge_InsufficientGas();
        }
        if (!_call(_message, gasleft() - RESERVED_GAS, data)) revert L2MessageBridge_CallFailed();
        emit MessageExecuted(messageHash);
    }

    /// @inheritdoc IMessageBridge
    function sendMessageToL1(address _target, bytes calldata _data) external returns (bytes32) {
        return _send(_target, 0, _data);
    }

    /// @notice A message to L1 with the ETH of this call.
    function sendEtherToL1(address _target, bytes calldata _data) external payable returns (bytes32) {
        return _send(_target, msg.value, _data);
    }

    /// @inheritdoc IMessageBridge
    function sendMessageToL2(address, bytes calldata) external payable returns (uint256) {
        revert L2MessageBridge_WrongLayer();
    }

    /// @inheritdoc IMessageBridge
    function relayMessageFromL2(L2Message calldata, MessageProof calldata) external pure {
        revert L2MessageBridge_WrongLayer();
    }

    /// @notice L1 sender of the message being executed.
    function xDomainMessageSender() external view returns (address) {
        if (_crossDomainSender == address(0)) revert L2MessageBridge_NoMessage();
        return _crossDomainSender;
    }

    /// @inheritdoc IMessageBridge
    /// @dev 0 unknown, 1 sent to L1, 2 executed here, 3 failed here and repeatable.
    function getMessageStatus(bytes32 _messageHash) external view returns (uint8) {
        uint8 status = _status[_messageHash];
        return status == Messages.UNKNOWN && _sent[_messageHash] ? Messages.SENT : status;
    }

    /// @inheritdoc IMessageBridge
    function isMessageExecuted(bytes32 _messageHash) external view returns (bool) {
        return _status[_messageHash] == Messages.EXECUTED;
    }

    function _send(address _target, uint256 _value, bytes calldata _data) private returns (bytes32 messageHash_) {
        // Only withdrawals of the token bridge are understood there; anything else would be lost.
        if (_target == Predeploys.L1_ROLLUP && msg.sender != Predeploys.L2_TOKEN_BRIDGE) {
            revert L2MessageBridge_ForbiddenTarget();
        }
        if (_data.length > Messages.MAX_DATA_BYTES) revert L2MessageBridge_DataTooLong();
        uint256 nonce = messageNonce++;
        messageHash_ = Messages.hash(L2Message(msg.sender, _target, _value, L1_GAS_LIMIT, _data, nonce));
        _sent[messageHash_] = true;
        emit MessageSentToL1(messageHash_, msg.sender, _target, _value, L1_GAS_LIMIT, _data, nonce);
    }

    function _call(L2Message calldata _message, uint256 _gas, bytes memory _data) private returns (bool success_) {
        if (_message.target == address(this) || _message.target == Predeploys.L2_TOKEN_BRIDGE) return false;
        _crossDomainSender = _message.sender;
        (success_,,) = LibCall.tryCall(_message.target, _message.value, _gas, 0, _data);
        _crossDomainSender = address(0);
    }
}
