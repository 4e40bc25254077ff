// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MetadataReaderLib} from "solady/utils/MetadataReaderLib.sol";
import {IL1TokenBridge} from "../interfaces/IL1TokenBridge.sol";
import {IMessageBridge} from "../interfaces/IMessageBridge.sol";
import {IMessageQueue} from "../interfaces/IMessageQueue.sol";
import {IRollupCore} from "../interfaces/IRollupCore.sol";
import {Messages} from "../libraries/Messages.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {Companion} from "./Companion.sol";

/// @notice Holds the ERC-20 escrow and the records of proved withdrawals; called by `RollupCore` only, which is also its
/// guard against reentrancy. ETH is held by `MessageBridge`.
contract L1TokenBridge is IL1TokenBridge, Companion {
    using SafeERC20 for IERC20;

    uint256 private constant MAX_METADATA_BYTES = 64;
    uint256 private constant METADATA_GAS = 60_000;

    IMessageQueue public bridge;
    mapping(address => uint256) public escrowOf;
    mapping(uint256 => Withdrawal) private _withdrawals;

    error L1TokenBridge_InvalidUserData();
    error L1TokenBridge_RecipientRequired();
    error L1TokenBridge_NothingReceived();
    error L1TokenBridge_NotAWithdrawal();
    error L1TokenBridge_BatchNotProposed();
    error L1TokenBridge_AlreadyProven();
    error L1TokenBridge_AlreadyPaid();
    error L1TokenBridge_NotProven();
    error L1TokenBridge_NotFinalized();

    function initialize(address _rollup, address _bridge) external initializer {
        _initializeCompanion(_rollup);
        bridge = IMessageQueue(_bridge);
    }

    /// @notice A call on L2 with `_value`; the ETH that comes along is created on the caller's L2 account before.
    function depositEther(address _from, uint256 _value, bytes calldata _userData) external payable onlyRollup {
        address target = _recipient(_from, _userData);
        address sender = _from == tx.origin ? _from : Predeploys.aliasOf(_from);
        bytes calldata data = _userData.length == 0 ? _userData : _userData[20:];
        uint256 index = bridge.enqueue{value: msg.value}(sender, target, _value, data);
        emit DepositInitiated(address(0), _from, target, msg.value, index);
    }

    /// @notice Credits ERC-20 tokens that have already arrived here.
    function depositToken(address _token, address _from, uint256 _received, bytes calldata _userData)
        external
        onlyRollup
    {
        if (_received == 0) revert L1TokenBridge_NothingReceived();
        if (_userData.length != 0 && _userData.length != 20) revert L1TokenBridge_InvalidUserData();
        address to = _recipient(_from, _userData);
        if (to == address(0)) revert L1TokenBridge_InvalidUserData();
        escrowOf[_token] += _received;
        bytes memory data = abi.encodeWithSignature(
            "finalizeDeposit(address,address,address,uint256,string,string,uint8)",
            _token,
            _from,
            to,
            _received,
            MetadataReaderLib.readName(_token, MAX_METADATA_BYTES, METADATA_GAS),
            MetadataReaderLib.readSymbol(_token, MAX_METADATA_BYTES, METADATA_GAS),
            MetadataReaderLib.readDecimals(_token, METADATA_GAS)
        );
        uint256 index = bridge.enqueue(Predeploys.L1_ROLLUP, Predeploys.L2_TOKEN_BRIDGE, 0, data);
        emit DepositInitiated(_token, _from, to, _received, index);
    }

    /// @notice Records a withdrawal that is in a batch with a claim; again if that claim was rejected since.
    function prove(address _token, uint256 _amount, bytes calldata _proof) external onlyRollup {
        (IMessageBridge.L2Message memory message, IMessageBridge.MessageProof memory proof) =
            abi.decode(_proof, (IMessageBridge.L2Message, IMessageBridge.MessageProof));
        if (message.sender != Predeploys.L2_TOKEN_BRIDGE || message.target != Predeploys.L1_ROLLUP) {
            revert L1TokenBridge_NotAWithdrawal();
        }
        (address token, address recipient, uint256 amount) = abi.decode(message.data, (address, address, uint256));
        if (token != _token || amount != _amount || message.value != (token == address(0) ? amount : 0)) {
            revert L1TokenBridge_NotAWithdrawal();
        }
        bytes32 messageHash = Messages.hash(message);
        (uint256 batchNumber, bytes32 receiptRoot,) = _claimed(proof.batchHash);
        Messages.requireIncluded(messageHash, proof, receiptRoot);

        Withdrawal storage withdrawal = _withdrawals[uint256(messageHash)];
        if (withdrawal.paid) revert L1TokenBridge_AlreadyPaid();
        if (withdrawal.receiptRoot != 0) {
            (bool stands,) = _standing(withdrawal);
            if (stands) revert L1TokenBridge_AlreadyProven();
        }
        withdrawal.receiptRoot = receiptRoot;
        withdrawal.token = token;
        withdrawal.batchNumber = uint64(batchNumber);
        withdrawal.recipient = recipient;
        withdrawal.amount = amount;
        emit WithdrawalProven(uint256(messageHash), token, recipient, amount, batchNumber);
    }

    /// @notice Pays a proved withdrawal of a final batch; recipient zero stands for the rollup's treasury.
    function pay(uint256 _withdrawalId) external onlyRollup {
        Withdrawal storage withdrawal = _withdrawals[_withdrawalId];
        if (withdrawal.receiptRoot == 0) revert L1TokenBridge_NotProven();
        if (withdrawal.paid) revert L1TokenBridge_AlreadyPaid();
        (bool stands, bool isFinal) = _standing(withdrawal);
        if (!stands || !isFinal) revert L1TokenBridge_NotFinalized();
        withdrawal.paid = true;
        address token = withdrawal.token;
        uint256 amount = withdrawal.amount;
        address recipient = withdrawal.recipient;
        if (recipient == address(0)) recipient = IRollupCore(rollup).settings().treasury();
        emit WithdrawalFinalized(_withdrawalId, token, recipient, amount);
        if (token == address(0)) {
            bridge.settle(bytes32(_withdrawalId), recipient, amount);
        } else {
            escrowOf[token] -= amount;
            bridge.settle(bytes32(_withdrawalId), recipient, 0);
            IERC20(token).safeTransfer(recipient, amount);
        }
    }

    /// @notice A proved withdrawal; all zero when there is none.
    function withdrawals(uint256 _withdrawalId) external view returns (Withdrawal memory) {
        return _withdrawals[_withdrawalId];
    }

    /// @dev A record stands while the batch it was proved against still has the same claim.
    function _standing(Withdrawal storage _withdrawal) private view returns (bool stands_, bool isFinal_) {
        (bytes32 receiptRoot, IRollupCore.BatchStatus status) =
            IRollupCore(rollup).receiptRootOf(_withdrawal.batchNumber);
        isFinal_ = status == IRollupCore.BatchStatus.Finalized;
        stands_ = receiptRoot == _withdrawal.receiptRoot && (isFinal_ || status == IRollupCore.BatchStatus.Proposed);
    }

    function _claimed(bytes32 _batchHash)
        private
        view
        returns (uint256 batchNumber_, bytes32 receiptRoot_, IRollupCore.BatchStatus status_)
    {
        (batchNumber_, receiptRoot_, status_) = IRollupCore(rollup).canonicalBatch(_batchHash);
        if (status_ != IRollupCore.BatchStatus.Proposed && status_ != IRollupCore.BatchStatus.Finalized) {
            revert L1TokenBridge_BatchNotProposed();
        }
    }

    function _recipient(address _from, bytes calldata _userData) private view returns (address) {
        if (_userData.length == 0) {
            if (_from != tx.origin) revert L1TokenBridge_RecipientRequired();
            return _from;
        }
        if (_userData.length < 20) revert L1TokenBridge_InvalidUserData();
        return address(bytes20(_userData[:20]));
    }
}
