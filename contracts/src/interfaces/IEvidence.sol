// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice One way to check a claim `output = program(input)`; a rollup registers at most one module per kind.
interface IEvidence {
    enum Kind {
        Fault,
        Validity,
        Attestation
    }

    /// @dev `trace` commits to the checkpoints of the run: `BatchLib.traceCommitment`.
    struct Claim {
        bytes32 program;
        bytes32 input;
        bytes32 output;
        bytes32 trace;
    }

    /// @notice What this module checks.
    function kind() external view returns (Kind);

    /// @notice True when `_proof` shows that the claim is wrong.
    function disproves(Claim calldata _claim, bytes calldata _proof) external returns (bool);

    /// @notice True when `_proof` shows that the claim is right.
    function proves(Claim calldata _claim, bytes calldata _proof) external returns (bool);
}
