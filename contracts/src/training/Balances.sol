// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {ITrainingWork} from "../interfaces/ITrainingWork.sol";
import {Rounds} from "./Rounds.sol";

/// @notice Free balances, from which everything is paid and to which everything is paid.
abstract contract Balances is Rounds, ITrainingWork {
    /// @inheritdoc ITrainingWork
    function deposit(address _account) external payable {
        _credit(_account, msg.value);
        emit Deposited(_account, msg.sender, msg.value);
    }

    /// @inheritdoc ITrainingWork
    function withdraw(uint256 _amount) external nonReentrant {
        if (_amount == 0) revert Training_NothingToDo();
        _debit(msg.sender, _amount);
        emit Withdrawn(msg.sender, _amount);
        SafeTransferLib.safeTransferETH(msg.sender, _amount);
    }

    /// @inheritdoc ITrainingWork
    function balanceOf(address _account) external view returns (uint256) {
        return _store().balances[_account];
    }
}
