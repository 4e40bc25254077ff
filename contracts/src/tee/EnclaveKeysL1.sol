// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {IQuoteClaims} from "../interfaces/IQuoteClaims.sol";
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

    /// @dev Collateral comes with claims only, whose challenge period makes no attestation older.
    function _presentedAt(bytes memory _collateral) internal view override returns (uint256) {
        if (_collateral.length == 0) return block.timestamp;
        return IQuoteClaims(address(verifier())).presentedAt(_collateral);
    }

    function _firstVerifier() internal view override returns (IAttestationVerifier) {
        return VERIFIER;
    }
}
