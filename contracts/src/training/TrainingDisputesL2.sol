// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {TrainingDisputes} from "./TrainingDisputes.sol";

/// @notice The second part of training on L2: genesis code at `Predeploys.TRAINING_DISPUTES`, behind `Predeploys.TRAINING`.
contract TrainingDisputesL2 is TrainingDisputes {
    /// @notice The rollup on L1, through its `callTrainingL2`.
    function governor() public pure override returns (address) {
        return Predeploys.L1_ROLLUP;
    }

    /// @notice Where all fees of the L2 go; from there to the rollup's treasury.
    function treasury() public pure override returns (address) {
        return Predeploys.FEE_VAULT;
    }

    function _defaultEnclaveKeys() internal pure override returns (IEnclaveKeys) {
        return IEnclaveKeys(Predeploys.ENCLAVE_KEYS);
    }
}
