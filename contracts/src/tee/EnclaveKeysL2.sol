// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {EnclaveKeys} from "./EnclaveKeys.sol";

/// @notice The registry on L2: genesis code at `Predeploys.ENCLAVE_KEYS`. Believes nothing until the owner of an
/// `AIComputeRollup` adds policies from L1.
contract EnclaveKeysL2 is EnclaveKeys {
    /// @notice The rollup on L1, through `AIComputeRollup.callEnclaveKeysL2`.
    function governor() public pure override returns (address) {
        return Predeploys.L1_ROLLUP;
    }

    function _firstVerifier() internal pure override returns (IAttestationVerifier) {
        return IAttestationVerifier(Predeploys.ATTESTATION_VERIFIER);
    }
}
