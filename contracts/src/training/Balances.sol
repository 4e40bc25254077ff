// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {ITraining} from "../interfaces/ITraining.sol";
import {TrainingState} from "./TrainingState.sol";

/// @notice Free balances, from which everything is paid and to which everything is paid.
abstract contract Balances is TrainingState {
    /// @inheritdoc ITraining
    function deposit(address _account) external payable {
        _credit(_account, msg.value);
        emit Deposited(_account, msg.sender, msg.value);
    }

    /// @inheritdoc ITraining
    function withdraw(uint256 _amount) external nonReentrant {
        if (_amount == 0) revert Training_NothingToDo();
        _debit(msg.sender, _amount);
        emit Withdrawn(msg.sender, _amount);
        SafeTransferLib.safeTransferETH(msg.sender, _amount);
    }

    /// @inheritdoc ITraining
    function collectFees() external nonReentrant {
        uint256 amount = _store().fees;
        if (amount == 0) revert Training_NothingToDo();
        _store().fees = 0;
        address to = treasury();
        emit FeesCollected(to, amount);
        SafeTransferLib.safeTransferETH(to, amount);
    }

    /// @inheritdoc ITraining
    function balanceOf(address _account) external view returns (uint256) {
        return _store().balances[_account];
    }

    function _credit(address _account, uint256 _amount) internal {
        _store().balances[_account] += _amount;
    }

    function _debit(address _account, uint256 _amount) internal {
        uint256 balance = _store().balances[_account];
        if (balance < _amount) revert Training_InsufficientBalance(balance, _amount);
        // Not above the balance.
        unchecked {
            _store().balances[_account] = balance - _amount;
        }
    }

    function _addFees(uint256 _amount) internal {
        _store().fees += _amount;
    }
}
