// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice LP-500, verbatim.
interface IStateTransition {
    struct StateTransition {
        bytes32 preStateRoot;
        bytes32 postStateRoot;
        bytes[] transactions;
        bytes[] receipts;
        bytes witness;        // Merkle proofs for accessed state
    }

    // State transition verification
    function verifyStateTransition(StateTransition calldata transition) external view returns (bool);
    function computeStateRoot(bytes[] calldata transactions) external pure returns (bytes32);
    function generateFraudProof(StateTransition calldata transition, uint256 txIndex) external view returns (bytes memory);

    // Merkle proof utilities
    function verifyInclusion(bytes32 root, bytes calldata proof, bytes calldata leaf) external pure returns (bool);
    function computeMerkleRoot(bytes[] calldata leaves) external pure returns (bytes32);
}
