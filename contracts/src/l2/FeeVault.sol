// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Predeploys} from "../libraries/Predeploys.sol";
import {L2TokenBridge} from "./L2TokenBridge.sol";

/// @notice Receives all fees of the L2 and sends them to the rollup's treasury on L1.
contract FeeVault {
    event FeesWithdrawn(uint256 amount, bytes32 messageHash);

    error FeeVault_Empty();

    receive() external payable {}

    /// @notice Withdraws everything; recipient zero stands for the treasury. Anyone may call.
    function withdraw() external {
        uint256 amount = address(this).balance;
        if (amount == 0) revert FeeVault_Empty();
        bytes32 messageHash =
            L2TokenBridge(Predeploys.L2_TOKEN_BRIDGE).withdraw{value: amount}(address(0), amount, address(0));
        emit FeesWithdrawn(amount, messageHash);
    }
}
