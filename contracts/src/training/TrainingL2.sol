// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {Training} from "./Training.sol";

/// @notice Training on L2: genesis code at `Predeploys.TRAINING`. Takes no aggregates of plaintext until the owner of a rollup sets
/// program and evidence from L1.
contract TrainingL2 is Training {
    function _disputes() internal pure override returns (address) {
        return Predeploys.TRAINING_DISPUTES;
    }

    function _defaultEnclaveKeys() internal pure override returns (IEnclaveKeys) {
        return IEnclaveKeys(Predeploys.ENCLAVE_KEYS);
    }
}
