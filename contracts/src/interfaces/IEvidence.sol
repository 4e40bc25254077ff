// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice One way to check a claim `output = program(input)`; a rollup registers at most one module per kind.
interface IEvidence {
    enum Kind {
        Fault,
        Validity,
        Attestation
    }

    /// @dev `trace` commits to the checkpoints of the run: `BatchLib.traceCommitment`. `claimedAt` tells apart claims of one holder
    /// that say the same, whose disputes are not the same: the time of a claim about a batch, the task of one about a result.
    struct Claim {
        bytes32 program;
        bytes32 input;
        bytes32 output;
        bytes32 trace;
        uint256 claimedAt;
    }

    /// @notice What this module checks.
    function kind() external view returns (Kind);

    /// @notice What a challenge does to a claim: nothing, it opens a dispute that needs an answer, or it ends the claim.
    enum Verdict {
        Stands,
        Open,
        Disproved
    }

    /// @notice Judges a challenge. Disputes belong to the caller, who holds the claim.
    function challenge(Claim calldata _claim, bytes calldata _proof, address _challenger) external returns (Verdict);

    /// @notice Answers a dispute with the checkpoints of a segment; only for the claimant, whom the caller knows.
    function reveal(Claim calldata _claim, uint256 _segment, bytes calldata _checkpoints) external;

    /// @notice Time until which disputes about a claim of the caller are open; the largest number while one is unanswered.
    function openUntil(Claim calldata _claim) external view returns (uint256);

    /// @notice Who opened a dispute that was answered and led to nothing; once, then zero.
    function takeFailedChallenger(Claim calldata _claim, uint256 _segment) external returns (address);

    /// @notice True when `_proof` shows that the claim is right.
    function proves(Claim calldata _claim, bytes calldata _proof) external returns (bool);
}
