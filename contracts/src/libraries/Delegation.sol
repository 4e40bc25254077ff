// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice For contracts whose code does not fit into one.
library Delegation {
    /// @dev Runs this call in other code, on this contract's state, and ends it with what that answers.
    function forward(address _code) internal {
        // Memory map: call data, then the answer, past the free memory pointer; nothing else runs after this.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, 0, calldatasize())
            let success := delegatecall(gas(), _code, scratch, calldatasize(), 0, 0)
            returndatacopy(scratch, 0, returndatasize())
            if success { return(scratch, returndatasize()) }
            revert(scratch, returndatasize())
        }
    }
}
