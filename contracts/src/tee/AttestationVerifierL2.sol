// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @notice Attestations on L2, through the precompiled contract: genesis code at `Predeploys.ATTESTATION_VERIFIER`, with the
/// vendors' roots. Who believes others, such as the keys of Arm devices, deploys another one.
contract AttestationVerifierL2 is IAttestationVerifier {
    /// @dev The genesis state writes it.
    bytes private _roots;

    /// @dev The precompiled contract is absent, ran out of gas, or was given more than it takes.
    error AttestationVerifierL2_NoAnswer();

    /// @param roots_ As docs/tee.md ("Roots") encodes them. What is no such encoding makes every call revert.
    constructor(bytes memory roots_) {
        _roots = roots_;
    }

    /// @notice Whom this contract believes.
    function roots() external view returns (bytes memory) {
        return _roots;
    }

    /// @inheritdoc IAttestationVerifier
    /// @dev `_collateral` as docs/tee.md ("Collateral") encodes it.
    function authenticate(bytes calldata _quote, bytes calldata _collateral)
        external
        view
        returns (Attestation memory)
    {
        bytes memory accepted = _roots;
        // Nobody pays for lengths that do not fit 32 bits.
        bytes memory input =
            abi.encodePacked(uint32(accepted.length), accepted, uint32(_quote.length), _quote, _collateral);
        (bool success, bytes memory answer) = Predeploys.ATTESTATION_PRECOMPILE.staticcall(input);
        if (answer.length == 0) revert AttestationVerifierL2_NoAnswer();
        // The answer is the encoding of what this returns, or a reason.
        assembly ("memory-safe") {
            if success { return(add(answer, 32), mload(answer)) }
            revert(add(answer, 32), mload(answer))
        }
    }
}
