// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILuxRollup} from "./ILuxRollup.sol";
import {IEvidence} from "./IEvidence.sol";
import {IRollupSettings} from "./IRollupSettings.sol";

/// @notice What `RollupCore` offers beyond LP-500.
interface IRollupCore is ILuxRollup {
    /// @notice `Challenged`: somebody asked for a part of the claim's trace, and the claimant may still be disproved.
    enum BatchStatus {
        None,
        Submitted,
        Proposed,
        Challenged,
        Rejected,
        Finalized
    }

    /// @notice A stored batch. The roots are zero and `proposedAt` is zero until someone claims them.
    struct Batch {
        bytes32 batchHash;
        bytes32 stateRoot;
        bytes32 transactionRoot;
        bytes32 receiptRoot;
        bytes32 commitment;
        bytes32 trace;
        uint64 timestamp;
        uint64 l1BlockNumber;
        uint64 submittedAt;
        uint64 proposedAt;
        address claimant;
        uint64 messageCount;
        uint16 programVersion;
        bool claimInHeader;
        bool proven;
        bool disputed;
    }

    /// @notice All of a claim that `proposeStateRoot` made; those in headers are in the calldata of `submitBatch`.
    event ClaimProposed(
        uint256 indexed batchNumber, bytes32 stateRoot, bytes32 transactionRoot, bytes32 receiptRoot, bytes trace
    );

    /// @notice The claimant of a batch answered a challenge with the checkpoints inside a segment of the trace.
    event TraceRevealed(uint256 indexed batchNumber, uint256 indexed segment, bytes checkpoints);

    /// @notice A batch was disproved; every batch with a higher number is rejected with it.
    event BatchRejected(uint256 indexed batchNumber, bytes32 indexed batchHash);

    /// @notice A call on L2 from the caller's address there (a contract's alias), which no sequencer can refuse.
    /// @dev `_value` comes from the balance on L2, to which `msg.value` is added first.
    function forceTransaction(address _target, uint256 _value, bytes calldata _data) external payable;

    /// @notice Answers a challenge that asked for a segment; only for the claimant.
    function revealTrace(uint256 _batchNumber, uint256 _segment, bytes calldata _checkpoints) external;

    /// @notice Takes the bond of a challenger who asked for a segment, got it, and disproved nothing.
    function slashFailedChallenger(uint256 _batchNumber, uint256 _segment) external;

    function config() external view returns (RollupConfig memory);
    function params() external view returns (IRollupSettings.RollupParams memory);
    function owner() external view returns (address);
    function settings() external view returns (IRollupSettings);
    function bridge() external view returns (address);
    function tokenBridge() external view returns (address);
    function registry() external view returns (address);

    function genesisL1Block() external view returns (uint64);
    function initCodeHash() external view returns (bytes32);
    function lastBatch() external view returns (uint256);
    function lastProposed() external view returns (uint256);
    function lastFinalized() external view returns (uint256);
    function lastSubmittedAt() external view returns (uint256);
    function finalizedStateRoot() external view returns (bytes32);

    /// @notice When a claimed batch may be final as things stand, once its parent is: later while a dispute is open (the largest
    /// number while one is unanswered) and where keys of enclaves that signed stop being usable. The largest number without a claim.
    function finalAt(uint256 _batchNumber) external view returns (uint256);
    function getBatchStatus(uint256 _batchNumber) external view returns (BatchStatus);
    function getBatch(uint256 _batchNumber) external view returns (Batch memory);
    function receiptRootOf(uint256 _batchNumber) external view returns (bytes32 receiptRoot_, BatchStatus status_);
    function claimOf(uint256 _batchNumber) external view returns (IEvidence.Claim memory);
    function canonicalBatch(bytes32 _batchHash)
        external
        view
        returns (uint256 batchNumber_, bytes32 receiptRoot_, BatchStatus status_);

    function batchHash(BatchHeader calldata _header) external view returns (bytes32);
    function batchDigest(BatchHeader calldata _header, bytes32 _transactionsHash) external view returns (bytes32);
    function domainSeparator() external view returns (bytes32);
    function payloadCommitment(bytes calldata _payload) external view returns (bytes32);

    function proveStateRoot(uint256 _batchNumber, bytes calldata _proof) external;
}
