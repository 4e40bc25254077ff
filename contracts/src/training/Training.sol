// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Delegation} from "../libraries/Delegation.sol";
import {Aggregates} from "./Aggregates.sol";

/// @notice Distributed training of docs/distributed-training.md. Disputes, governance and views are in a second contract, for their
/// size, that runs here by delegate call.
abstract contract Training is Aggregates {
    fallback() external {
        Delegation.forward(_disputes());
    }

    /// @dev The second contract.
    function _disputes() internal view virtual returns (address);
}
