// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {Training} from "./Training.sol";

/// @notice The code of training on L1; runs only inside a `DistributedTrainingRollup`, which delegates calls to it.
contract TrainingL1 is Training {
    address private immutable DISPUTES;

    constructor(address _trainingDisputes) {
        DISPUTES = _trainingDisputes;
    }

    function _disputes() internal view override returns (address) {
        return DISPUTES;
    }

    function _defaultEnclaveKeys() internal pure override returns (IEnclaveKeys) {
        return IEnclaveKeys(address(0));
    }
}
