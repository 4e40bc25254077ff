// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {IRollupCore} from "../interfaces/IRollupCore.sol";
import {TrainingDisputes} from "./TrainingDisputes.sol";

/// @notice The second part of the code of training on L1, behind `TrainingL1`.
contract TrainingDisputesL1 is TrainingDisputes {
    /// @notice The owner of the rollup.
    function governor() public view override returns (address) {
        return IRollupCore(address(this)).owner();
    }

    /// @notice The treasury of the rollup.
    function treasury() public view override returns (address) {
        return IRollupCore(address(this)).settings().treasury();
    }

    function _defaultEnclaveKeys() internal pure override returns (IEnclaveKeys) {
        return IEnclaveKeys(address(0));
    }
}
