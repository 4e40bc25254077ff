// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice What `AIComputeRollup` has beyond its interfaces; its source needs the IR pipeline, which the tests are built without.
interface AIComputeRollupTester {
    function callComputeMarketL2(bytes calldata _data) external returns (uint256 queueIndex_);
}
