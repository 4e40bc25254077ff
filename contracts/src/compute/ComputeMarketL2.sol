// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Predeploys} from "../libraries/Predeploys.sol";
import {ComputeMarket} from "./ComputeMarket.sol";

/// @notice The market on L2: genesis code at `Predeploys.COMPUTE_MARKET`. Has no programs and so takes no tasks until the owner
/// of an `AIComputeRollup` sets them from L1.
contract ComputeMarketL2 is ComputeMarket {
    /// @notice The rollup on L1, through `AIComputeRollup.callComputeMarketL2`.
    function governor() public pure override returns (address) {
        return Predeploys.L1_ROLLUP;
    }

    /// @notice Where all fees of the L2 go; from there to the rollup's treasury.
    function treasury() public pure override returns (address) {
        return Predeploys.FEE_VAULT;
    }
}
