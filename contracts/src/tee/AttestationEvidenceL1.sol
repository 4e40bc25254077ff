// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {AttestationEvidence} from "./AttestationEvidence.sol";

/// @notice The module of a market on L1.
contract AttestationEvidenceL1 is AttestationEvidence {
    IEnclaveKeys private immutable KEYS;

    constructor(IEnclaveKeys _keys) {
        KEYS = _keys;
    }

    /// @notice The registry of the same rollup.
    function keys() public view override returns (IEnclaveKeys) {
        return KEYS;
    }
}
