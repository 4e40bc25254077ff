// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEnclaveKeys} from "../interfaces/IEnclaveKeys.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {AttestationEvidence} from "./AttestationEvidence.sol";

/// @notice The module of the market on L2: genesis code at `Predeploys.ATTESTATION_EVIDENCE`.
contract AttestationEvidenceL2 is AttestationEvidence {
    /// @notice The registry on L2.
    function keys() public pure override returns (IEnclaveKeys) {
        return IEnclaveKeys(Predeploys.ENCLAVE_KEYS);
    }
}
