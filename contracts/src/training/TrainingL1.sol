// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {IRollupCore} from "../interfaces/IRollupCore.sol";
import {Training} from "./Training.sol";

/// @notice The code of training on L1; runs only inside a `DistributedTrainingRollup`, which delegates calls to it.
contract TrainingL1 is Training {
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
