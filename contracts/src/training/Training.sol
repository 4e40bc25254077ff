// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Aggregates} from "./Aggregates.sol";

/// @notice Distributed training of docs/distributed-training.md. Disputes, governance and views are in a second contract, for their
/// size, that runs here by delegate call.
abstract contract Training is Aggregates {
    fallback() external {
        address second = _disputes();
        // Memory map: call data, then the answer, past the free memory pointer; nothing else runs after this.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, 0, calldatasize())
            let success := delegatecall(gas(), second, scratch, calldatasize(), 0, 0)
            returndatacopy(scratch, 0, returndatasize())
            if success { return(scratch, returndatasize()) }
            revert(scratch, returndatasize())
        }
    }

    /// @dev The second contract.
    function _disputes() internal view virtual returns (address);
}
