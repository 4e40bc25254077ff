// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "solady/utils/ECDSA.sol";
import {EIP712} from "solady/utils/EIP712.sol";
import {GasBurnerLib} from "solady/utils/GasBurnerLib.sol";
import {LibCall} from "solady/utils/LibCall.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IMessageBridge} from "../interfaces/IMessageBridge.sol";
import {IMessageQueue} from "../interfaces/IMessageQueue.sol";
import {IRollupCore} from "../interfaces/IRollupCore.sol";
import {Messages} from "../libraries/Messages.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {Companion} from "./Companion.sol";

/// @notice L1 side of the bridge: the queue of L1 -> L2 messages, the ETH escrow, and execution of L2 -> L1 messages.
contract MessageBridge is IMessageBridge, IMessageQueue, EIP712, Companion, ReentrancyGuardTransient {
    using Checkpoints for Checkpoints.Trace208;

    /// @notice L2 gas that the entries of one L1 block may ask for, and the amount at which the price is stable.
    uint256 public constant QUEUE_GAS_LIMIT = 20_000_000;
    uint256 public constant QUEUE_GAS_TARGET = 5_000_000;
    /// @notice L2 gas that the entries of one batch may ask for: a run of the program has to end in time to be disputed.
    uint256 public constant BATCH_GAS_LIMIT = 500_000_000;
    /// @notice Prices are in thousandths of L1 gas burnt per L2 gas; the lowest one counts as zero.
    uint256 public constant PRICE_UNIT = 1000;
    uint256 public constant MIN_PRICE = 64;
    uint256 public constant MAX_PRICE = 10_000;
    uint256 private constant PRICE_CHANGE_DENOMINATOR = 8;
    uint256 private constant GAS_SHIFT = 64;

    /// @notice L2 gas of an entry per byte of its data, and of the L2 bridge around a message.
    uint256 public constant GAS_PER_BYTE = 40;
    uint256 public constant RELAY_GAS = 150_000;
    /// @notice Kept from a relayed call to record its outcome.
    uint256 private constant RESERVED_GAS = 60_000;

    bytes32 private constant MESSAGE_TYPEHASH =
        keccak256("L2Message(address sender,address target,uint256 value,uint256 gasLimit,bytes data,uint256 nonce)");

    struct QueueState {
        uint64 length;
        uint64 l1BlockNumber;
        uint64 gasUsed;
        uint64 price;
    }

    address public tokenBridge;
    uint64 public messageGasLimit;
    QueueState private _queue;
    /// @dev By L1 block: entries made so far, and above that the gas they ask for.
    Checkpoints.Trace208 private _totals;
    mapping(uint256 => bytes32) public accumulatorOf;
    /// @dev Apart, because the two directions number their messages independently: equal hashes must not meet.
    mapping(bytes32 => bool) private _sent;
    mapping(bytes32 => uint8) private _status;
    /// @notice Next nonce of a signer of `relayMessageToL2`.
    mapping(address => uint256) public nonces;
    address private transient _crossDomainSender;

    event MessageSentToL2(
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

    error MessageBridge_WrongLayer();
    error MessageBridge_NotQueueWriter();
    error MessageBridge_DataTooLong();
    error MessageBridge_QueueFull();
    error MessageBridge_TooManyEntries();
    error MessageBridge_OutOfInclusionWindow();
    error MessageBridge_ForbiddenTarget();
    error MessageBridge_InvalidSignature();
    error MessageBridge_InvalidMessage();
    error MessageBridge_NotFinalized();
    error MessageBridge_AlreadyExecuted();
    error MessageBridge_CallFailed();
    error MessageBridge_InsufficientGas();
    error MessageBridge_NoMessage();

    function initialize(address _rollup, address _tokenBridge, uint64 _messageGasLimit) external initializer {
        _initializeCompanion(_rollup);
        tokenBridge = _tokenBridge;
        messageGasLimit = _messageGasLimit;
        _queue.price = uint64(MIN_PRICE);
    }

    /// @inheritdoc IMessageBridge
    /// @dev Returns the queue index, which is the message's nonce.
    function sendMessageToL2(address _target, bytes calldata _data) external payable returns (uint256) {
        return _send(msg.sender, _target, _data);
    }

    /// @inheritdoc IMessageBridge
    /// @dev Enqueues a message that `_message.sender` signed with its next nonce; it carries no value.
    function relayMessageToL2(L2Message calldata _message, bytes calldata _signature) external {
        if (_message.value != 0 || _message.gasLimit != messageGasLimit) revert MessageBridge_InvalidMessage();
        if (_message.nonce != nonces[_message.sender]++) revert MessageBridge_InvalidMessage();
        bytes32 digest = _hashTypedData(
            keccak256(
                abi.encode(
                    MESSAGE_TYPEHASH,
                    _message.sender,
                    _message.target,
                    _message.value,
                    _message.gasLimit,
                    keccak256(_message.data),
                    _message.nonce
                )
            )
        );
        address signer = ECDSA.tryRecoverCalldata(digest, _signature);
        if (signer == address(0) || signer != _message.sender) revert MessageBridge_InvalidSignature();
        _send(signer, _message.target, _message.data);
    }

    /// @inheritdoc IMessageBridge
    function sendMessageToL1(address, bytes calldata) external pure returns (bytes32) {
        revert MessageBridge_WrongLayer();
    }

    /// @inheritdoc IMessageBridge
    /// @dev The first failing call is recorded, so that anyone may repeat it; a repeated one that fails reverts.
    function relayMessageFromL2(L2Message calldata _message, MessageProof calldata _proof) external nonReentrant {
        IRollupCore core = IRollupCore(rollup);
        core.settings().requireWithdrawalsOpen();
        bytes32 messageHash = Messages.hash(_message);
        uint8 status = _status[messageHash];
        if (status == Messages.EXECUTED) revert MessageBridge_AlreadyExecuted();
        (, bytes32 receiptRoot, IRollupCore.BatchStatus batchStatus) = core.canonicalBatch(_proof.batchHash);
        if (batchStatus != IRollupCore.BatchStatus.Finalized) revert MessageBridge_NotFinalized();
        Messages.requireIncluded(messageHash, _proof, receiptRoot);
        _requireAllowedTarget(core, _message.target);

        _status[messageHash] = Messages.EXECUTED;
        _crossDomainSender = _message.sender;
        bool success = _call(_message);
        _crossDomainSender = address(0);

        if (success) {
            emit MessageExecuted(messageHash);
        } else {
            if (status == Messages.FAILED) revert MessageBridge_CallFailed();
            _status[messageHash] = Messages.FAILED;
            emit MessageFailed(messageHash);
        }
    }

    /// @notice Appends an entry; only for the rollup's own contracts, which vouch for `_sender`.
    /// @dev `msg.value` is created on L2; `_value` is what the call there carries.
    function enqueue(address _sender, address _target, uint256 _value, bytes calldata _data)
        external
        payable
        returns (uint256 index_)
    {
        if (msg.sender != rollup && msg.sender != tokenBridge) revert MessageBridge_NotQueueWriter();
        if (_data.length > Messages.MAX_DATA_BYTES) revert MessageBridge_DataTooLong();
        index_ = _enqueue(_sender, _target, _value, messageGasLimit, _data);
    }

    /// @notice Marks a withdrawal as executed, once, and pays its ETH.
    function settle(bytes32 _messageHash, address _to, uint256 _value) external {
        if (msg.sender != tokenBridge) revert MessageBridge_NotQueueWriter();
        if (_status[_messageHash] == Messages.EXECUTED) revert MessageBridge_AlreadyExecuted();
        _status[_messageHash] = Messages.EXECUTED;
        emit MessageExecuted(_messageHash);
        if (_value != 0) SafeTransferLib.safeTransferETH(_to, _value);
    }

    /// @notice L2 sender of the message being executed.
    function xDomainMessageSender() external view returns (address) {
        if (_crossDomainSender == address(0)) revert MessageBridge_NoMessage();
        return _crossDomainSender;
    }

    /// @inheritdoc IMessageBridge
    /// @dev 0 unknown, 1 sent to L2, 2 executed here, 3 failed here and repeatable.
    function getMessageStatus(bytes32 _messageHash) external view returns (uint8) {
        uint8 status = _status[_messageHash];
        return status == Messages.UNKNOWN && _sent[_messageHash] ? Messages.SENT : status;
    }

    /// @inheritdoc IMessageBridge
    function isMessageExecuted(bytes32 _messageHash) external view returns (bool) {
        return _status[_messageHash] == Messages.EXECUTED;
    }

    /// @notice Number of entries ever made.
    function queueLength() external view returns (uint256) {
        return _queue.length;
    }

    /// @notice Entries made up to and including an L1 block, and the accumulator over them.
    function queueAt(uint256 _l1BlockNumber) external view returns (uint256 count_, bytes32 accumulator_) {
        (count_,) = _totalsAt(_l1BlockNumber);
        accumulator_ = accumulatorOf[count_];
    }

    /// @notice As `queueAt`, for a batch that ends at this L1 block and follows one that ended at `_parentBlock`. It must not
    /// take more than fits, and may end out of the inclusion window only if the next L1 block does not fit.
    function entriesBetween(uint256 _parentBlock, uint256 _l1BlockNumber, uint256 _inclusionWindow)
        external
        view
        returns (uint256 count_, bytes32 accumulator_)
    {
        (, uint256 gasBefore) = _totalsAt(_parentBlock);
        uint256 gas;
        (count_, gas) = _totalsAt(_l1BlockNumber);
        if (gas - gasBefore > BATCH_GAS_LIMIT) revert MessageBridge_TooManyEntries();
        if (block.number - _l1BlockNumber > _inclusionWindow) {
            (, gas) = _totalsAt(_l1BlockNumber + 1);
            if (gas - gasBefore <= BATCH_GAS_LIMIT) revert MessageBridge_OutOfInclusionWindow();
        }
        accumulator_ = accumulatorOf[count_];
    }

    /// @notice L1 gas that an entry asking for `_gasLimit` L2 gas would burn now.
    function queueCost(uint256 _gasLimit) external view returns (uint256) {
        return _cost(_currentQueue().price, _gasLimit);
    }

    /// @notice L2 gas that may still be asked for in this L1 block.
    function queueGasLeft() external view returns (uint256) {
        return QUEUE_GAS_LIMIT - _currentQueue().gasUsed;
    }

    function _send(address _sender, address _target, bytes calldata _data) private returns (uint256 index_) {
        if (_target == Predeploys.L2_MESSAGE_BRIDGE || _target == Predeploys.L2_TOKEN_BRIDGE) {
            revert MessageBridge_ForbiddenTarget();
        }
        if (_data.length > Messages.MAX_DATA_BYTES) revert MessageBridge_DataTooLong();
        L2Message memory message = L2Message({
            sender: _sender,
            target: _target,
            value: msg.value,
            gasLimit: messageGasLimit,
            data: _data,
            nonce: _queue.length
        });
        bytes32 messageHash = Messages.hash(message);
        _sent[messageHash] = true;
        emit MessageSentToL2(messageHash, _sender, _target, msg.value, message.gasLimit, _data, message.nonce);
        // The L2 bridge can forward 63/64 of what it has.
        index_ = _enqueue(
            Predeploys.L1_MESSAGE_BRIDGE,
            Predeploys.L2_MESSAGE_BRIDGE,
            msg.value,
            message.gasLimit + message.gasLimit / 63 + RELAY_GAS,
            abi.encodeWithSignature("deliverMessage((address,address,uint256,uint256,bytes,uint256))", message)
        );
    }

    function _enqueue(address _sender, address _target, uint256 _value, uint256 _gas, bytes memory _data)
        private
        returns (uint256 index_)
    {
        IRollupCore(rollup).settings().requireDepositsOpen(msg.value);
        uint256 gasLimit = _gas + GAS_PER_BYTE * _data.length;

        QueueState memory queue = _currentQueue();
        if (queue.gasUsed + gasLimit > QUEUE_GAS_LIMIT) revert MessageBridge_QueueFull();
        index_ = queue.length;
        queue.gasUsed += uint64(gasLimit);
        queue.length += 1;
        _queue = queue;

        bytes32 entryHash = keccak256(
            abi.encode(_sender, _target, msg.value, _value, gasLimit, keccak256(_data), index_, block.number)
        );
        bytes32 accumulator = keccak256(abi.encode(accumulatorOf[index_], entryHash));
        accumulatorOf[index_ + 1] = accumulator;
        (, uint256 gas) = _totalsAt(block.number);
        _totals.push(uint48(block.number), uint208((gas + gasLimit) << GAS_SHIFT | (index_ + 1)));
        emit MessageEnqueued(index_, _sender, _target, msg.value, _value, gasLimit, _data, accumulator);
        GasBurnerLib.burnPure(_cost(queue.price, gasLimit));
    }

    function _totalsAt(uint256 _l1BlockNumber) private view returns (uint256 count_, uint256 gas_) {
        uint256 totals = _totals.upperLookupRecent(uint48(_l1BlockNumber));
        return (totals & ((1 << GAS_SHIFT) - 1), totals >> GAS_SHIFT);
    }

    /// @dev The queue state with the price brought forward to this block, as EIP-1559 does.
    function _currentQueue() private view returns (QueueState memory queue_) {
        queue_ = _queue;
        uint256 blocks = block.number - queue_.l1BlockNumber;
        if (blocks == 0) return queue_;
        uint256 price = queue_.price;
        uint256 scale = QUEUE_GAS_TARGET * PRICE_CHANGE_DENOMINATOR;
        if (queue_.gasUsed > QUEUE_GAS_TARGET) {
            price += price * (queue_.gasUsed - QUEUE_GAS_TARGET) / scale + 1;
        } else {
            price -= price * (QUEUE_GAS_TARGET - queue_.gasUsed) / scale;
        }
        for (uint256 i = 1; i < blocks && price > MIN_PRICE; ++i) {
            price -= price / PRICE_CHANGE_DENOMINATOR;
        }
        if (price < MIN_PRICE) price = MIN_PRICE;
        if (price > MAX_PRICE) price = MAX_PRICE;
        queue_.price = uint64(price);
        queue_.l1BlockNumber = uint64(block.number);
        queue_.gasUsed = 0;
    }

    function _cost(uint256 _price, uint256 _gasLimit) private pure returns (uint256) {
        return _price == MIN_PRICE ? 0 : _gasLimit * _price / PRICE_UNIT;
    }

    /// @dev Calls with all gas but a reserve, and insists that this is at least what the message asks for.
    function _call(L2Message calldata _message) private returns (bool success_) {
        bytes memory data = _message.data;
        if (gasleft() < _message.gasLimit + _message.gasLimit / 63 + RESERVED_GAS + 40_000) {
            revert MessageBridge_InsufficientGas();
        }
        (success_,,) = LibCall.tryCall(_message.target, _message.value, gasleft() - RESERVED_GAS, 0, data);
    }

    function _requireAllowedTarget(IRollupCore _core, address _target) private view {
        if (
            _target == address(_core) || _target == address(this) || _target == tokenBridge
                || _target == _core.registry() || _target == address(_core.settings())
                || _target == Predeploys.L1_ROLLUP
        ) revert MessageBridge_ForbiddenTarget();
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("LuxMessageBridge", "1");
    }
}
