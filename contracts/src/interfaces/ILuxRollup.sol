// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice LP-500, verbatim.
interface ILuxRollup {
    enum RollupType { Optimistic, ZKRollup, Hybrid, Sovereign }
    enum ExecutionMode { General, AICompute, DistributedTraining, Confidential }

    struct RollupConfig {
        RollupType rollupType;
        ExecutionMode executionMode;
        address sequencer;
        address proposer;
        address challenger;
        uint256 challengePeriod;
        uint256 minStake;
        bytes32 genesisStateRoot;
        bytes initCode;
    }

    struct BatchHeader {
        uint256 batchNumber;
        bytes32 parentBatchHash;
        bytes32 stateRoot;
        bytes32 transactionRoot;
        bytes32 receiptRoot;
        uint256 timestamp;
        uint256 l1BlockNumber;
        address sequencer;
        bytes signature;
    }

    // Core rollup functions
    function initialize(RollupConfig calldata config) external;
    function submitBatch(BatchHeader calldata header, bytes calldata transactions) external;
    function proposeStateRoot(uint256 batchNumber, bytes32 stateRoot, bytes calldata proof) external;
    function challengeStateRoot(uint256 batchNumber, bytes calldata fraudProof) external;
    function finalizeStateRoot(uint256 batchNumber) external;

    // Cross-layer communication
    function depositToL2(address token, uint256 amount, bytes calldata userData) external payable;
    function initiateWithdrawal(address token, uint256 amount, bytes calldata proof) external;
    function finalizeWithdrawal(uint256 withdrawalId, bytes calldata proof) external;

    // Events
    event BatchSubmitted(uint256 indexed batchNumber, bytes32 indexed batchHash);
    event StateRootProposed(uint256 indexed batchNumber, bytes32 stateRoot);
    event StateRootChallenged(uint256 indexed batchNumber, address challenger);
    event StateRootFinalized(uint256 indexed batchNumber, bytes32 stateRoot);
}
