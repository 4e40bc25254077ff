// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "./IEvidence.sol";
import {ITrainingTypes} from "./ITrainingTypes.sol";

/// @notice Claims that a program finds a worker's contribution bad: open to fault proofs for the challenge period, then it is slashed.
interface ITrainingAccusations is ITrainingTypes {
    /// @notice `Open` until the worker is slashed for it or it is disproved.
    enum AccusationStatus {
        None,
        Open,
        Upheld,
        Disproved
    }

    /// @notice `until`: end of the time for a first challenge. Evidence is that of the time when it was made.
    struct Accusation {
        bytes32 jobId;
        address worker;
        uint40 until;
        Misbehaviour kind;
        AccusationStatus status;
        address accuser;
        uint96 bond;
        IEvidence module;
        bytes32 program;
        bytes32 input;
        bytes32 trace;
    }

    event AccusationProgramSet(Misbehaviour indexed kind, bytes32 program);
    event Accused(
        bytes32 indexed accusation,
        bytes32 indexed jobId,
        address indexed worker,
        uint256 attempt,
        Accusation claim,
        bytes trace
    );
    event AccusationChallenged(bytes32 indexed accusation, address indexed challenger);
    event AccusationTraceRevealed(bytes32 indexed accusation, uint256 indexed segment, bytes checkpoints);
    event AccusationUpheld(bytes32 indexed accusation, address indexed accuser, uint256 bond);
    event AccusationDisproved(
        bytes32 indexed accusation, address indexed accuser, address indexed challenger, uint256 bond, uint256 reward
    );
    event AccusationChallengerSlashed(bytes32 indexed accusation, address indexed challenger, uint256 bond);
    event AccusationBondReturned(bytes32 indexed accusation, address indexed account, uint256 bond);

    error Training_NoAccusation(AccusationStatus status);
    error Training_NotAccuser();

    /// @notice Sets the program that accusations of a kind rest on, from now on; zero: none are taken.
    function setAccusationProgram(Misbehaviour _kind, bytes32 _program) external;

    /// @notice Claims that the program of `_kind` finds what `_worker` contributed to a run bad. Locks the bond of a claim.
    function accuse(bytes32 _jobId, uint256 _attempt, address _worker, Misbehaviour _kind, bytes calldata _trace)
        external
        returns (bytes32 accusation_);

    /// @notice Disproves an accusation, or asks for a segment of its trace. `_proof` goes to the fault proof module.
    function challengeAccusation(bytes32 _accusation, bytes calldata _proof) external;

    /// @notice Answers a challenge that asked for a segment; only for the accuser.
    function revealAccusationTrace(bytes32 _accusation, uint256 _segment, bytes calldata _checkpoints) external;

    /// @notice Takes the bond of a challenger who asked for a segment, got it, and disproved nothing.
    function slashAccusationChallenger(bytes32 _accusation, uint256 _segment) external;

    /// @notice Gives the caller's bond as a challenger of a disproved accusation back.
    function reclaimAccusationBond(bytes32 _accusation) external;

    function accusationProgram(Misbehaviour _kind) external view returns (bytes32);

    function getAccusation(bytes32 _accusation) external view returns (Accusation memory);

    /// @notice Time from which the worker can be slashed; the largest number while a challenge is unanswered.
    function accusationFinalAt(bytes32 _accusation) external view returns (uint256);

    /// @notice Open accusations of a worker, whose stake stays where it is.
    function accusationsOf(bytes32 _jobId, address _worker) external view returns (uint256);

    function accusationBondOf(bytes32 _accusation, address _challenger) external view returns (uint256);

    /// @notice What programs are asked about a contribution: `keccak256(abi.encode(config, round, worker, contribution))`, with the hash
    /// of the job's encoded `JobConfig`, the digest of the round of secure aggregation or zero, and the hash of `contributionOf`.
    function accusationInput(bytes32 _jobId, uint256 _attempt, address _worker) external view returns (bytes32);
}
