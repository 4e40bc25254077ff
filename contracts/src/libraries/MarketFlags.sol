// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice Bits of the flags of models and tasks. Bit `k` of the lowest three: evidence of `IEvidence.Kind` `k` is accepted.
library MarketFlags {
    uint8 internal constant FAULT = 1 << 0;
    uint8 internal constant VALIDITY = 1 << 1;
    uint8 internal constant ATTESTATION = 1 << 2;
    uint8 internal constant EVIDENCE = FAULT | VALIDITY | ATTESTATION;
    /// @notice The output must come with the result.
    uint8 internal constant INLINE_OUTPUT = 1 << 3;
    /// @notice Of models: a signature of the owner registers a successor.
    uint8 internal constant OWNER_UPDATES = 1 << 4;
    /// @notice Of models: a final task of the program `aggregate` registers a successor.
    uint8 internal constant AGGREGATE_UPDATES = 1 << 5;
    /// @notice Results with attestations come with a quorum of vendors.
    uint8 internal constant QUORUM = 1 << 6;
    /// @notice Of models: inputs and outputs are sealed, and results rest on attestations alone.
    uint8 internal constant CONFIDENTIAL = 1 << 7;
    /// @notice Of tasks: enclaves signed the result.
    uint8 internal constant ATTESTED = 1 << 4;
    /// @notice Of tasks: the model is confidential.
    uint8 internal constant SEALED = 1 << 5;
    /// @notice Of tasks: a challenger asked for a part of the trace.
    uint8 internal constant DISPUTED = 1 << 7;
}
