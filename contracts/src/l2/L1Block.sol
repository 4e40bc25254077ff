// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Predeploys} from "../libraries/Predeploys.sol";

/// @notice L1 position of the current L2 block; written by the system call at its start.
contract L1Block {
    uint128 private _number;
    uint128 private _messageCount;

    error L1Block_NotSystem();
    error L1Block_InvalidInput();

    /// @dev System call: `abi.encode(l1BlockNumber, messageCount)` without a selector.
    fallback() external {
        if (msg.sender != Predeploys.SYSTEM) revert L1Block_NotSystem();
        if (msg.data.length != 64) revert L1Block_InvalidInput();
        (_number, _messageCount) = abi.decode(msg.data, (uint128, uint128));
    }

    /// @notice Number of the newest L1 block whose messages may have arrived.
    function number() external view returns (uint256) {
        return _number;
    }

    /// @notice Queue entries consumed up to and including this block.
    function messageCount() external view returns (uint256) {
        return _messageCount;
    }
}
