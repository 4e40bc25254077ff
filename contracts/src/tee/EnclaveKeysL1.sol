// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {IRollupCore} from "../interfaces/IRollupCore.sol";
import {EnclaveKeys} from "./EnclaveKeys.sol";

/// @notice The registry of a rollup on L1.
contract EnclaveKeysL1 is EnclaveKeys {
    address public immutable rollup;
    IAttestationVerifier private immutable VERIFIER;

    constructor(address _rollup, IAttestationVerifier _verifier) {
        rollup = _rollup;
        VERIFIER = _verifier;
    }

    /// @notice The owner of the rollup.
    function governor() public view override returns (address) {
        return IRollupCore(rollup).owner();
    }

    function _firstVerifier() internal view override returns (IAttestationVerifier) {
        return VERIFIER;
    }
}
