// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IComputeMarket} from "../interfaces/IComputeMarket.sol";
import {MarketState} from "./MarketState.sol";

/// @notice Balances, from which everything is paid and to which everything is paid, and the stakes of workers.
abstract contract Accounts is MarketState {
    /// @inheritdoc IComputeMarket
    function deposit(address _account) external payable {
        _credit(_account, msg.value);
        emit Deposited(_account, msg.sender, msg.value);
    }

    /// @inheritdoc IComputeMarket
    function withdraw(uint256 _amount) external nonReentrant {
        if (_amount == 0) revert ComputeMarket_NothingToDo();
        _debit(msg.sender, _amount);
        emit Withdrawn(msg.sender, _amount);
        SafeTransferLib.safeTransferETH(msg.sender, _amount);
    }

    /// @inheritdoc IComputeMarket
    function stake() external payable {
        Account storage account = _store().accounts[msg.sender];
        if (account.isSlashed) revert ComputeMarket_WorkerSlashed();
        if (account.exitAt != 0) revert ComputeMarket_ExitRunning(account.exitAt);
        uint256 total = account.stake + msg.value;
        uint256 minStake = _settings().minStake;
        if (total < minStake) revert ComputeMarket_StakeTooLow(minStake);
        account.stake = _amount96(total);
        emit Staked(msg.sender, total);
    }

    /// @inheritdoc IComputeMarket
    function requestExit() external {
        Account storage account = _store().accounts[msg.sender];
        if (account.stake == 0 || account.exitAt != 0) revert ComputeMarket_NotEligible();
        uint256 exitAt = block.timestamp + _settings().challengePeriod;
        if (exitAt < _store().earlierFinalAt) exitAt = _store().earlierFinalAt;
        account.exitAt = uint40(exitAt);
        emit ExitRequested(msg.sender, exitAt);
    }

    /// @inheritdoc IComputeMarket
    function withdrawStake() external {
        Account storage account = _store().accounts[msg.sender];
        uint256 exitAt = account.exitAt;
        if (exitAt == 0) revert ComputeMarket_NotEligible();
        if (block.timestamp < exitAt) revert ComputeMarket_TooEarly(exitAt);
        if (account.disputes != 0) revert ComputeMarket_TooEarly(type(uint256).max);
        uint96 amount = account.stake;
        account.stake = 0;
        account.exitAt = 0;
        account.balance += amount;
        emit StakeWithdrawn(msg.sender, amount);
    }

    /// @inheritdoc IComputeMarket
    function collectFees() external nonReentrant {
        uint256 amount = _store().fees;
        if (amount == 0) revert ComputeMarket_NothingToDo();
        _store().fees = 0;
        address to = treasury();
        emit FeesCollected(to, amount);
        SafeTransferLib.safeTransferETH(to, amount);
    }

    /// @inheritdoc IComputeMarket
    function getAccount(address _account) external view returns (Account memory) {
        return _store().accounts[_account];
    }

    function _credit(address _account, uint256 _amount) internal {
        Account storage account = _store().accounts[_account];
        account.balance = _amount96(account.balance + _amount);
    }

    function _debit(address _account, uint256 _amount) internal {
        Account storage account = _store().accounts[_account];
        uint256 balance = account.balance;
        if (balance < _amount) revert ComputeMarket_InsufficientBalance(balance, _amount);
        // Not above the balance, which has 96 bits.
        unchecked {
            account.balance = uint96(balance - _amount);
        }
    }

    function _addFees(uint256 _amount) internal {
        _store().fees = _amount96(_store().fees + _amount);
    }

    /// @dev Whoever is leaving or was slashed takes no more work.
    function _requireWorker(address _worker, uint256 _minStake) internal view {
        Account memory account = _store().accounts[_worker];
        if (account.isSlashed || account.exitAt != 0 || account.stake < _minStake) revert ComputeMarket_NotEligible();
    }

    function _amount96(uint256 _amount) internal pure returns (uint96) {
        if (_amount > type(uint96).max) revert ComputeMarket_AmountTooLarge();
        return uint96(_amount);
    }
}
