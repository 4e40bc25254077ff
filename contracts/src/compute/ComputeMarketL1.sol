// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRollupCore} from "../interfaces/IRollupCore.sol";
import {ComputeMarket} from "./ComputeMarket.sol";

/// @notice The market's code on L1; runs only inside an `AIComputeRollup`, which delegates calls to it.
contract ComputeMarketL1 is ComputeMarket {
    /// @notice The owner of the rollup.
    function governor() public view override returns (address) {
        return IRollupCore(address(this)).owner();
    }

    /// @notice The treasury of the rollup.
    function treasury() public view override returns (address) {
        return IRollupCore(address(this)).settings().treasury();
    }
}
